"""exit.no_leave: an item is carried out through a gate, and nobody allowed it."""

from typing import Any, cast

from ..contract import Sensed, Tag
from ..room.context import Context, evidence, when
from ..room.effects import NONE, Effect, Effects, Raise, Record, Start, Tick
from ..room.model import Item
from ..room.registry import RuleState, rule
from ..sections import GateSection
from .direction import STAYING, Manner, Report, Side, Track, follow
from .places import OUTSIDE, RETURNING, WITH_HOLDER, find_leave

CODE = "exit.no_leave"


class Passage(RuleState, frozen=True):
    """A known tag in a gate during one boot of the node."""

    boot: int
    track: Track


def _tag_in_gate(ctx: Context, event: Sensed) -> str | None:
    body = cast(Tag, event.body)
    gate = ctx.gate_at.get((event.node, body.reader))
    return None if gate is None else f"{gate}:{body.id}"


@rule(CODE, state=Passage, on=("event/tag",), key=_tag_in_gate)
def exit_no_leave(
    state: Passage | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Passage | None, Effects]:
    """Follow a tag between the antennas; judge it once it has crossed.

    Out without leave is an alarm, out with leave a silent entry, in again a return that is pending.
    """
    if not isinstance(event, Sensed):
        return (None if isinstance(event, Tick) else state), NONE
    body = cast(Tag, event.body)
    gate = ctx.gates[ctx.gate_at[event.node, body.reader]]
    item = ctx.item_by_tag(body.id)
    if item is None:
        if body.act == "seen" and not ctx.is_known(body.id):
            ctx.count("gate.unknown_tag")
        return state, NONE
    side: Side | None = {gate.inner: "inner", gate.outer: "outer"}.get(body.ant or "")  # type: ignore[assignment]  # the values are the two words
    weak = body.rssi is not None and body.rssi < gate.rssi_floor
    if side is None or weak:
        return state, NONE
    window = int(gate.window_s * 1000)
    track = state.track if state is not None and state.boot == event.boot else None
    report = Report(side, event.mono, body.n, body.rssi)
    manner = Manner(gate.min_reads, window, gate.margin_db)
    track, crossed = follow(track, side, report, manner, gone=body.act == "gone")
    due = now + (STAYING if track.present else window)
    passage = Passage(boot=event.boot, track=track, due=due)
    if not crossed:
        return passage, NONE
    return passage, _judge(gate, item, event, track, ctx)


def _judge(
    gate: GateSection, item: Item, event: Sensed, track: Track, ctx: Context
) -> list[Effect]:
    why: dict[str, Any] = {
        "rule": CODE,
        "reads": [{"ant": r.ant, "mono": r.mono, "n": r.n, "rssi": r.rssi} for r in track.reports],
        "order": ["outer", "inner"] if track.side == "inner" else ["inner", "outer"],
        "decided_by": evidence(event),
        **when(event),
        "settings": {
            "min_reads": gate.min_reads,
            "rssi_floor": gate.rssi_floor,
            "margin_db": gate.margin_db,
            "window_s": gate.window_s,
            "source": f"gate.{gate.id}",
        },
    }
    before = ctx.where(item.id)
    body: dict[str, Any] = {"item": item.id, "gate": gate.id, "holder": before.holder, "why": why}
    if track.side == "inner":
        if before.place not in (OUTSIDE, WITH_HOLDER):
            ctx.count("gate.inward_of_item_inside")
            return []
        body["place"] = RETURNING
        return [Record("movement.return_pending", body)]
    leave = find_leave(item.id, ctx)
    why["leave"] = leave.looked_for
    body["holder"], body["place"] = leave.holder, OUTSIDE
    if leave.granted:
        return [Record("movement.exit", body)]
    last = before.last_holder
    why["last_holder"] = last
    body["last_holder"] = last
    params = {
        "item": item.name,
        "item_id": item.id,
        "gate": gate.name,
        "last_holder": ctx.person_name(last),
    }
    return [Raise(CODE, item.id, why, params), Record("movement.exit_without_leave", body)]
