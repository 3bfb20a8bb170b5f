"""custody.desk: a badge, then boxes. What was the room's becomes theirs; what was theirs comes
back.
"""

from typing import Any, Literal, NamedTuple, cast

import msgspec

from ..contract import Sensed, SignalCommand, Tag
from ..room.context import Context, evidence, sensed_at, when
from ..room.effects import NONE, Effect, Effects, Record, Send, Start, Tick
from ..room.model import Item, Person
from ..room.registry import RuleState, rule
from ..sections import DeskSection
from .places import OUTSIDE, RETURNING, UNFILED, WITH_HOLDER

RULE = "custody.desk"
_LATE = 30_000  # ms after which nobody waits for an answer at the desk any more
_EXPIRY = 5_000
_SHOWN_MS = 1_500


class Session(RuleState, frozen=True):
    """A person at a desk: their last tap, and when which item was handled (ms since the node's
    boot).
    """

    person: str
    boot: int
    mono: int
    since: int
    handled: dict[str, int] = msgspec.field(default_factory=dict)


class _Tap(NamedTuple):
    """One tap with everything needed to book and answer it."""

    desk: DeskSection
    event: Sensed
    now: int
    ctx: Context


def _desk(ctx: Context, event: Sensed) -> str | None:
    body = cast(Tag, event.body)
    return ctx.desk_at.get((event.node, body.reader))


@rule(RULE, state=Session, on=("event/tag",), key=_desk)
def desk(
    state: Session | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Session | None, Effects]:
    """Book the taps of a session; answer each on the node.

    A badge begins a session, another badge or the idle time ends it. Time within a session is the
    node's own, so that taps which arrive late are booked as they were made.
    """
    if not isinstance(event, Sensed):
        return (None if isinstance(event, Tick) else state), NONE
    body = cast(Tag, event.body)
    if body.act != "seen":
        return state, NONE
    tap = _Tap(ctx.desks[ctx.desk_at[event.node, body.reader]], event, now, ctx)
    person = ctx.person_by_badge(body.id)
    if person is not None:
        return _begun(tap, person), _answer(tap, "ok", "desk.welcome", {"person": person.name})
    item = ctx.item_by_tag(body.id)
    if item is None:
        # badge.unknown raises the alarm; here it is answered.
        return state, _answer(tap, "deny", "desk.unknown_tag", {})
    if state is None or state.boot != event.boot or event.mono - state.mono > _idle(tap):
        effects = _refused(tap, item, None, "no badge before the item")
        return None, [*effects, *_answer(tap, "deny", "desk.badge_first", {})]
    return _handled(state, tap, item)


def _idle(tap: _Tap) -> int:
    return int(tap.desk.idle_s * 1000)


def _begun(tap: _Tap, person: Person) -> Session:
    return Session(
        person=person.id,
        boot=tap.event.boot,
        mono=tap.event.mono,
        since=sensed_at(tap.event),
        due=tap.now + _idle(tap),
    )


def _handled(state: Session, tap: _Tap, item: Item) -> tuple[Session, Effects]:
    """Book an item within a session: out, back, or not theirs to give back."""
    mono, ctx = tap.event.mono, tap.ctx
    last = state.handled.get(item.id)
    session = msgspec.structs.replace(
        state, mono=mono, handled={**state.handled, item.id: mono}, due=tap.now + _idle(tap)
    )
    if last is not None and mono - last < tap.desk.repeat_s * 1000:
        return session, NONE  # the same tap, read twice
    before = ctx.where(item.id)
    away = before.place in (OUTSIDE, RETURNING)
    params = {"item": item.name, "person": ctx.person_name(state.person)}
    if before.holder is None and not away:
        booked = _movement("movement.check_out", session, tap, item)
        return session, [booked, *_answer(tap, "ok", "desk.taken", params)]
    if before.holder in (None, state.person):
        booked = _movement("movement.return", session, tap, item)
        return session, [booked, *_answer(tap, "ok", "desk.returned", params)]
    effects = _refused(tap, item, state.person, "another person holds the item")
    params["holder"] = ctx.person_name(before.holder)
    return session, [*effects, *_answer(tap, "deny", "desk.other_holder", params)]


def _movement(kind: str, session: Session, tap: _Tap, item: Item) -> Effect:
    before = tap.ctx.where(item.id)
    why = {
        "rule": RULE,
        "reads": [evidence(tap.event)],
        **when(tap.event),
        "session_since": session.since,
        "held_before": before.holder,
        "place_before": before.place,
    }
    taken = kind == "movement.check_out"
    body: dict[str, Any] = {
        "item": item.id,
        "person": session.person,
        "desk": tap.desk.id,
        "holder": session.person if taken else None,
        "place": WITH_HOLDER if taken else item.home or UNFILED,
        "why": why,
    }
    return Record(kind, body)


def _refused(tap: _Tap, item: Item, person: str | None, because: str) -> list[Effect]:
    reads = [evidence(tap.event)]
    why = {"rule": RULE, "reads": reads, "because": because, **when(tap.event)}
    body = {"item": item.id, "person": person, "desk": tap.desk.id, "why": why}
    return [Record("desk.refused", body)]


def _answer(
    tap: _Tap, pattern: Literal["ok", "deny"], key: str, params: dict[str, Any]
) -> list[Effect]:
    """Return the light and sound for a tap; none for one that was made long ago."""
    event = tap.event
    if tap.desk.signal is None or tap.now - sensed_at(event) > _LATE:
        return []
    body = SignalCommand(
        id=f"desk-{event.boot}-{event.seq}",
        exp=tap.now + _EXPIRY,
        signal=tap.desk.signal,
        pattern=pattern,
        text=tap.ctx.say(key, params)[:120],
        ms=_SHOWN_MS,
    )
    return [Send(tap.desk.node, body)]
