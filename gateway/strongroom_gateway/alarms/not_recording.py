"""ledger.not_recording: the disk does not take the record."""

from ..room.context import Context
from ..room.effects import NONE, Clear, Effects, Fault, Raise, Start, Tick
from ..room.registry import RuleState, rule

CODE = "ledger.not_recording"


class NotRecording(RuleState, frozen=True):
    """There while the fault stands."""

    since: int


def _the_one(_: Context, event: Fault) -> str:
    return event.subject


@rule(CODE, state=NotRecording, on=(f"fault:{CODE}",), key=_the_one)
def not_recording(
    state: NotRecording | None, event: Fault | Start | Tick, now: int, ctx: Context
) -> tuple[NotRecording | None, Effects]:
    """Raise and clear as the ledger's writer says; a start begins with the belief that it works."""
    if isinstance(event, Tick):
        return state, NONE
    if isinstance(event, Fault) and event.on:
        if state is not None:
            return state, NONE
        why = {"rule": CODE, **event.why}
        return NotRecording(since=now), [Raise(CODE, event.subject, why, dict(event.why))]
    if state is None:
        return None, NONE
    subject = event.subject if isinstance(event, Fault) else event.key
    return None, [Clear(CODE, subject, {"rule": CODE, "since": state.since})]
