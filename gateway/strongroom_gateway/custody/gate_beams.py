"""exit.no_leave at a gate whose direction comes from two light beams or contacts."""

from typing import Any, cast

import msgspec

from ..contract import Contact, Input, Sensed, Tag
from ..custody.section import GateSection
from ..room.context import Context, evidence, sensed_at, when
from ..room.effects import NONE, Clear, Effect, Effects, Record, Start, Tick
from ..room.model import RETURNING, Item
from ..room.registry import RuleState, rule
from .beams import Beams, Passed, Present, beam, carried, forget, gone, read
from .direction import STAYING, How, Report, Side
from .gate_judging import (
    CODE,
    UNCLEAR,
    Judged,
    judge_outward,
    manner_of,
    near_side,
    settings_of,
    unmoved,
)

_LOOK_AGAIN = 600_000


class Watched(RuleState, frozen=True):
    """A gate with beams during one boot of its node; which items were asked for, since when (Unix ms)."""

    boot: int
    beams: Beams
    asked: dict[str, int] = msgspec.field(default_factory=dict)


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
    if isinstance(event, Start):
        return state, NONE
    effects: list[Effect] = []
    asked = {} if state is None else _still_asked(state.asked, ctx, effects)
    if isinstance(event, Tick):
        if state is None or not asked:
            return None, effects
        return Watched(boot=state.boot, beams=Beams(), asked=asked, due=now + _LOOK_AGAIN), effects
    gate = ctx.gates[cast(str, _gate(ctx, event))]
    beams = state.beams if state is not None and state.boot == event.boot else Beams()
    beams = forget(beams, event.mono - 2 * STAYING)
    body = event.body
    if not isinstance(body, Tag):
        beams, judged = _broken(beams, gate, body, event)
    elif body.rssi is not None and body.rssi < gate.rssi_floor:
        return state, NONE
    else:
        beams, judged = _read(beams, gate, body, event)
    for tag, there, passed, how in judged:
        item = ctx.item_by_tag(tag)
        if item is None or near_side(item.id, ctx) == passed.to:
            continue
        found = _judge(gate, item, there, passed, how, event, ctx)
        if found.asks:
            asked[item.id] = sensed_at(event)
        elif found.settled and asked.pop(item.id, None) is not None:
            effects.append(Clear(UNCLEAR, item.id, {"settled": how}))
        effects += found.effects
    return Watched(boot=event.boot, beams=beams, asked=asked, due=now + STAYING), effects


_Went = tuple[str, Present, Passed, How]


def _broken(beams: Beams, gate: GateSection, body: Any, event: Sensed) -> tuple[Beams, list[_Went]]:
    """Take a beam that was broken or is clear again; return which tags it took along."""
    side: Side = "inner" if body.input == gate.inner else "outer"
    broken = body.open if isinstance(body, Contact) else cast(Input, body).on
    before, manner = beams.passed, manner_of(gate)
    beams = beam(beams, side, event.mono, manner, broken=broken)
    passed = beams.passed
    if passed is None or passed is before:
        return beams, []
    beams, went = carried(beams, manner)
    judged: list[_Went] = [(tag, beams.tags[tag], passed, "crossed") for tag in went.sure]
    return beams, judged + [(tag, beams.tags[tag], passed, "unclear") for tag in went.maybe]


def _read(beams: Beams, gate: GateSection, body: Tag, event: Sensed) -> tuple[Beams, list[_Went]]:
    """Take a report on a tag; return it with the passage it belongs to."""
    sure = True
    if body.act == "gone":
        beams, passed, sure = gone(beams, body.id, manner_of(gate))
    else:
        report = Report("inner", event.mono, body.n, body.rssi, body.span)
        beams, passed = read(beams, body.id, report, manner_of(gate))
    there = beams.tags.get(body.id)
    if passed is None or there is None:
        return beams, []
    return beams, [(body.id, there, passed, "crossed" if sure else "unclear")]


def _still_asked(asked: dict[str, int], ctx: Context, effects: list[Effect]) -> dict[str, int]:
    """Return what is still asked for; what is recorded elsewhere by now is not."""
    left = {item: at for item, at in asked.items() if unmoved(item, at, ctx)}
    effects += [
        Clear(UNCLEAR, item, {"moved": ctx.where(item).place})
        for item in asked.keys() - left.keys()
    ]
    return left


def _judge(
    gate: GateSection,
    item: Item,
    there: Present,
    passed: Passed,
    how: How,
    event: Sensed,
    ctx: Context,
) -> Judged:
    why: dict[str, Any] = {
        "rule": CODE,
        "how": how,
        "reads": [{"mono": r.mono, "n": r.n, "rssi": r.rssi} for r in there.reports],
        "order": ["outer", "inner"] if passed.to == "inner" else ["inner", "outer"],
        "beams": {"began": passed.began, "ended": passed.ended},
        "decided_by": evidence(event),
        **when(event),
        "settings": settings_of(gate),
    }
    if passed.to == "outer":
        return judge_outward(gate, item, how, why, ctx)
    if how != "crossed":
        return Judged()
    holder = ctx.where(item.id).holder
    body = {"item": item.id, "gate": gate.id, "holder": holder, "place": RETURNING, "why": why}
    return Judged([Record("movement.return_pending", body)], settled=True)
