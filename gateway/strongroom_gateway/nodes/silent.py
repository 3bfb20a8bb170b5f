"""node.silent: a node that has not been heard for too long is a fault, whatever its last word was."""

from collections.abc import Iterable

import msgspec

from ..contract import Info, Sensed, Status
from ..room.context import Context
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Start, Suppress, Tick
from ..room.registry import EVERY_MESSAGE, RuleState, rule
from .trouble import told

CODE = "node.silent"
_GRAIN = 16  # a reception is noted when it is later than the noted one by this part of the time-out


class Heard(RuleState, frozen=True):
    """When a node was last heard (Unix ms, to within a sixteenth of the time-out), and what was
    made of it.

    `offline` is when the broker said it went away: a hint with a time-out of its own, because the
    word of the broker is retained and may be old, but a node that really left is missed sooner by
    it. Until `noted_until` a further reception is not worth a new row.
    """

    heard: int | None = None
    noted_until: int = 0
    offline: int | None = None
    silent: bool = False


def _expected(ctx: Context) -> Iterable[str]:
    return ctx.config.nodes.expected


def _node(_: Context, event: Sensed | Status | Info) -> str:
    return event.node


@rule("node.silent", state=Heard, on=(EVERY_MESSAGE, "status"), key=_node, keys=_expected)
def node_silent(
    state: Heard | None, event: Sensed | Status | Tick | Start, now: int, ctx: Context
) -> tuple[Heard | None, Effects]:
    """Raise when nothing was received for `silent_after_s`; clear at the next message."""
    silent_after = ctx.silent_after
    if isinstance(event, Sensed):
        if state is not None and now < state.noted_until:
            return state, NONE
        return _heard(state, event.node, now, silent_after)
    if isinstance(event, Status):
        return _hinted(state, event, now, ctx)
    if isinstance(event, Start):
        if state is None or not state.silent:
            # What was missed while the gateway was away says nothing about the node.
            grace = now + int(ctx.config.nodes.start_grace_s * 1000)
            old = state or Heard()
            return msgspec.structs.replace(old, due=grace, offline=None, noted_until=0), NONE
        return state, NONE
    return _missed(state, event.key, now, ctx)


def _heard(
    state: Heard | None, node: str, now: int, silent_after: int
) -> tuple[Heard, list[Effect]]:
    effects: list[Effect] = []
    if state is not None and state.silent:
        effects.append(Clear(CODE, node, {"rule": CODE, "heard": now}))
        effects.append(Suppress(CODE, node, on=False))
    if state is None or state.heard is None or state.silent:
        effects.append(told(node))
    noted_until = now + silent_after // _GRAIN
    return Heard(heard=now, noted_until=noted_until, due=now + silent_after), effects


def _missed(state: Heard | None, node: str, now: int, ctx: Context) -> tuple[Heard, list[Effect]]:
    old = state or Heard()
    by_hint = old.offline is not None
    setting = "offline_after_s" if by_hint else "silent_after_s"
    seconds = ctx.config.nodes.offline_after_s if by_hint else ctx.config.nodes.silent_after_s
    why = {
        "rule": CODE,
        "last_heard": old.heard,
        "offline_since": old.offline,
        "limit": {"seconds": seconds, "source": f"nodes.{setting}"},
    }
    params = {"node": node, "seconds": None if old.heard is None else (now - old.heard) // 1000}
    effects: list[Effect] = [
        Raise(CODE, node, why, params),
        Suppress(CODE, node, on=True),
        told(node),
    ]
    return msgspec.structs.replace(old, silent=True, noted_until=0, due=None), effects


def _hinted(
    state: Heard | None, status: Status, now: int, ctx: Context
) -> tuple[Heard | None, Effects]:
    old = state or Heard(due=now + int(ctx.config.nodes.silent_after_s * 1000))
    if old.silent:
        return state, NONE
    if status.online:
        if old.offline is None:
            return old, NONE
        # The word alone proves nothing is sent; the ordinary time-out runs on from the last
        # reception.
        due = (old.heard or now) + int(ctx.config.nodes.silent_after_s * 1000)
        return msgspec.structs.replace(old, offline=None, due=max(due, now + 1)), NONE
    if old.offline is not None:
        return old, NONE
    due = now + int(ctx.config.nodes.offline_after_s * 1000)
    sooner = due if old.due is None else min(old.due, due)
    return msgspec.structs.replace(old, offline=now, noted_until=0, due=sooner), NONE
