"""Proofs from the ledger, its checkpoints, and the correction of an entry."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, cast

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from ..errors import CheckpointError, CorrectionError, OutsideTreeError
from ..i18n import text
from ..ingest.asked import Answer
from ..ledger.tree import Consistency
from ..ledger.views import CheckpointView, InclusionView
from .asking import Language, Limit, Newest, TheSource, recorded
from .models import AskedId, Millis, Next, Recorded, Refusal

Index = Annotated[int, Field(ge=0, lt=2**62)]
Hash = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{64}$",
        description="Hexadecimal.",
        examples=["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
    ),
]
Note = Annotated[
    str,
    Field(
        description="C2SP tlog-checkpoint, a signed note.",
        examples=[
            "strongroom/archive-1\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n"
            "— strongroom/archive-1 PMM3Bl6W8FcBAD9+M5eCPrPDJwCoWVvPoDUsF4egCklSoXZ6rM/wCMzRhF4"
            "HFD5bCc29gjqvlk0qHw67VvMPIhS3IQs=\n"
        ],
    ),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InclusionOut(_Model):
    """Why an entry is in the tree: its leaf and the hashes beside its way to the root."""

    idx: Annotated[int, Field(examples=[2])]
    size: Annotated[int, Field(description="Entries of the tree.", examples=[5])]
    tree: Literal["sha256", "sm3"]
    leaf: Hash
    hashes: Annotated[list[Hash], Field(description="From the leaf up (RFC 6962, 2.1.1).")]
    root: Hash
    checkpoint: Annotated[Note | None, Field(description="Signed head of just this size.")] = None


class ConsistencyOut(_Model):
    """Why a tree only adds to an earlier one."""

    first: Annotated[int, Field(description="Entries of the earlier tree.", examples=[5])]
    second: Annotated[int, Field(description="Entries of the later tree.", examples=[8])]
    tree: Literal["sha256", "sm3"]
    first_root: Hash
    second_root: Hash
    hashes: Annotated[list[Hash], Field(description="RFC 6962, 2.1.2.")]


class CheckpointOut(_Model):
    """A signed head of the ledger. `at` is when it was made, and not signed."""

    id: Annotated[int, Field(examples=[7])]
    size: Annotated[int, Field(examples=[5])]
    at: Millis
    note: Note


class CheckpointsPage(_Model):
    """A page of checkpoints."""

    checkpoints: list[CheckpointOut]
    next: Next = None


class CorrectionBody(_Model):
    """Who corrects, why, and the right values of the fields that are wrong."""

    who: Annotated[str, Field(min_length=1, max_length=100, examples=["Li Wen"])]
    why: Annotated[str, Field(min_length=1, max_length=500, examples=["Box read at desk 2"])]
    changes: Annotated[dict[str, Any], Field(min_length=1, examples=[{"place": "A-01-03"}])]
    id: AskedId = None


class Corrected(Recorded):
    """The correction as it goes into the ledger."""

    body: dict[str, Any]


class Record(Protocol):
    """What the ledger's reader can prove. Calls may raise OutsideTreeError."""

    def inclusion_view(self, idx: int, size: int | None = None) -> InclusionView:
        """Return why an entry is in the tree."""
        ...

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """Return why a tree only adds to an earlier one."""
        ...

    def tree(self) -> str:
        """Return the name of the tree's hash."""
        ...

    def checkpoints(self, after: int, limit: int, newest: bool) -> list[CheckpointView]:
        """Return checkpoints."""
        ...

    def proof(self, idx: int) -> str:
        """Return a proof file."""
        ...


class Corrector(Protocol):
    """Who can put a correction into the ledger."""

    def correct(
        self, idx: int, changes: Mapping[str, Any], who: str, why: str, name: str | None = None
    ) -> Answer:
        """Correct an entry, once for each id; return the correction, and whether it is on the disk."""
        ...


def _record(source: TheSource) -> Record:
    return cast(Record, source.record)


def _corrector(request: Request) -> Corrector:
    return cast(Corrector, request.app.state.operator)


TheRecord = Annotated[Record, Depends(_record)]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is no such entry or tree."},
    503: {"model": Refusal, "description": "The record cannot be read now."},
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    409: {"model": Refusal, "description": "It cannot be done; the answer says why."}
}
_NOT_YET: dict[int | str, dict[str, Any]] = {
    202: {
        "model": Corrected,
        "description": "Accepted, but not yet on the disk: ask again with the id of this answer.",
    }
}

