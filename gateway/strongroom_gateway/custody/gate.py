"""exit.no_leave: an item is carried out through a gate, and nobody allowed it.

Where the reads do not tell, exit.unclear asks for a look; see docs/gate.md.
"""

from typing import Any, cast

import msgspec

from ..contract import Sensed, Tag
from ..custody.section import GateSection
from ..room.context import Context, sensed_at
from ..room.effects import NONE, Clear, Effect, Effects, Start, Tick
from ..room.model import Item
from ..room.registry import RuleState, rule
from .direction import STAYING, Report, Side, Track, Verdict, conclude, follow, leave, too_late
from .gate_judging import CODE, UNCLEAR, Message, judge, manner_of, near_side, question, unmoved

_LOOK_AGAIN = 600_000
_REMEMBER = 3_600_000  # how often a tag was there is of use for so long
_STRANGE = "?"  # the key of tags that are no item's; it never has a state


class Doubt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The item was last heard here and may be outside: since when (Unix ms), whether it was asked."""

    gate: str
    at: int
    asked: bool = False
    why: dict[str, Any] = {}


class Passage(RuleState, frozen=True):
    """An item in a gate during one boot of the node, and what was left open when it was there last."""

    gate: str = ""
    last: Message | None = None
    track: Track | None = None
    doubt: Doubt | None = None
    visits: int = 0


def _item_read(ctx: Context, event: Sensed) -> str | None:
    body = cast(Tag, event.body)
    item = ctx.item_by_tag(body.id)
    if item is not None:
        return item.id
    return _STRANGE if (event.node, body.reader) in ctx.gate_at else None


@rule(CODE, state=Passage, on=("event/tag",), key=_item_read)
def exit_no_leave(
    state: Passage | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Passage | None, Effects]:
    """Follow an item between the antennas; judge it once it has crossed.

    Out without leave is an alarm, out with leave a silent entry, in again a return that is pending.
    """
    if isinstance(event, Start):
        return state, NONE
    if isinstance(event, Tick):
        return (None, NONE) if state is None else _later(state, event.key, now, ctx)
    body = cast(Tag, event.body)
    item = ctx.item_by_tag(body.id)
    if item is None:
        if body.act == "seen" and not ctx.is_known(body.id):
            ctx.count("gate.unknown_tag")
        return state, NONE
    gate = ctx.gates.get(ctx.gate_at.get((event.node, body.reader), ""))
    if gate is None:
        return _answered(state, item.id, event)
    side: Side | None = {gate.inner: "inner", gate.outer: "outer"}.get(body.ant or "")  # type: ignore[assignment]  # the values are the two words
    weak = body.rssi is not None and body.rssi < gate.rssi_floor
    if gate.direction != "antennas" or side is None or weak:
        return state, NONE
    effects: list[Effect] = []
    passage = _continued(state, event, gate, item, ctx, effects)
    return _hear(passage, body, side, event, now, gate, item, ctx, effects), effects


def _continued(
    state: Passage | None,
    event: Sensed,
    gate: GateSection,
    item: Item,
    ctx: Context,
    effects: list[Effect],
) -> Passage:
    """Return the state this report goes on from; another gate, boot or time ends a stay before it."""
    if state is None:
        return Passage()
    if state.track is None or state.last is None:
        return state
    same = (gate.id, event.node, event.boot) == (state.gate, state.last.node, state.last.boot)
    if same and not too_late(state.track, event.mono, manner_of(gate)):
        return state
    return _ended(state, item, ctx, effects)


def _hear(
    state: Passage,
    body: Tag,
    side: Side,
    event: Sensed,
    now: int,
    gate: GateSection,
    item: Item,
    ctx: Context,
    effects: list[Effect],
) -> Passage | None:
    manner, near = manner_of(gate), near_side(item.id, ctx)
    track, doubt = state.track, state.doubt
    if body.act == "gone":
        if track is None or not track.at(side).n:
            return state if state.track or state.doubt else None
        track, verdict = leave(track, side, manner, near)
    else:
        report = Report(side, event.mono, body.n, body.rssi, body.span)
        track, verdict = follow(track, report, manner, near, state.visits)
        if doubt is not None and side == "inner":
            effects += _clear(doubt, item.id, {"heard_at": sensed_at(event), "gate": gate.id})
            doubt = None
    last = Message(event.node, event.boot, event.seq, sensed_at(event), event.ts)
    passage = Passage(gate=gate.id, last=last, track=track, doubt=doubt, visits=state.visits)
    if verdict is not None:
        passage = _judged(passage, verdict, item, ctx, effects)
    due = now + (STAYING if track.present else manner.age_out)
    return msgspec.structs.replace(passage, due=due)


def _judged(
    state: Passage, verdict: Verdict, item: Item, ctx: Context, effects: list[Effect]
) -> Passage:
    """Return the state after a verdict on its track, whose consequences go into `effects`."""
    if state.track is None or state.last is None:
        return state
    gate = ctx.gates[state.gate]
    judged = judge(gate, item, verdict, state.track, state.last, ctx)
    effects += judged.effects
    doubt = state.doubt
    visits = 0 if judged.settled else state.visits
    if judged.settled and doubt is not None:
        effects += _clear(doubt, item.id, {"settled": verdict.how})
        doubt = None
    elif judged.asks:
        asked = verdict.how != "doubt" or (doubt is not None and doubt.asked)
        doubt = Doubt(gate.id, state.last.at, asked, dict(judged.why))
    return msgspec.structs.replace(state, doubt=doubt, visits=visits)


def _ended(state: Passage, item: Item, ctx: Context, effects: list[Effect]) -> Passage:
    """Return the state once its stay is over, and judge what that stay was."""
    if state.track is not None and state.gate in ctx.gates:
        gate = ctx.gates[state.gate]
        verdict = conclude(state.track, manner_of(gate), near_side(item.id, ctx))
        state = msgspec.structs.replace(state, visits=state.visits + 1)
        if verdict is not None:
            state = _judged(state, verdict, item, ctx, effects)
    return msgspec.structs.replace(state, track=None, last=None, gate="", due=None)


def _later(state: Passage, name: str, now: int, ctx: Context) -> tuple[Passage | None, Effects]:
    """End a stay of which nothing more was heard; ask after an item that was not heard of since."""
    item = ctx.item(name)
    if item is None:
        return None, NONE
    if state.track is None:
        return _asked(state, item, now, ctx)
    effects: list[Effect] = []
    state = _ended(state, item, ctx, effects)
    if state.doubt is None:
        kept = msgspec.structs.replace(state, due=now + _REMEMBER) if state.visits else None
        return kept, effects
    wait = _LOOK_AGAIN if state.doubt.asked else _patience(ctx.gates[state.doubt.gate])
    return msgspec.structs.replace(state, due=now + wait), effects


def _asked(state: Passage, item: Item, now: int, ctx: Context) -> tuple[Passage | None, Effects]:
    """Ask for an item that was last heard at a gate, until it is found to be elsewhere."""
    doubt = state.doubt
    if doubt is None or doubt.gate not in ctx.gates:
        return None, NONE
    if not unmoved(item.id, doubt.at, ctx):
        return None, _clear(doubt, item.id, {"moved": ctx.where(item.id).place})
    effects: list[Effect] = []
    if not doubt.asked:
        effects.append(question(ctx.gates[doubt.gate], item, doubt.why, 0, ctx))
        doubt = msgspec.structs.replace(doubt, asked=True)
    return msgspec.structs.replace(state, doubt=doubt, due=now + _LOOK_AGAIN), effects


def _patience(gate: GateSection) -> int:
    return int(gate.doubt_s * 1000)


def _answered(state: Passage | None, item: str, event: Sensed) -> tuple[Passage | None, Effects]:
    """Take note that a reader inside the room has the item: whatever was in doubt is not any more."""
    if state is None or state.doubt is None or cast(Tag, event.body).act == "gone":
        return state, NONE
    if sensed_at(event) < state.doubt.at:
        return state, NONE  # an old report that was waiting on a node
    effects = _clear(state.doubt, item, {"heard_at": sensed_at(event), "node": event.node})
    left = msgspec.structs.replace(state, doubt=None)
    return (None if left.track is None else left), effects


def _clear(doubt: Doubt, item: str, why: dict[str, Any]) -> list[Clear]:
    return [Clear(UNCLEAR, item, why)] if doubt.asked else []
