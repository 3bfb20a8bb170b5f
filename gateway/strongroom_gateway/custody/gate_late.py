"""What could not be decided at a gate while the record could not be read: handed over, and decided
when it comes back (see `gate_held`).
"""

from typing import Any, cast

import msgspec

from ..contract import Sensed, Tag
from ..room.context import Context
from ..room.effects import NONE, Clear, Effect, Effects, Tell
from ..room.model import Item
from .direction import STAYING, Verdict
from .gate_judging import judge_crossed, manner_of, near_side
from .gate_passage import (
    TRY_AGAIN,
    Passage,
    doubting,
    followed,
    patience,
    remembered,
    without_stay,
)
from .gate_unread import CODE as UNREAD
from .gate_unread import HELD, Crossed, Handed, Reading, Resumed, is_held


def handed_over(state: Passage, now: int) -> tuple[Passage | None, Effects]:
    """Hand over a stay whose end cannot be judged; what was in doubt waits."""
    if state.track is None or state.last is None or not state.last.tag:
        return msgspec.structs.replace(state, due=now + TRY_AGAIN), NONE
    told = Handed(state.gate, None, state.last, state.track, state.visits)
    return without_stay(state, now), [Tell(HELD, state.last.tag, told)]


def report_handed_over(
    state: Passage | None, gate: str, event: Sensed, now: int
) -> tuple[Passage | None, Effects]:
    """Hand over a report that cannot be judged, with the stay it is part of."""
    tag = cast(Tag, event.body).id
    if state is None:
        return None, [Tell(HELD, tag, Handed(gate, event))]
    told = Handed(gate, event, state.last, state.track, state.visits)
    return without_stay(state, now), [Tell(HELD, tag, told)]


def decided_late(
    state: Passage | None, told: Tell, now: int, ctx: Context
) -> tuple[Passage | None, Effects]:
    """Decide on what comes back; what cannot be read again, and what comes after it, goes back."""
    body = told.body
    back = state, [Tell(HELD, body.tag, body)]
    if is_held(body.tag, ctx):
        return back
    decided: tuple[Passage | None, Effects] = back
    with Reading(ctx) as reading:
        decided = _late(state, told, now, ctx)
    return back if reading.failed else decided


def _late(
    state: Passage | None, told: Tell, now: int, ctx: Context
) -> tuple[Passage | None, Effects]:
    """Decide on what happened while the record could not be read."""
    item, body = ctx.item(told.key), told.body
    if item is None:
        return state, NONE
    passage = state or Passage()
    if isinstance(body, Resumed):
        return _resumed(passage, body, item, now, ctx), NONE
    effects: list[Effect] = []
    passage = _crossed_late(passage, body, item, now, ctx, effects)
    return passage, effects


def _crossed_late(
    state: Passage, crossed: Crossed, item: Item, now: int, ctx: Context, effects: list[Effect]
) -> Passage:
    state = _stay_over(state, crossed.why["at"])
    gate = ctx.gates.get(crossed.gate)
    reason: dict[str, Any] = {"rule": UNREAD, "item": item.id, "how": crossed.how}
    if gate is None or near_side(item.id, ctx) == crossed.to:
        reason["because"] = "the record has it on that side" if gate else "no such gate any more"
        effects.append(Clear(UNREAD, crossed.tag, reason))
        return state
    why = {**crossed.why, "decided_late": now}
    if crossed.passed_over:
        why["passed_over"] = crossed.passed_over
    verdict = Verdict(crossed.to, crossed.how)
    judged = judge_crossed(gate, item, verdict, why, ctx)
    if not (crossed.back and judged.asks):
        state = followed(state, judged, verdict, gate.id, crossed.why["at"], item, effects)
    kinds = [getattr(effect, "kind", None) or getattr(effect, "code", "") for effect in effects]
    effects.append(Clear(UNREAD, crossed.tag, reason | {"decided": kinds}))
    return state


def _resumed(state: Passage, told: Resumed, item: Item, now: int, ctx: Context) -> Passage | None:
    """Go on with a stay that is not over, and know what was heard already."""
    state = msgspec.structs.replace(_stay_over(state, told.last.at), behind=told.last)
    track = told.inside if near_side(item.id, ctx) == "inner" else told.outside
    gate = ctx.gates.get(told.gate)
    if track is not None and gate is not None:
        wait = STAYING if track.present else manner_of(gate).age_out
        return msgspec.structs.replace(
            state, gate=gate.id, last=told.last, track=track, visits=told.visits, due=now + wait
        )
    if state.track is not None:
        return state
    doubt = state.doubt
    if doubt is None or doubt.gate not in ctx.gates:
        return remembered(state, now)
    return doubting(state, doubt, now, patience(ctx.gates[doubt.gate]))


def _stay_over(state: Passage, at: int) -> Passage:
    """Return the state without a stay of before this time (Unix ms): what came after it is known."""
    if state.last is None or state.last.at > at:
        return state
    return msgspec.structs.replace(state, gate="", last=None, track=None)
