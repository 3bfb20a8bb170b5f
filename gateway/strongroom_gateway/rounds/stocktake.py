"""Stock-take (盘库): what is seen where, against what the record has there; two people sign it.

Begun for a place with everything below it; what is seen comes from a handheld in lists, or from
the shelf readers while it is open. Signing turns each difference into a movement and is the end.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

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
from ..room.rows import Put, RowsView
from .stocktake_report import OPEN, Stocktake, report

CODE: Final = "stocktake.missing"
RULE: Final = "stocktake"
MOST_TAGS: Final = 500
LOOK: Final = Wake(CODE, "room")
"""Lets the rule look that ends the alarm once what was missing is there."""
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
    for name, _ in ctx.rows.scan(OPEN):
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
    for name, _ in ctx.rows.scan(OPEN):
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


def _rows(seen_at: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"item": item, "place": place} for item, place in sorted(seen_at.items())]


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
