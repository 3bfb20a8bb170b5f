"""ledger.not_readable: what is registered, lent and where it is cannot be read from the disk."""

from typing import Final

from ..room.context import Context
from ..room.effects import NONE, Clear, Effects, Fault, Raise, Start, Tick
from ..room.registry import RuleState, rule

CODE: Final = "ledger.not_readable"
_PROBE_MS: Final = 10_000


class NotReadable(RuleState, frozen=True):
    """There while rows cannot be read."""

    since: int


def _the_one(_: Context, event: Fault) -> str:
    return event.subject


@rule(CODE, state=NotReadable, on=(f"fault:{CODE}",), key=_the_one)
def not_readable(
    state: NotReadable | None, event: Fault | Start | Tick, now: int, ctx: Context
) -> tuple[NotReadable | None, Effects]:
    """Raise at the first row that cannot be read; try every ten seconds whether they can again.

    Meanwhile a tag may be nobody's that is somebody's, and an item in its place that is lent: what
    is decided in that time has to be looked at by people.
    """
    if isinstance(event, Fault):
        if state is not None:
            return state, NONE
        return NotReadable(since=now, due=now + _PROBE_MS), [
            Raise(CODE, event.subject, {"rule": CODE})
        ]
    if state is None:
        return None, NONE
    if not ctx.rows.readable():
        return NotReadable(since=state.since, due=now + _PROBE_MS), NONE
    return None, [Clear(CODE, event.key, {"rule": CODE, "since": state.since})]
