"""What a stock-take saw, and its report: that against what the record has there now."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, Literal

import msgspec

from ..room.context import Context
from ..room.projections import projects
from ..room.rows import Put, Row, RowsView, note, put, row

OPEN: Final = "stock_open"
"""Index of the stock-takes that are open."""
_SEEN, _STRANGE = "stock_seen", "stock_strange"
_DEEPEST: Final = 8


@row("stocktake")
class Stocktake(Row, frozen=True):
    """A stock-take: of which place, since when (Unix ms), and who has signed its report."""

    place: str
    begun: int
    by: str
    state: Literal["open", "signed", "dropped"] = "open"
    digest: str | None = None
    first: str | None = None
    """Who signed first; the report cannot change any more without being signed anew."""


class Report(msgspec.Struct, frozen=True):
    """What a stock-take found, by item id; `misplaced` and `unexpected` map to the place seen.

    misplaced   seen at another place than the record says, and both belong to the scope
    unexpected  the record has it outside the scope, with somebody, or missing
    strange     tags of nothing that is registered
    """

    found: list[str]
    missing: list[str]
    misplaced: dict[str, str]
    unexpected: dict[str, str]
    strange: list[str]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the report."""
        return sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


@projects("stocktake.begun")
def begun(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """A stock-take is open."""
    yield put(Stocktake(id=body["stocktake"], place=body["place"], begun=body["at"], by=body["by"]))
    yield note(OPEN, body["stocktake"])
    yield note("serial", "stocktake", body["stocktake"][1:])


@projects("stocktake.seen")
def seen(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Note what was seen where; a signature under an earlier report is worth nothing any more."""
    name = body["stocktake"]
    for item in body["items"]:
        yield note(_SEEN, f"{name}/{item}", body["place"] or "")
    for tag in body["strange"]:
        yield note(_STRANGE, f"{name}/{tag}", body["place"] or "")
    was = rows.get(Stocktake, name)
    if was is not None and was.first is not None:
        yield put(msgspec.structs.replace(was, first=None, digest=None))


@projects("stocktake.countersigned", "stocktake.signed", "stocktake.dropped")
def signed(kind: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """One signature, the second, or none ever."""
    was = rows.get(Stocktake, body["stocktake"])
    if was is None:
        return
    if kind == "stocktake.countersigned":
        yield put(msgspec.structs.replace(was, first=body["by"], digest=body["digest"]))
        return
    yield put(msgspec.structs.replace(was, state=kind.rpartition(".")[2]))
    yield Put(OPEN, was.id, None)


def report(stock: Stocktake, ctx: Context) -> Report:
    """Return what a stock-take found so far."""
    scope = places_below(stock.place, ctx)
    expected = {
        name.rpartition("/")[2]: place
        for place in scope
        for name, _ in ctx.rows.scan("at", f"{place}/")
    }
    seen_at = {
        name.rpartition("/")[2]: msgspec.json.decode(raw, type=str)
        for name, raw in ctx.rows.scan(_SEEN, f"{stock.id}/")
    }
    found, misplaced, unexpected = [], {}, {}
    for name, place in seen_at.items():
        if name not in expected:
            unexpected[name] = place or stock.place
        elif place and place != expected[name]:
            misplaced[name] = place
        else:
            found.append(name)
    strange = [name.rpartition("/")[2] for name, _ in ctx.rows.scan(_STRANGE, f"{stock.id}/")]
    missing = sorted(set(expected) - set(seen_at))
    return Report(sorted(found), missing, misplaced, unexpected, sorted(strange))


def places_below(place: str, ctx: Context) -> list[str]:
    """Return a place and all that are part of it, in the order of filing."""
    result = [place]
    layer = [place]
    for _ in range(_DEEPEST):
        layer = [
            name.rpartition("/")[2]
            for above in layer
            for name, _ in ctx.rows.scan("under", f"{above}/")
        ]
        if not layer:
            break
        result += layer
    return result
