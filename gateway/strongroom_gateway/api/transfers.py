"""Reading routes about lists of certificates on their way to a safe: what waits for whom (C5)."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field

from ..room.context import Context
from ..safes.acceptance import OPEN, Transfer
from .asking import AfterName, Limit, TheSource
from .models import Millis, NextName, Refusal, _Model

_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is no such list."}
}

api = APIRouter(tags=["safes"], prefix="/transfers")


class CertificateLine(_Model):
    """An original of the list."""

    name: str
    number: str
    certificate: Annotated[str, Field(description="Which of the six kinds.")]
    pages: int | None


class TransferView(_Model):
    """A list that three people sign: A offers it, B and then a certificate custodian count."""

    id: Annotated[str, Field(examples=["T000001"])]
    state: Literal["offered", "accepted", "rejected"]
    safe: str
    project: str
    handler_a: str
    handler_b: str
    signed: Annotated[list[str], Field(description="Who has signed, in the order they did.")]
    waits_for: Annotated[
        str | None,
        Field(
            description="Project manager B (id), or the role of whoever is next; null at the end."
        ),
    ]
    due: Annotated[Millis | None, Field(description="By when it is to be accepted.")]
    overdue: bool
    count: int
    digest: Annotated[str, Field(description="SHA-256 of the list, the same for all three.")]
    certificates: list[CertificateLine]


class TransfersPage(_Model):
    """A page of lists, by id."""

    transfers: list[TransferView]
    next: NextName = None


@api.get("")
def transfers(
    source: TheSource,
    after: AfterName = "",
    limit: Limit = 100,
    open: Annotated[  # noqa: A002  # the name in the query
        bool, Query(description="Only those that wait for a signature.")
    ] = False,
) -> TransfersPage:
    """Return lists of certificates by id."""
    now = source.now()

    def look(ctx: Context) -> list[TransferView]:
        found = _open(after, ctx) if open else ctx.rows.each(Transfer, "", after)
        return [_view(one, now) for one in islice(found, limit + 1)]

    views = source.look(look)
    more = len(views) > limit
    return TransfersPage(transfers=views[:limit], next=views[limit - 1].id if more else None)


@api.get("/{transfer}", responses=_MISSING)
def transfer(source: TheSource, transfer: str) -> TransferView:
    """Return one list."""
    now = source.now()
    found = source.look(lambda ctx: ctx.rows.get(Transfer, transfer))
    if found is None:
        raise HTTPException(404, transfer)
    return _view(found, now)


def _open(after: str, ctx: Context) -> Iterator[Transfer]:
    for name, _ in ctx.rows.scan(OPEN, "", after):
        found = ctx.rows.get(Transfer, name)
        if found is not None:
            yield found


def _view(one: Transfer, now: int) -> TransferView:
    waits = one.handler_b if one.signed_b is None else "certificate_custodian"
    signed = (one.handler_a, one.signed_b, one.custodian)
    return TransferView(
        id=one.id,
        state=one.state,
        safe=one.safe,
        project=one.project,
        handler_a=one.handler_a,
        handler_b=one.handler_b,
        signed=[person for person in signed if person is not None],
        waits_for=waits if one.state == "offered" else None,
        due=one.due,
        overdue=one.state == "offered" and one.due is not None and now > one.due,
        count=len(one.certificates),
        digest=one.digest,
        certificates=[
            CertificateLine(
                name=line.name, number=line.number, certificate=line.certificate, pages=line.pages
            )
            for line in one.certificates
        ],
    )
