"""custody.desk: a badge, then boxes, then done. What may be lent is; what was lent comes back.

The desk only books and answers. Whether somebody may take an item is the business of `loans`.
"""

from typing import Any, cast

import msgspec

from ..contract import Input, Sensed, Tag
from ..errors import RowsUnreadableError
from ..loans.lending import AWAY, loan_of, opened
from ..loans.model import INSPECTION, Loan
from ..loans.right import right_to
from ..room.context import Context, evidence, sensed_at, when
from ..room.effects import NONE, Effect, Effects, Record, Start, Tick
from ..room.model import Item, Person
from ..room.registry import rule
from .answering import LATE, answer, answer_done
from .handing import handed_in
from .places import WITH_HOLDER
from .session import RULE, Refusal, Session, Tap, began, ended, idle, next_please, noted, paused

_KEEPERS = ("archivist", "certificate_custodian")


def _desk(ctx: Context, event: Sensed) -> str | None:
    if isinstance(event.body, Input):
        body = event.body
        for desk in ctx.desks.values():
            if (desk.node, desk.done_input) == (event.node, body.input):
                return desk.id
        return None
    tag = cast(Tag, event.body)
    return ctx.desk_at.get((event.node, tag.reader))


@rule(RULE, state=Session, on=("event/tag", "event/input"), key=_desk)
def desk(
    state: Session | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Session | None, Effects]:
    """Book the taps of a session; answer each on the node.

    A badge begins a session; it ends when the same badge is shown again, by the desk's own "done",
    by another badge or after the idle time. Time within a session is the node's own, so that taps
    which arrive late are booked as they were made.
    """
    if isinstance(event, Tick):
        if state is None:
            return None, NONE
        return paused(state), ended(state, event.key, "idle", now, ctx)
    name = None if isinstance(event, Start) else _desk(ctx, event)
    if name is None or not isinstance(event, Sensed):
        return state, NONE
    tap = Tap(ctx.desks[name], event, now, ctx)
    if isinstance(event.body, Input):
        return _done(state, tap, "button") if event.body.on else (state, NONE)
    return _tag(state, tap, cast(Tag, event.body))


def _tag(state: Session | None, tap: Tap, body: Tag) -> tuple[Session | None, Effects]:
    """Tell what was held to the reader: the end, a badge, an item, or nothing that is known."""
    if body.act != "seen":
        return state, NONE
    if body.id in tap.desk.done_tags:
        return _done(state, tap, "done")
    person = tap.ctx.person_by_badge(body.id)
    if person is not None:
        return _badge(state, tap, person)
    item = tap.ctx.item_by_tag(body.id)
    if item is None:
        # badge.unknown raises the alarm; here it is answered.
        return state, answer(tap, "deny", "desk.unknown_tag", {})
    person = None if state is None or not _runs(state, tap) else _whose(state, tap)
    if state is None or person is None:
        effects = [*_over(state, tap), _refusal(tap, item, None, "no badge before the item")]
        return None, [*effects, *answer(tap, "deny", "desk.badge_first", {})]
    return _item(state, tap, item, person)


def _runs(state: Session, tap: Tap) -> bool:
    """Whether a session goes on with this tap."""
    return state.boot == tap.event.boot and tap.event.mono - state.mono <= idle(tap)


def _whose(state: Session, tap: Tap) -> Person | None:
    """Return whose session it is; nobody's when they are no longer active."""
    person = None if state.person is None else tap.ctx.person(state.person)
    return person if person is not None and person.active else None


def _over(state: Session | None, tap: Tap) -> list[Effect]:
    """Return what ends a session that was left behind."""
    if state is None:
        return []
    because = "idle" if state.boot == tap.event.boot else "the node restarted"
    return ended(state, tap.desk.id, because, tap.now, tap.ctx)


def _badge(state: Session | None, tap: Tap, person: Person) -> tuple[Session | None, Effects]:
    """Begin a session, or end the one of the same badge."""
    mono = tap.event.mono
    if state is None or not _runs(state, tap):
        begun = began(tap, person, None)
        return begun, [*_over(state, tap), *_welcome(tap, person)]
    if state.person != person.id:
        # Whoever of the archive opened the desk serves those who come after.
        opener = _whose(state, tap)
        served_by = state.served_by
        if opener is not None and _keeps(opener):
            served_by = opener.id
        over = ended(state, tap.desk.id, "another badge", tap.now, tap.ctx)
        return began(tap, person, served_by), [*over, *_welcome(tap, person)]
    if mono - state.badge < tap.desk.repeat_s * 1000:
        return state, NONE  # the same tap, read twice
    if not (state.handled or state.booked):
        return began(tap, person, state.served_by), _welcome(tap, person)
    return _done(state, tap, "badge")


def _welcome(tap: Tap, person: Person) -> list[Effect]:
    return answer(tap, "ok", "desk.welcome", {"person": person.name})


def _keeps(person: Person) -> bool:
    return any(role in _KEEPERS for role in person.roles)


def _done(state: Session | None, tap: Tap, how: str) -> tuple[Session | None, Effects]:
    if state is None or state.person is None or not _runs(state, tap):
        return None, [*_over(state, tap), *answer(tap, "deny", "desk.badge_first", {})]
    over = ended(state, tap.desk.id, how, tap.now, tap.ctx)
    return next_please(state, tap), [*over, *answer_done(state, tap)]


