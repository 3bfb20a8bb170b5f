"""Stock-take (盘库): what is seen where, against what the record has there; two people sign it.

Begun for a place with everything below it; what is seen comes from a handheld in lists, or from
the shelf readers while it is open. Signing turns each difference into a movement and is the end.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ..custody.register import move
from ..errors import RefusedActError
from ..loans.lending import loan_of, no_reminders
from ..loans.model import INSPECTION, MISSING
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Clear, Effect, Effects, Raise, Record, Wake
from ..room.model import UNFILED, Item, Person
from ..room.projections import projects
from ..room.rows import Put, Row, RowsView, note, put, row

CODE: Final = "stocktake.missing"
RULE: Final = "stocktake"
MOST_TAGS: Final = 500
LOOK: Final = Wake(CODE, "room")
"""Lets the rule look that ends the alarm once what was missing is there."""
_SEEN, _STRANGE, _OPEN = "stock_seen", "stock_strange", "stock_open"
_DEEPEST: Final = 8
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Read = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$(?!\n)")]


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The place that is taken stock of, with all that belongs to it."""

    place: _Name


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tags or item ids that were seen, and at which place (None: at the one the record says)."""

    stocktake: _Name
    tags: Annotated[list[_Read], Meta(min_length=1, max_length=MOST_TAGS)]
    place: _Name | None = None


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signature under the report of that digest: what was signed is what was read."""

    stocktake: _Name
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


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
    yield note(_OPEN, body["stocktake"])
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
    yield Put(_OPEN, was.id, None)


@projects("movement.found")
def found(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """An item is where it was seen."""
    yield from move(body["item"], body["holder"], body["place"], at, rows)


@act("stocktake.begin", body=Begin, roles=("archivist", "certificate_custodian"))
def begin(asked: Act[Begin], now: int, ctx: Context) -> Effects:
    """Begin to take stock of a place; two at once of the same place are refused."""
    place = asked.body.place
    if ctx.place(place) is None:
        raise RefusedActError("act.unknown_place", {"place": place})
    for name, _ in ctx.rows.scan(_OPEN):
        other = ctx.rows.get(Stocktake, name)
        if other is not None and other.place == place:
            raise RefusedActError("act.stocktake_open", {"stocktake": name, "place": place})
    last = ctx.rows.points("serial", "stocktake")
    name = f"K{1 + int(last or 0):05d}"
    body = {"stocktake": name, "place": place, "by": asked.by, "at": now}
    return [Record("stocktake.begun", body)]


@act("stocktake.seen", body=Seen, roles=("archivist", "certificate_custodian"))
def see(asked: Act[Seen], now: int, ctx: Context) -> Effects:
    """Take a list of a handheld: what was seen, at which place."""
    body = asked.body
    _open(body.stocktake, ctx)
    if body.place is not None and ctx.place(body.place) is None:
        raise RefusedActError("act.unknown_place", {"place": body.place})
    return [seen_record(body.stocktake, body.tags, body.place, asked.by, now, ctx)]


@act("stocktake.sign", body=Sign, roles=("archivist", "certificate_custodian", "auditor"))
def sign(asked: Act[Sign], now: int, ctx: Context) -> Effects:
    """Sign a report; the second signature, of somebody else, makes it count."""
    stock = _open(asked.body.stocktake, ctx)
    made = report(stock, ctx)
    if made.digest != asked.body.digest:
        raise RefusedActError("act.stocktake_changed", {"stocktake": stock.id})
    base = {"stocktake": stock.id, "digest": made.digest, "by": asked.by, "at": now}
    if stock.first is None:
        return [Record("stocktake.countersigned", base)]
    if stock.first == asked.by:
        raise RefusedActError("act.stocktake_signed", {"person": ctx.person_name(asked.by)})
    if not any(_keeps(ctx.person(who)) for who in (stock.first, asked.by)):
        raise RefusedActError("act.stocktake_auditors", {"stocktake": stock.id})
    why = {"rule": RULE, "stocktake": stock.id, "at": now, "at_source": "received"}
    effects: list[Effect] = []
    seen = {**made.misplaced, **made.unexpected}
    for name, place in seen.items():
        effects += _moved(name, place, stock, why, ctx)
        loan = loan_of(name, ctx)
        if loan is not None:
            effects += no_reminders(loan, seen, {**why, "because": "handed in"})
    for name in made.missing:
        effects += _lost(name, stock, why, ctx)
    for name in made.found:
        effects.append(Clear(CODE, name, why))
    signed_by = [stock.first, asked.by]
    summary = {
        **base,
        "place": stock.place,
        "signed_by": signed_by,
        "found": made.found,
        "missing": made.missing,
        "misplaced": _rows(made.misplaced),
        "unexpected": _rows(made.unexpected),
        "strange": made.strange,
    }
    return [*effects, Record("stocktake.signed", summary), LOOK]


@act("stocktake.drop", body=Begin, roles=("archivist", "certificate_custodian"))
def drop_it(asked: Act[Begin], now: int, ctx: Context) -> Effects:
    """Give up the open stock-take of a place; nothing follows from it."""
    for name, _ in ctx.rows.scan(_OPEN):
        stock = ctx.rows.get(Stocktake, name)
        if stock is not None and stock.place == asked.body.place:
            return [Record("stocktake.dropped", {"stocktake": name, "by": asked.by, "at": now})]
    raise RefusedActError("act.no_stocktake", {"stocktake": asked.body.place})


def seen_record(
    stocktake: str, tags: list[str], place: str | None, by: str | None, now: int, ctx: Context
) -> Record:
    """Return the entry of what was seen."""
    items, strange = set(), set()
    for tag in tags:
        item = ctx.item_by_tag(tag.lower()) or ctx.item(tag)
        if item is None:
            strange.add(tag)
        else:
            items.add(item.id)
    body = {
        "stocktake": stocktake,
        "items": sorted(items),
        "strange": sorted(strange),
        "place": place,
        "by": by,
        "at": now,
    }
    return Record("stocktake.seen", body)


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


def _rows(seen_at: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"item": item, "place": place} for item, place in sorted(seen_at.items())]


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


