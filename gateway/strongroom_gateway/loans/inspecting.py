"""return.inspect: what was handed in is counted and looked at; only then is a loan over (G16)."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Clear, Effect, Effects, Raise, Record
from ..room.model import UNFILED, Item
from .lending import away_again, closed, loan_of, not_here
from .model import INSPECTION, MISSING, Finding, Loan

DEFICIENT: Final = "return.deficient"
RULE: Final = "return.inspect"


class Inspection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found at a return.

    item       what was handed in, or one of the things that were handed in together
    condition  of the worst of them
    pages      counted, covers included: of the item, or by item where several have a page count
    seal       must be said of what is kept sealed
    missing    what should have been with it and is not
    """

    item: str
    condition: Literal["good", "damaged"]
    pages: int | dict[str, int] | None = None
    seal: Literal["intact", "broken"] | None = None
    missing: list[str] = []
    note: Annotated[str, Meta(max_length=500)] | None = None


@act("return.inspect", body=Inspection, roles=("archivist", "certificate_custodian"))
def inspect(asked: Act[Inspection], now: int, ctx: Context) -> Effects:
    """Compare what was handed in with what was lent. When nothing differs it goes home and the
    loan is closed; otherwise the loan stays open, in its borrower's name, with what was found.
    """
    body = asked.body
    item = ctx.item(body.item)
    if item is None:
        raise RefusedActError("slip.refused.no_item", {"item": body.item})
    loan = loan_of(item.id, ctx)
    things = _handed_in(item, loan, ctx)
    if loan is not None and loan.person == asked.by:
        raise RefusedActError("return.refused.own", {"item": item.name})
    finding = _compared(body, things, _still_missing(loan))
    entry = {
        "loan": None if loan is None else loan.id,
        "slip": None if loan is None else loan.slip,
        "item": item.id,
        "items": [thing.id for thing in things],
        "person": None if loan is None else loan.person,
        "by": asked.by,
        "place": INSPECTION,
        "complete": finding.is_complete,
        "damaged": finding.damaged,
        "pages": _counts(body, things),
        "condition": body.condition,
        "seal": body.seal,
        "finding": None if finding.is_nothing else msgspec.to_builtins(finding),
        "note": body.note,
        "at": now,
    }
    effects: list[Effect] = [Record("return.inspected", entry)]
    if finding.is_nothing:
        effects += [to_its_place(thing, loan, asked.by, now, ctx) for thing in things]
        why = {"rule": RULE, "because": "inspected, nothing differs", "by": asked.by}
        effects.append(Clear(DEFICIENT, item.id if loan is None else loan.id, why))
        if loan is not None and not not_here(loan, ctx):
            effects += closed(loan, asked.by, "inspected, nothing differs", now)
        return effects
    if loan is not None:
        for name in sorted(set(body.missing)):
            why = {"rule": RULE, "by": asked.by}
            effects += away_again(name, "not there at its inspection", why, now, ctx)
            effects.append(missing(name, loan, loan.person, asked.by, now, ctx))
    return [*effects, _deficient(item, loan, finding, asked.by, now, ctx)]


def to_its_place(item: Item, loan: Loan | None, by: str, now: int, ctx: Context) -> Effect:
    """Return the entry that puts an item back into the custody of its place."""
    return _moved("movement.return", item, None, item.home or UNFILED, loan, by, now, ctx)


def missing(name: str, loan: Loan, holder: str | None, by: str, now: int, ctx: Context) -> Effect:
    """Return the entry that says an item of a loan is not there; `holder` answers for it."""
    item = ctx.item(name) or Item(id=name, name=name)
    return _moved("movement.missing", item, holder, MISSING, loan, by, now, ctx)


def _moved(
    kind: str,
    item: Item,
    holder: str | None,
    place: str,
    loan: Loan | None,
    by: str,
    now: int,
    ctx: Context,
) -> Effect:
    before = ctx.where(item.id)
    why = {
        "rule": RULE,
        "at": now,
        "at_source": "received",
        "held_before": before.holder,
        "place_before": before.place,
    }
    body = {
        "item": item.id,
        "person": None if loan is None else loan.person,
        "by": by,
        "holder": holder,
        "place": place,
        "loan": None if loan is None else loan.id,
        "slip": None if loan is None else loan.slip,
        "why": why,
    }
    return Record(kind, body)


