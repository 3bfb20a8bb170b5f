"""badge.unknown: somebody holds to a desk reader what belongs to nobody and nothing."""

from typing import cast

from ..contract import Sensed, Tag
from ..room.context import Context, evidence, when
from ..room.effects import NONE, Clear, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule

CODE = "badge.unknown"
_MANY = 3  # tries within the quiet time that make it worse
_TRIES = 20  # beyond this, more of them say nothing new


class Unknown(RuleState, frozen=True):
    """Unknown tags at a desk since it was last quiet."""

    tries: int


def _desk(ctx: Context, event: Sensed) -> str | None:
    body = cast(Tag, event.body)
    if body.act != "seen" or ctx.is_known(body.id):
        return None
    desk = ctx.desk_at.get((event.node, body.reader))
    return None if desk is None or body.id in ctx.desks[desk].done_tags else desk


@rule(CODE, state=Unknown, on=("event/tag",), key=_desk)
def badge_unknown(
    state: Unknown | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Unknown | None, Effects]:
    """Raise at the first, call again at the third, clear when there was none for `alarms.quiet_s`."""
    if isinstance(event, Tick):
        return None, [Clear(CODE, event.key, {"rule": CODE, "quiet_s": ctx.config.alarms.quiet_s})]
    if not isinstance(event, Sensed):
        return state, NONE
    body = cast(Tag, event.body)
    desk = ctx.desks[ctx.desk_at[event.node, body.reader]]
    tries = 1 if state is None else min(state.tries + 1, _TRIES)
    why = {
        "rule": CODE,
        "reads": [{**evidence(event), "reader": body.reader, "id": body.id}],
        "looked_for": "a badge or an item with this tag in the register",
        "tries": tries,
        **when(event),
    }
    params = {"desk": desk.name, "tag": body.id}
    new = Unknown(tries=tries, due=now + int(ctx.config.alarms.quiet_s * 1000))
    return new, [Raise(CODE, desk.id, why, params, int(tries >= _MANY))]