api = APIRouter(tags=["proofs"])
acts = APIRouter(tags=["entries"])


@api.get("/proofs/inclusion", responses=_ANSWERS)
def inclusion(
    record: TheRecord,
    language: Language,
    idx: Annotated[Index, Query(description="The entry.", examples=[2])],
    size: Annotated[
        Index | None,
        Query(
            description="Size of the tree. Left out: that of the newest checkpoint that has the"
            " entry, else of the whole ledger.",
            examples=[5],
        ),
    ] = None,
) -> InclusionOut:
    """Return why an entry is in the tree of a size."""
    try:
        found = record.inclusion_view(idx, size)
    except OutsideTreeError as error:
        raise _outside(error, language) from error
    proof = found.proof
    return InclusionOut(
        idx=proof.idx,
        size=proof.size,
        tree=found.tree,
        leaf=proof.leaf.hex(),
        hashes=[one.hex() for one in proof.hashes],
        root=proof.root.hex(),
        checkpoint=found.checkpoint,
    )


@api.get("/proofs/consistency", responses=_ANSWERS)
def consistency(
    record: TheRecord,
    language: Language,
    first: Annotated[Index, Query(alias="from", description="The earlier size.", examples=[5])],
    second: Annotated[
        Index | None,
        Query(alias="to", description="The later size; left out: all.", examples=[8]),
    ] = None,
) -> ConsistencyOut:
    """Return why the tree of a size only adds to that of an earlier one."""
    try:
        found = record.consistency(first, second)
    except OutsideTreeError as error:
        raise _outside(error, language) from error
    return ConsistencyOut(
        first=found.old.size,
        second=found.new.size,
        tree=cast(Any, record.tree()),
        first_root=found.old.root.hex(),
        second_root=found.new.root.hex(),
        hashes=[one.hex() for one in found.hashes],
    )


@api.get("/proofs/file", responses=_ANSWERS | _REFUSED, response_class=PlainTextResponse)
def proof_file(
    record: TheRecord,
    language: Language,
    idx: Annotated[Index, Query(description="The entry.", examples=[2])],
) -> PlainTextResponse:
    """Return one file that proves an entry to who has the public key: entry, proof, checkpoint."""
    try:
        proof = record.proof(idx)
    except OutsideTreeError as error:
        raise _outside(error, language) from error
    except CheckpointError as error:
        raise HTTPException(409, text("proof.none", {"reason": str(error)}, language)) from error
    name = f'attachment; filename="entry-{idx}.tlog-proof"'
    return PlainTextResponse(proof, headers={"content-disposition": name})


@api.get("/checkpoints", responses={503: _ANSWERS[503]})
def checkpoints(
    record: TheRecord,
    after: Annotated[Index, Query(description="Return what lies behind this id.")] = 0,
    limit: Limit = 100,
    newest: Newest = False,
) -> CheckpointsPage:
    """Return the signed heads of the ledger in their order, or the last ones, newest first."""
    rows = record.checkpoints(after, limit, newest)
    more = len(rows) == limit and not newest
    return CheckpointsPage(
        checkpoints=[
            CheckpointOut(id=one.id, size=one.size, at=one.at, note=one.note) for one in rows
        ],
        next=rows[-1].id if more else None,
    )


@acts.post("/entries/{idx}/corrections", responses=_ANSWERS | _REFUSED | _NOT_YET)
def correct(
    corrector: Annotated[Corrector, Depends(_corrector)],
    response: Response,
    language: Language,
    idx: Annotated[Index, Path()],
    body: CorrectionBody,
) -> Corrected:
    """Correct an entry: a new entry says what is right, who says so and why.

    The answer comes once it is on the disk; with an `id` it is done once, as acts are.
    """
    try:
        done = corrector.correct(idx, body.changes, body.who, body.why, body.id)
    except OutsideTreeError as error:
        raise _outside(error, language) from error
    except CorrectionError as error:
        said = text("correction.refused", {"reason": str(error)}, language)
        raise HTTPException(409, said) from error
    (entry,) = done.entries
    return Corrected(body=dict(entry["body"]), **recorded(done, response, language))


def _outside(error: OutsideTreeError, language: str) -> HTTPException:
    params = {"asked": error.asked, "size": error.size}
    return HTTPException(404, text("proof.outside", params, language))
