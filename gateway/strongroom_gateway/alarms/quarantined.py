"""message.quarantined: somebody sends what the wire contract does not allow."""

from ..room.context import Context
from ..room.effects import NONE, Clear, Effects, Fault, Raise, Start, Tick
from ..room.registry import RuleState, rule

CODE = "message.quarantined"
_GRAIN = 16


class Quarantined(RuleState, frozen=True):
    """When the last one came, to within a sixteenth of the quiet time (Unix ms)."""

    last: int


def _sender(_: Context, event: Fault) -> str:
    return event.subject


@rule(CODE, state=Quarantined, on=(f"fault:{CODE}",), key=_sender)
def quarantined(
    state: Quarantined | None, event: Fault | Start | Tick, now: int, ctx: Context
) -> tuple[Quarantined | None, Effects]:
    """Raise at the first one of a sender, clear when none came for `alarms.quiet_s`.

    A stream of bad messages is one alarm: each is in the quarantine and counted there.
    """
    quiet = int(ctx.config.alarms.quiet_s * 1000)
    if isinstance(event, Tick):
        return None, [Clear(CODE, event.key, {"rule": CODE, "quiet_s": quiet / 1000})]
    if isinstance(event, Start) or (state is not None and now - state.last < quiet // _GRAIN):
        return state, NONE
    why = {"rule": CODE, **event.why}
    params = {"node": event.subject or "?", "reason": str(event.why.get("reason", "?"))}
    return Quarantined(last=now, due=now + quiet), [Raise(CODE, event.subject, why, params)]
