"""exit.no_leave: an item is carried out through a gate, and nobody allowed it.

Where the reads do not tell, exit.unclear asks for a look; see docs/gate.md.
"""

from typing import cast

import msgspec

from ..contract import Sensed, Tag
from ..custody.section import GateSection
from ..room.context import Context, sensed_at
from ..room.effects import NONE, Effect, Effects, Start, Tell, Tick
from ..room.model import Item
from ..room.registry import rule
from .direction import STAYING, Report, Side, Verdict, conclude, follow, leave, too_late
from .gate_judging import CODE, judge, manner_of, message_of, near_side, question, unmoved
from .gate_late import decided_late, handed_over, report_handed_over
from .gate_passage import LOOK_AGAIN, Passage, clear, followed, patience, remembered
from .gate_unread import CODE as UNREAD
from .gate_unread import HELD, LATE, Again, Handed, Held, Reading, side_of

_STRANGE = "?"  # the key of tags that are no item's; it never has a state


def _item_read(ctx: Context, event: Sensed) -> str | None:
    body = cast(Tag, event.body)
    item = ctx.item_by_tag(body.id)
    if item is not None:
        return item.id
    return _STRANGE if (event.node, body.reader) in ctx.gate_at else None


@rule(CODE, state=Passage, on=("event/tag", f"tell:{LATE}"), key=_item_read)
def exit_no_leave(
    state: Passage | None, event: Sensed | Tell | Start | Tick, now: int, ctx: Context
) -> tuple[Passage | None, Effects]:
    """Follow an item between the antennas; judge it once it has crossed.

    Out without leave is an alarm, out with leave a silent entry, in again a return that is pending.
    While the record cannot be read nothing is judged: it is handed over (see `gate_held`).
    """
    if isinstance(event, Start):
        return state, NONE
    if isinstance(event, Sensed):
        return _reported(state, event, now, ctx)
    decided: tuple[Passage | None, Effects] = state, NONE
    if isinstance(event, Tick):
        if state is None:
            return None, NONE
        with Reading(ctx) as reading:
            decided = _later(state, event.key, now, ctx)
        return handed_over(state, now) if reading.failed else decided
    return decided_late(state, event, now, ctx)


def _reported(
    state: Passage | None, event: Sensed, now: int, ctx: Context
) -> tuple[Passage | None, Effects]:
    """Take a report of any reader."""
    body = cast(Tag, event.body)
    gate = ctx.gates.get(ctx.gate_at.get((event.node, body.reader), ""))
    if gate is None:
        item = ctx.item_by_tag(body.id)
        return (state, NONE) if item is None else _answered(state, item.id, event)
    side = side_of(gate, body)
    if side is None:
        return state, NONE
    decided: tuple[Passage | None, Effects] = state, NONE
    held: Held | None = ctx.state_of(UNREAD, body.id)
    if held is None or held.again:
        with Reading(ctx) as reading:
            decided = _at_gate(state, body, side, event, now, gate, ctx)
        if reading.failed:
            return report_handed_over(state, gate.id, event, now)
        if held is None:
            return decided
        return decided[0], [*decided[1], Tell(HELD, body.id, Again(message_of(event)))]
    return state, [Tell(HELD, body.id, Handed(gate.id, event))]


def _at_gate(
    state: Passage | None,
    body: Tag,
    side: Side,
    event: Sensed,
    now: int,
    gate: GateSection,
    ctx: Context,
) -> tuple[Passage | None, Effects]:
    """Follow an item on a report of its gate."""
    item = ctx.item_by_tag(body.id)
    if item is None:
        if body.act == "seen" and not ctx.is_known(body.id):
            ctx.count("gate.unknown_tag")
        return state, NONE
    if state is not None and state.behind is not None and state.behind.covers(event):
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
            return state if state.track or state.doubt or state.behind else None
        track, verdict = leave(track, side, manner, near)
    else:
        report = Report(side, event.mono, body.n, body.rssi, body.span)
        track, verdict = follow(track, report, manner, near, state.visits)
        if doubt is not None and side == "inner":
            effects += clear(doubt, item.id, {"heard_at": sensed_at(event), "gate": gate.id})
            doubt = None
    passage = msgspec.structs.replace(
        state, gate=gate.id, last=message_of(event), track=track, doubt=doubt
    )
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
    judged = judge(ctx.gates[state.gate], item, verdict, state.track, state.last, ctx)
    return followed(state, judged, verdict, state.gate, state.last.at, item, effects)


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
        return remembered(state, now), effects
    wait = LOOK_AGAIN if state.doubt.asked else patience(ctx.gates[state.doubt.gate])
    return msgspec.structs.replace(state, due=now + wait), effects


def _asked(state: Passage, item: Item, now: int, ctx: Context) -> tuple[Passage | None, Effects]:
    """Ask for an item that was last heard at a gate, until it is found to be elsewhere."""
    doubt = state.doubt
    if doubt is None or doubt.gate not in ctx.gates:
        return None, NONE
    if not unmoved(item.id, doubt.at, ctx):
        return None, clear(doubt, item.id, {"moved": ctx.where(item.id).place})
    effects: list[Effect] = []
    if not doubt.asked:
        effects.append(question(ctx.gates[doubt.gate], item, doubt.why, 0, ctx))
        doubt = msgspec.structs.replace(doubt, asked=True)
    return msgspec.structs.replace(state, doubt=doubt, due=now + LOOK_AGAIN), effects


def _answered(state: Passage | None, item: str, event: Sensed) -> tuple[Passage | None, Effects]:
    """Take note that a reader inside the room has the item: whatever was in doubt is not any more."""
    if state is None or state.doubt is None or cast(Tag, event.body).act == "gone":
        return state, NONE
    if sensed_at(event) < state.doubt.at:
        return state, NONE  # an old report that was waiting on a node
    effects = clear(state.doubt, item, {"heard_at": sensed_at(event), "node": event.node})
    left = msgspec.structs.replace(state, doubt=None)
    return (None if left.track is None and left.behind is None else left), effects