def _handed_in(item: Item, loan: Loan | None, ctx: Context) -> list[Item]:
    """Return what waits for an inspection together with an item; not what was carried away again."""
    names: tuple[str, ...] = (item.id,) if loan is None else loan.handed
    names = tuple(name for name in names if ctx.where(name).place == INSPECTION)
    if item.id not in names:
        raise RefusedActError("return.refused.not_handed_in", {"item": item.name})
    return [found for name in names if (found := ctx.item(name)) is not None]


def _counts(body: Inspection, things: list[Item]) -> dict[str, int]:
    """Return the counted pages by item; a bare number is that of the item named."""
    if body.pages is None:
        return {}
    if isinstance(body.pages, int):
        return {body.item: body.pages}
    unknown = sorted(set(body.pages) - {thing.id for thing in things})
    if unknown:
        raise RefusedActError("return.refused.not_with_it", {"items": ", ".join(unknown)})
    return body.pages


def _still_missing(loan: Loan | None) -> set[str]:
    """Return what an earlier inspection did not find and nobody has brought since."""
    if loan is None or loan.finding is None:
        return set()
    return set(msgspec.convert(loan.finding, Finding).missing) & set(loan.away)


def _compared(body: Inspection, things: list[Item], still_missing: set[str]) -> Finding:
    stray = sorted(set(body.missing) - {t.id for t in things if t.id != body.item})
    if stray:
        raise RefusedActError("return.refused.not_with_it", {"items": ", ".join(stray)})
    there = [thing for thing in things if thing.id not in body.missing]
    counted = _counts(body, things)
    uncounted = [t.name for t in there if t.pages is not None and t.id not in counted]
    if uncounted:
        raise RefusedActError("return.refused.count_pages", {"items": ", ".join(uncounted)})
    if body.seal is None and any(thing.sealed for thing in there):
        names = ", ".join(thing.name for thing in there if thing.sealed)
        raise RefusedActError("return.refused.say_seal", {"items": names})
    pages = {
        t.id: {"expected": t.pages, "counted": counted[t.id]}
        for t in there
        if t.pages is not None and t.pages != counted[t.id]
    }
    return Finding(
        pages=pages,
        missing=sorted({*body.missing, *still_missing}),
        damaged=body.condition == "damaged",
        seal_broken=body.seal == "broken",
        note=body.note,
    )


def _deficient(
    item: Item, loan: Loan | None, finding: Finding, by: str, now: int, ctx: Context
) -> Effect:
    found = msgspec.to_builtins(finding)
    person = ctx.where(item.id).last_holder if loan is None else loan.person
    why: dict[str, Any] = {
        "rule": RULE,
        "item": item.id,
        "loan": None if loan is None else loan.id,
        "slip": None if loan is None else loan.slip,
        "person": person,
        "inspected_by": by,
        "finding": found,
        "at": now,
    }
    params = {
        "item": item.name,
        "item_id": item.id,
        "loan": "—" if loan is None else loan.id,
        "person": ctx.person_name(person),
        "finding": said(finding, ctx),
    }
    subject = item.id if loan is None else loan.id
    return Raise(DEFICIENT, subject, why, params)


def said(finding: Finding, ctx: Context) -> str:
    """Return a finding in words, in the language of the room."""
    words = [
        ctx.say("return.found.pages", {"item": _name(name, ctx), **numbers})
        for name, numbers in finding.pages.items()
    ]
    words += [ctx.say("return.found.missing", {"item": _name(i, ctx)}) for i in finding.missing]
    if finding.damaged:
        words.append(ctx.say("return.found.damaged", {}))
    if finding.seal_broken:
        words.append(ctx.say("return.found.seal", {}))
    return "; ".join(words)


def _name(item: str, ctx: Context) -> str:
    known = ctx.item(item)
    return item if known is None else known.name
