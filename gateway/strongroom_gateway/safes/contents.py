"""What lies in a safe against what the record says lies there: at each closing (C9, C12).

What is missing went with the people who were there, what is extra came with them; where nobody was
there, or a thing belongs elsewhere, it is an alarm. A reader that is lost sees nothing, and that is
a fault, not a safe full of missing certificates.
"""

from typing import Any, Final

import msgspec

from ..custody.register import move
from ..loans.lending import away_again, loan_of, no_reminders, opened
from ..loans.model import INSPECTION
from ..loans.right import right_to
from ..room.context import Context
from ..room.effects import Clear, Effect, Raise, Record
from ..room.model import WITH_HOLDER, Item
from ..room.projections import projects
from ..safes.section import SafeSection
from .visit import Opening, Safe

RULE: Final = "safe.reconcile"
MISSING: Final = "safe.item_missing"
UNEXPECTED: Final = "safe.item_unexpected"
UNSLIPPED: Final = "safe.taken_without_slip"
NOT_RECONCILED: Final = "safe.not_reconciled"
_MANY: Final = 2  # so many at once are not taken away but not heard

projects("movement.safe_in")(
    lambda _, body, at, rows: move(body["item"], None, body["place"], at, rows)
)


class Compared(msgspec.Struct, frozen=True):
    """The record and the reader, side by side."""

    expected: frozenset[str]
    seen: frozenset[str]
    waiting: frozenset[str]
    """Seen, given back there, and not inspected yet."""
    strange: frozenset[str]
    """Tags of nothing that is registered."""

    @property
    def missing(self) -> list[str]:
        """Return what the record has in the safe and the reader has not."""
        return sorted(self.expected - self.seen)

    @property
    def extra(self) -> list[str]:
        """Return what the reader hears that the record has elsewhere."""
        return sorted(self.seen - self.expected - self.waiting)


def compare(state: Safe, section: SafeSection, ctx: Context) -> Compared:
    """Return the contents by the record and by the reader."""
    place = section.place or section.id
    expected = {name.rpartition("/")[2] for name, _ in ctx.rows.scan("at", f"{place}/")}
    seen, strange, waiting = set(), set(), set()
    for tag in state.tags():
        item = ctx.item_by_tag(tag)
        if item is None:
            strange.add(tag)
            continue
        seen.add(item.id)
        if ctx.where(item.id).place == INSPECTION:
            waiting.add(item.id)
    expected |= _waiting(state, ctx)
    tagged = {i for i in expected if (item := ctx.item(i)) is not None and item.tags}
    return Compared(frozenset(tagged), frozenset(seen), frozenset(waiting), frozenset(strange))


def reconcile(
    state: Safe, opening: Opening, section: SafeSection, now: int, ctx: Context
) -> tuple[Safe, list[Effect]]:
    """Compare, turn each difference into a movement or an alarm, and keep the comparison."""
    people = state.responsible(section, ctx)
    base: dict[str, Any] = {
        "rule": RULE,
        "safe": section.id,
        "opened": opening.since,
        "shut": opening.shut,
        "people": list(people),
        "at": opening.shut,
        "at_source": "node",
        "reads": [opening.read],
    }
    body: dict[str, Any] = {"safe": section.id, "at": now, "people": list(people)}
    found = compare(state, section, ctx)
    because = _why_not(state, section, found)
    if because is not None:
        body |= {"complete": False, "because": because, "why": base}
        effects: list[Effect] = [Record("safe.reconciled", body)]
        if section.readers:
            params = {"safe": section.name, "reader": ", ".join(section.readers)}
            effects.append(Raise(NOT_RECONCILED, section.id, {**base, "because": because}, params))
        return msgspec.structs.replace(state, agrees=not section.readers), effects
    effects = [Clear(NOT_RECONCILED, section.id, {"rule": RULE, "at": now})]
    for name in found.missing:
        loans = sum(isinstance(one, Record) and one.kind == "loan.opened" for one in effects)
        effects += _gone(name, people, section, base, now, ctx, loans)
    for name in found.extra:
        effects += _come(name, found.extra, people, section, base, ctx)
    for tag in sorted(found.strange):
        effects.append(_strange(tag, section, base))
    for name in sorted(found.expected & found.seen):
        effects.append(Clear(MISSING, name, {"rule": RULE, "at": now, "safe": section.id}))
    body |= {
        "complete": True,
        "expected": len(found.expected),
        "seen": len(found.seen),
        "missing": found.missing,
        "extra": found.extra,
        "waiting": sorted(found.waiting),
        "unknown": sorted(found.strange),
        "items": sorted(found.seen),
        "why": base,
    }
    effects.append(Record("safe.reconciled", body))
    agrees = not (found.missing or found.extra or found.strange)
    waiting = _waiting(state, ctx) | found.waiting
    waiting |= {name for name in found.extra if loan_of(name, ctx) is not None}
    new = msgspec.structs.replace(
        state, agrees=agrees, reconciled=now, waiting=tuple(sorted(waiting))
    )
    return new, effects


