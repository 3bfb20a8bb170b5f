"""exit.no_leave at a gate whose direction comes from two light beams or contacts."""

from typing import Any, cast

import msgspec

from ..contract import Contact, Input, Sensed, Tag
from ..room.context import Context, evidence, when
from ..room.effects import NONE, Effect, Effects, Record, Start, Tick
from ..room.model import RETURNING, Item
from ..room.registry import RuleState, rule
from ..sections import GateSection
from .beams import Beams, Passed, Present, beam, carried, forget, gone, read
from .direction import STAYING, Report, Side
from .gate_judging import CODE, judge_outward, manner_of, near_side, settings_of


class Watched(RuleState, frozen=True):
    """A gate with beams during one boot of its node."""

    boot: int
    beams: Beams


def _gate(ctx: Context, event: Sensed) -> str | None:
    body = event.body
    if isinstance(body, Tag):
        at = ctx.gate_at.get((event.node, body.reader))
        return at if at is not None and ctx.gates[at].direction == "beams" else None
    name = cast("Contact | Input", body).input
    for gate in ctx.gates.values():
        ours = gate.direction == "beams" and gate.node == event.node
        if ours and name in (gate.inner, gate.outer):
            return gate.id
    return None


@rule(f"{CODE}.beams", state=Watched, on=("event/tag", "event/input", "event/contact"), key=_gate)
def exit_by_beams(
    state: Watched | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Watched | None, Effects]:
    """Put tags and beams together; judge the tags that went through with somebody."""
    if not isinstance(event, Sensed):
        return (None if isinstance(event, Tick) else state), NONE
    gate = ctx.gates[cast(str, _gate(ctx, event))]
    manner = manner_of(gate)
    beams = state.beams if state is not None and state.boot == event.boot else Beams()
    beams = forget(beams, event.mono - 2 * STAYING)
    effects: list[Effect] = []
    body = event.body
    if isinstance(body, Tag):
        if body.rssi is not None and body.rssi < gate.rssi_floor:
            return state, NONE
        was = beams
        if body.act == "gone":
            beams, passed = gone(beams, body.id, manner)
        else:
            report = Report("inner", event.mono, body.n, body.rssi, body.span)
            beams, passed = read(beams, body.id, report, manner)
        there = beams.tags.get(body.id) or was.tags.get(body.id)
        if passed is not None and there is not None:
            effects += _judge(gate, body.id, there, passed, event, ctx)
    else:
        side: Side = "inner" if cast("Contact | Input", body).input == gate.inner else "outer"
        broken = body.open if isinstance(body, Contact) else cast(Input, body).on
        before = beams.passed
        beams = beam(beams, side, event.mono, manner, broken=broken)
        ended = beams.passed
        if ended is not None and ended is not before:
            beams, tags = carried(beams, manner)
            for tag in tags:
                effects += _judge(gate, tag, beams.tags[tag], ended, event, ctx)
    return Watched(boot=event.boot, beams=beams, due=now + STAYING), effects


def _judge(
    gate: GateSection, tag: str, there: Present, passed: Passed, event: Sensed, ctx: Context
) -> list[Effect]:
    item: Item | None = ctx.item_by_tag(tag)
    if item is None or near_side(item.id, ctx) == passed.to:
        return []
    why: dict[str, Any] = {
        "rule": CODE,
        "how": "crossed",
        "reads": [{"mono": r.mono, "n": r.n, "rssi": r.rssi} for r in there.reports],
        "order": ["outer", "inner"] if passed.to == "inner" else ["inner", "outer"],
        "beams": msgspec.to_builtins({"began": passed.began, "ended": passed.ended}),
        "decided_by": evidence(event),
        **when(event),
        "settings": settings_of(gate),
    }
    if passed.to == "outer":
        return judge_outward(gate, item, "crossed", why, ctx).effects
    holder = ctx.where(item.id).holder
    body = {"item": item.id, "gate": gate.id, "holder": holder, "place": RETURNING, "why": why}
    return [Record("movement.return_pending", body)]
