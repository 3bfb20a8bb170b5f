"""A session at a desk: what somebody took, gave back and was refused, from badge to done."""

from typing import Any, Final, NamedTuple

import msgspec

from ..contract import Sensed
from ..custody.section import DeskSection
from ..loans.model import Slip
from ..room.context import Context, sensed_at
from ..room.effects import Effect, Record
from ..room.model import Person
from ..room.registry import RuleState

RULE: Final = "custody.desk"


class Refusal(msgspec.Struct, frozen=True):
    """An item that was refused, and the text that said why."""

    item: str
    because: str


class Session(RuleState, frozen=True):
    """A person at a desk: their last tap, and when which item was handled (ms since the node's
    boot).

    `badge` is when they last showed their badge, `served_by` who of the archive opened the desk,
    `booked` what was booked before the session was summed up for want of taps (see `paused`).
    Without a person nobody's turn it is: only who serves is remembered, until the desk is idle.
    """

    person: str | None
    boot: int
    mono: int
    since: int
    badge: int = 0
    handled: dict[str, int] = msgspec.field(default_factory=dict)
    taken: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    slips: tuple[str, ...] = ()
    served_by: str | None = None
    booked: tuple[str, ...] = ()


class Tap(NamedTuple):
    """One tap with everything needed to book and answer it."""

    desk: DeskSection
    event: Sensed
    now: int
    ctx: Context


def idle(tap: Tap) -> int:
    """Return after how many ms without a tap a session is over."""
    return int(tap.desk.idle_s * 1000)


def began(tap: Tap, person: Person, served_by: str | None) -> Session:
    """Return the session that a badge begins."""
    return Session(
        person=person.id,
        boot=tap.event.boot,
        mono=tap.event.mono,
        badge=tap.event.mono,
        since=sensed_at(tap.event),
        due=tap.now + idle(tap),
        served_by=served_by,
    )


def next_please(state: Session, tap: Tap) -> Session | None:
    """Return what is remembered when somebody is done: who serves at the desk."""
    if state.served_by is None:
        return None
    return Session(
        person=None,
        boot=state.boot,
        mono=tap.event.mono,
        since=sensed_at(tap.event),
        due=tap.now + idle(tap),
        served_by=state.served_by,
    )


def noted(state: Session, tap: Tap, item: str) -> Session:
    """Return a session in which an item was shown just now."""
    mono = tap.event.mono
    handled = {**state.handled, item: mono}
    return msgspec.structs.replace(state, mono=mono, handled=handled, due=tap.now + idle(tap))


def paused(state: Session) -> Session:
    """Return a session of which nothing was heard for the idle time, once it is summed up.

    It goes on for taps alone that were made within that time and come late: the network was away.
    """
    return msgspec.structs.replace(
        state,
        due=None,
        handled={},
        taken=(),
        returned=(),
        refused=(),
        slips=(),
        booked=(*state.booked, *state.taken, *state.returned),
    )


def ended(state: Session, desk: str, how: str, now: int, ctx: Context) -> list[Effect]:
    """Return the entry that sums a session up; none for one in which nothing was handled."""
    if not state.handled:
        return []
    left = left_on(state, ctx)
    body: dict[str, Any] = {
        "desk": desk,
        "person": state.person,
        "served_by": state.served_by,
        "since": state.since,
        "taken": list(state.taken),
        "returned": list(state.returned),
        "refused": [msgspec.to_builtins(refusal) for refusal in state.refused],
        "slips": [{"slip": name, "left": items} for name, items in left.items()],
        "partly": bool(state.refused) or any(left.values()),
        "at": now,
        "why": {"rule": RULE, "ended_by": how},
    }
    return [Record("desk.session_closed", body)]


def left_on(state: Session, ctx: Context) -> dict[str, list[str]]:
    """Return what is still to be taken on each slip that was used in a session."""
    left = {}
    for name in state.slips:
        slip = ctx.rows.get(Slip, name)
        left[name] = [] if slip is None else list(slip.left)
    return left