def _waiting(state: Safe, ctx: Context) -> set[str]:
    """Return what is to lie in the safe until it is inspected."""
    return {name for name in state.waiting if ctx.where(name).place == INSPECTION}


def _why_not(state: Safe, section: SafeSection, found: Compared) -> str | None:
    """Return why what the reader hears says nothing about the contents; None when it does."""
    if not section.readers:
        return "the safe has no reader"
    if any(device in state.deaf for device in section.readers):
        return "its reader is lost"
    if len(found.expected) >= _MANY and not found.seen:
        return "its reader hears nothing of what should be there"
    return None


def _gone(
    name: str,
    people: tuple[str, ...],
    section: SafeSection,
    why: dict[str, Any],
    now: int,
    ctx: Context,
    loans: int,
) -> list[Effect]:
    """An item left the safe: with somebody who was there, on their slip where they have one.

    `loans` is how many were opened for others that left with it.
    """
    item = ctx.item(name) or Item(id=name, name=name)
    if not people:
        params = {"item": item.name, "safe": section.name}
        return [Raise(MISSING, name, {**why, "looked_for": "a person at the opening"}, params)]
    at = int(why["at"])
    rights = [
        (person.id, right_to(item, person, at, ctx), person)
        for who in people
        if (person := ctx.person(who)) is not None
    ]
    # Handed in and not inspected, it is on loan still, and cannot be lent on another.
    waits = loan_of(name, ctx) is not None
    granted = None if waits else next((right for right in rights if right[1].granted), None)
    holder = granted[0] if granted else people[0]
    body: dict[str, Any] = {
        "item": name,
        "person": holder,
        "holder": holder,
        "witnesses": [p for p in people if p != holder],
        "place": WITH_HOLDER,
        "safe": section.id,
    }
    if granted is None:
        looked_for = [right.looked_for for _, right, _ in rights]
        body["why"] = {**why, "leave": looked_for}
        params = {"item": item.name, "safe": section.name, "person": ctx.person_name(holder)}
        alarm = Raise(UNSLIPPED, name, {**why, "holder": holder, "leave": looked_for}, params)
        because = {"rule": UNSLIPPED, "safe": section.id}
        gone = away_again(name, "taken from a safe", because, now, ctx)
        return [Record("movement.check_out", body), alarm, *gone]
    person = granted[2]
    body["why"] = {**why, "leave": granted[1].looked_for}
    more = {"safe": section.id, "why": body["why"]}
    loan, _, lent = opened(item, person, granted[1], at, now, ctx, more, loans)
    body |= {"loan": loan, "slip": granted[1].slip}
    return [Record("movement.check_out", body), *lent]


def _come(
    name: str,
    extra: list[str],
    people: tuple[str, ...],
    section: SafeSection,
    why: dict[str, Any],
    ctx: Context,
) -> list[Effect]:
    """An item is in the safe that the record has elsewhere, one of these."""
    item = ctx.item(name) or Item(id=name, name=name)
    before = ctx.where(name)
    place = section.place or section.id
    loan = loan_of(name, ctx)
    body: dict[str, Any] = {
        "item": name,
        "person": people[0] if people else None,
        "witnesses": list(people[1:]),
        "safe": section.id,
        "why": {**why, "held_before": before.holder, "place_before": before.place},
    }
    effects: list[Effect] = []
    if loan is not None:
        inspected = {"holder": loan.person, "place": INSPECTION, "loan": loan.id, "slip": loan.slip}
        effects.append(Record("movement.handed_in", body | inspected))
        effects += no_reminders(loan, extra, {**why, "because": "handed in"})
    else:
        effects.append(Record("movement.safe_in", body | {"holder": None, "place": place}))
    if item.home not in (None, place) or not people:
        because = (
            "it belongs elsewhere" if item.home not in (None, place) else "nobody put it there"
        )
        params = {"item": item.name, "safe": section.name, "home": item.home or "—"}
        effects.append(
            Raise(UNEXPECTED, name, {**why, "because": because, "home": item.home}, params)
        )
    return effects


def _strange(tag: str, section: SafeSection, why: dict[str, Any]) -> Effect:
    params = {"item": tag, "safe": section.name, "home": "—"}
    return Raise(
        UNEXPECTED, tag, {**why, "because": "the register has nothing with this tag"}, params
    )
