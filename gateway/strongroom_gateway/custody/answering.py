"""What the desk's light, buzzer and display say to a tap."""

from typing import Any, Final, Literal

from ..contract import SignalCommand
from ..room.context import sensed_at
from ..room.effects import Effect, Send
from .session import Session, Tap, left_on

LATE: Final = 30_000
"""ms after which nobody waits for an answer at the desk any more."""
_EXPIRY = 5_000
_SHOWN_MS = 1_500
_TEXT_MAX = 120

Pattern = Literal["ok", "deny"]


def answer(tap: Tap, pattern: Pattern, key: str, params: dict[str, Any]) -> list[Effect]:
    """Return the light and sound for a tap; none for one that was made long ago."""
    event = tap.event
    if tap.desk.signal is None or tap.now - sensed_at(event) > LATE:
        return []
    body = SignalCommand(
        id=f"desk-{event.boot}-{event.seq}",
        exp=tap.now + _EXPIRY,
        signal=tap.desk.signal,
        pattern=pattern,
        text=tap.ctx.say(key, params)[:_TEXT_MAX],
        ms=_SHOWN_MS,
    )
    return [Send(tap.desk.node, body)]


def answer_done(state: Session, tap: Tap) -> list[Effect]:
    """Return the answer to "done": how much was booked, and what was not."""
    params: dict[str, Any] = {
        "taken": len(state.taken),
        "returned": len(state.returned),
        "refused": len(state.refused),
    }
    if state.refused:
        return answer(tap, "deny", "desk.done_refused", params)
    for name, items in left_on(state, tap.ctx).items():
        if items:
            params |= {"slip": name, "left": len(items)}
            return answer(tap, "ok", "desk.done_partly", params)
    return answer(tap, "ok", "desk.done", params)