def _item(state: Session, tap: Tap, item: Item, person: Person) -> tuple[Session, Effects]:
    """Book an item within a session: out, back, or refused in words."""
    mono, ctx = tap.event.mono, tap.ctx
    last = state.handled.get(item.id)
    going_on = noted(state, tap, item.id)
    if last is not None and mono - last < tap.desk.repeat_s * 1000:
        return going_on, NONE  # the same tap, read twice
    params: dict[str, Any] = {"item": item.name, "person": person.name}
    if item.id in (*state.taken, *state.returned, *state.booked):
        out = ctx.where(item.id).place == WITH_HOLDER
        key = "desk.taken" if out else "desk.handed_in"
        return going_on, answer(tap, "ok", key, params)  # booked once in a session
    try:
        loan = loan_of(item.id, ctx)
    except RowsUnreadableError:
        ctx.count("room.rows_unreadable")
        return _no(going_on, tap, item, "desk.no_record", params)
    return _either_way(going_on, tap, item, loan, person, params)


def _either_way(
    state: Session,
    tap: Tap,
    item: Item,
    loan: Loan | None,
    person: Person,
    params: dict[str, Any],
) -> tuple[Session, Effects]:
    """Book an item that rests here as taken, and one that was away as back."""
    before = tap.ctx.where(item.id)
    if before.place == INSPECTION:
        return _no(state, tap, item, "desk.awaits_inspection", params)
    if loan is None and before.holder is None and before.place not in AWAY:
        return _taken(state, tap, item, person, params)
    owner = before.holder if loan is None else loan.person
    if owner in (None, person.id) or _keeps(person):
        return _returned(state, tap, item, loan, params)
    params |= {"holder": tap.ctx.person_name(owner)}
    return _no(state, tap, item, "desk.other_holder", params)


def _taken(
    state: Session, tap: Tap, item: Item, person: Person, params: dict[str, Any]
) -> tuple[Session, Effects]:
    """Lend an item, with what lies in it, to whoever may take it."""
    ctx = tap.ctx
    at = _moment(tap)
    right = right_to(item, person, at, ctx)
    if not right.granted:
        why = {"leave": right.looked_for}
        return _no(state, tap, item, right.because, params | right.params, why)
    why = _why(state, tap, item) | {"leave": right.looked_for}
    more = {"desk": tap.desk.id, "served_by": state.served_by, "why": why}
    loan, inside, lent = opened(item, person, right, at, tap.now, ctx, more)
    effects: list[Effect] = []
    for thing in (item.id, *inside):
        body: dict[str, Any] = {
            "item": thing,
            "person": person.id,
            "holder": person.id,
            "place": WITH_HOLDER,
            "desk": tap.desk.id,
            "loan": loan,
            "slip": right.slip,
            "served_by": state.served_by,
            "why": why if thing == item.id else _why(state, tap, ctx.item(thing) or item),
        }
        if thing != item.id:
            body["with"] = item.id
        effects.append(Record("movement.check_out", body))
    new = msgspec.structs.replace(
        state,
        handled={**state.handled, **dict.fromkeys(inside, tap.event.mono)},
        taken=(*state.taken, item.id, *inside),
        slips=state.slips if right.slip in (None, *state.slips) else (*state.slips, right.slip),
    )
    params |= {"count": len(inside)}
    key = "desk.taken_with" if inside else "desk.taken"
    return new, [*effects, *lent, *answer(tap, "ok", key, params)]


def _returned(
    state: Session, tap: Tap, item: Item, loan: Loan | None, params: dict[str, Any]
) -> tuple[Session, Effects]:
    things, effects = handed_in(state, tap, item, loan, _why(state, tap, item))
    new = msgspec.structs.replace(
        state,
        handled={**state.handled, **dict.fromkeys(things, tap.event.mono)},
        returned=(*state.returned, *things),
    )
    inspected = tap.ctx.config.loans.inspection and item.kind != "key"
    key = "desk.handed_in" if inspected else "desk.returned"
    return new, [*effects, *answer(tap, "ok", key, params)]


def _no(
    state: Session,
    tap: Tap,
    item: Item,
    key: str,
    params: dict[str, Any],
    why: dict[str, Any] | None = None,
) -> tuple[Session, Effects]:
    """Refuse an item: on record, and in words at the desk."""
    new = msgspec.structs.replace(state, refused=(*state.refused, Refusal(item.id, key)))
    refusal = _refusal(tap, item, state.person, key, why)
    return new, [refusal, *answer(tap, "deny", key, params)]


def _refusal(
    tap: Tap, item: Item, person: str | None, because: str, more: dict[str, Any] | None = None
) -> Effect:
    reads = [evidence(tap.event)]
    why = {"rule": RULE, "reads": reads, "because": because, **when(tap.event), **(more or {})}
    body = {"item": item.id, "person": person, "desk": tap.desk.id, "why": why}
    return Record("desk.refused", body)


def _why(state: Session, tap: Tap, item: Item) -> dict[str, Any]:
    before = tap.ctx.where(item.id)
    return {
        "rule": RULE,
        "reads": [evidence(tap.event)],
        **when(tap.event),
        "session_since": state.since,
        "held_before": before.holder,
        "place_before": before.place,
    }


def _moment(tap: Tap) -> int:
    """Return when a tap counts (Unix ms): as it was made where it comes late, else now: the clocks
    of a node and of those who approve differ by a little.
    """
    made = sensed_at(tap.event)
    return made if tap.now - made > LATE else tap.now
