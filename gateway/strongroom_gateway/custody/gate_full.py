"""exit.not_followed: more tags at the gates than can be followed while the record cannot be read."""

from typing import Final

from ..room.context import Context
from ..room.effects import NONE, Clear, Effects, Raise, Start, Tell, Tick
from ..room.registry import RuleState, rule
from .gate_held import FULL, MOST
from .gate_unread import CODE as HOLDING

CODE: Final = "exit.not_followed"
_LOOK_MS: Final = 10_000


class Full(RuleState, frozen=True):
    """There while there are too many."""

    since: int


def _nobodys(_: Context, __: object) -> None:
    return None


@rule(CODE, state=Full, on=(f"tell:{FULL}",), key=_nobodys)
def exit_not_followed(
    state: Full | None, event: Tell | Start | Tick, now: int, ctx: Context
) -> tuple[Full | None, Effects]:
    """Raise when a tag is one too many; clear when there is room again."""
    if isinstance(event, Tell):
        ctx.count("gate.not_followed")
        if state is not None:
            return state, NONE
        why = {"rule": CODE, "limit": {"tags": MOST}}
        return Full(since=now, due=now + _LOOK_MS), [Raise(CODE, "", why, {"most": MOST})]
    if state is None:
        return None, NONE
    if ctx.number_of(HOLDING) >= MOST:
        return Full(since=state.since, due=now + _LOOK_MS), NONE
    return None, [Clear(CODE, "", {"rule": CODE, "since": state.since})]