def _keeps(person: Person | None) -> bool:
    return person is not None and not {"archivist", "certificate_custodian"}.isdisjoint(
        person.roles
    )


def _open(name: str, ctx: Context) -> Stocktake:
    stock = ctx.rows.get(Stocktake, name)
    if stock is None or stock.state != "open":
        raise RefusedActError("act.no_stocktake", {"stocktake": name})
    return stock


def _moved(
    name: str, place: str, stock: Stocktake, why: dict[str, Any], ctx: Context
) -> list[Effect]:
    """Put an item where it was seen; what is on loan waits there for its inspection."""
    before = ctx.where(name)
    reasons = {**why, "held_before": before.holder, "place_before": before.place}
    loan = loan_of(name, ctx)
    body: dict[str, Any] = {"item": name, "person": None, "stocktake": stock.id, "why": reasons}
    cleared = Clear(CODE, name, why)
    if loan is not None:
        back = {"holder": loan.person, "place": INSPECTION, "loan": loan.id, "slip": loan.slip}
        return [Record("movement.handed_in", body | back), cleared]
    return [Record("movement.found", body | {"holder": None, "place": place}), cleared]


def _lost(name: str, stock: Stocktake, why: dict[str, Any], ctx: Context) -> list[Effect]:
    """An item is not where it should be; whoever answered for its place still does."""
    before = ctx.where(name)
    item = ctx.item(name) or Item(id=name, name=name)
    accountable = ctx.accountable(name)
    reasons = {**why, "held_before": before.holder, "place_before": before.place}
    body = {
        "item": name,
        "person": None,
        "holder": accountable,
        "place": MISSING,
        "stocktake": stock.id,
        "why": reasons,
    }
    params = {
        "item": item.name,
        "place": before.place or UNFILED,
        "person": ctx.person_name(accountable),
        "stocktake": stock.id,
    }
    alarm = Raise(CODE, name, {**reasons, "accountable": accountable}, params)
    return [Record("movement.missing", body), alarm]
