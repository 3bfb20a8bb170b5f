"""key.overdue: keys are taken and given back by those who may, and are all back in time (G13)."""

from collections.abc import Iterable
from typing import Any, Final

from ..room.context import Context
from ..room.effects import Clear, Effect, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule
from .clock import next_time

CODE: Final = "key.overdue"
_ROOM: Final = "room"
_LOOK_MS: Final = 60_000
"""While keys are out after hours, how often it is looked whether they are back."""


class Out(RuleState, frozen=True):
    """The keys that are said to be out, and when all are to be back next (Unix ms)."""

    closing: int
    raised: tuple[str, ...] = ()


def _once(ctx: Context) -> Iterable[str]:
    return [_ROOM] if ctx.config.keys.back_by is not None else []


def _never(_: Context, event: Any) -> str | None:
    return None


@rule(CODE, state=Out, on=(), key=_never, keys=_once)
def key_overdue(
    state: Out | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Out | None, Effects]:
    """Raise for each key that somebody still has at the time all are back; clear when it is."""
    clock = ctx.config.keys.back_by
    was = () if state is None else state.raised
    if clock is None:
        return None, [_clear(name, "no longer configured") for name in was]
    out = dict(_keys_out(ctx))
    effects: list[Effect] = [_clear(name, "it is back") for name in was if name not in out]
    raised = [name for name in was if name in out]
    closing = next_time(now, clock, ctx.config.room.time_zone)
    if state is not None and now >= state.closing:
        for name in sorted(set(out) - set(raised)):
            effects.append(_raise(name, out[name], clock, ctx))
            raised.append(name)
    due = min(closing, now + _LOOK_MS) if raised else closing
    return Out(closing=closing, raised=tuple(raised), due=due), effects


def _raise(name: str, holder: str, clock: str, ctx: Context) -> Effect:
    item = ctx.item(name)
    limit = {"back_by": clock, "source": "keys.back_by"}
    why = {"rule": CODE, "holder": holder, "since": ctx.where(name).since, "limit": limit}
    params = {
        "key": item.name if item is not None else name,
        "person": ctx.person_name(holder),
        "time": clock,
    }
    return Raise(CODE, name, why, params)


def _keys_out(ctx: Context) -> Iterable[tuple[str, str]]:
    """Yield each key in somebody's hands, with whose."""
    for name, _ in ctx.rows.scan("held"):
        holder, _, item = name.rpartition("/")
        known = ctx.item(item)
        if known is not None and known.kind == "key":
            yield item, holder


def _clear(name: str, because: str) -> Effect:
    return Clear(CODE, name, {"rule": CODE, "because": because})
