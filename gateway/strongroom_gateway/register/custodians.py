"""custody.custodian_left: places are in the name of somebody who is no longer active (C2).

Whoever is above answers for them meanwhile (`Context.accountable`); this says that it was nobody's
decision. Places are looked through some at a time: a room may have a hundred thousand slots.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

import msgspec

from ..room.context import Context
from ..room.effects import Clear, Effect, Effects, Raise, Record, Start, Tick, Wake
from ..room.model import Place
from ..room.registry import RuleState, rule

CODE: Final = "custody.custodian_left"
_ROOM: Final = "room"
"""Its only key."""
LOOK: Final = Wake(CODE, _ROOM)
_PAGE: Final = 200
_SOON_MS: Final = 50  # between two pages, so that messages come in between
_MOST_NAMED: Final = 10
_CONFIGURED: Final = "room.custodian"


class Looking(RuleState, frozen=True):
    """Who is named by an alarm; and, while places are looked through, how far and what was found."""

    named: tuple[str, ...] = ()
    after: str = ""
    found: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Person -> their first places."""


def concerns(record: Record, ctx: Context) -> bool:
    """Return whether an entry that is not carried out yet may change who is named: somebody leaves
    or comes back, or a place of somebody who has left gets another custodian.
    """
    if record.kind == "person.registered":
        was = ctx.person(record.body["person"]["id"])
        return was is not None and was.active != record.body["person"].get("active", True)
    if record.kind == "place.registered":
        before = ctx.place(record.body["place"]["id"])
        return before is not None and has_left(before.custodian, ctx)
    return False


def has_left(person: str | None, ctx: Context) -> bool:
    """Return whether somebody is registered and no longer active."""
    known = None if person is None else ctx.person(person)
    return known is not None and not known.active


def _once(_: Context) -> Iterable[str]:
    return [_ROOM]


def _never(_: Context, event: Any) -> str | None:
    return None


@rule(CODE, state=Looking, on=(), key=_never, keys=_once)
def custodian_left(
    state: Looking | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Looking | None, Effects]:
    """Look through the places; at the last one raise for each who left, clear for who has none."""
    state = state or Looking()
    if isinstance(event, Start):
        state = Looking(named=state.named)
    found = dict(state.found)
    page = list(islice(ctx.rows.each(Place, "", state.after), _PAGE))
    for place in page:
        if place.custodian is not None and has_left(place.custodian, ctx):
            places = found.get(place.custodian, ())
            if len(places) <= _MOST_NAMED:
                found[place.custodian] = (*places, place.id)
    if len(page) == _PAGE:
        after = page[-1].id
        return Looking(due=now + _SOON_MS, named=state.named, after=after, found=found), ()
    configured = ctx.config.room.custodian
    if configured is not None and has_left(configured, ctx):
        found[configured] = (_CONFIGURED, *found.get(configured, ()))
    over = {"rule": CODE, "because": "active again, or no place is in their name", "at": now}
    effects: list[Effect] = [Clear(CODE, who, over) for who in state.named if who not in found]
    effects += [
        _raised(who, places, now, ctx) for who, places in found.items() if who not in state.named
    ]
    return (Looking(named=tuple(sorted(found))) if found else None), effects


def _raised(who: str, places: tuple[str, ...], now: int, ctx: Context) -> Raise:
    named, more = places[:_MOST_NAMED], len(places) > _MOST_NAMED
    why = {"rule": CODE, "person": who, "places": list(named), "more": more, "at": now}
    params = {"person": ctx.person_name(who), "places": ", ".join(named) + (" …" if more else "")}
    return Raise(CODE, who, why, params)
