"""exit.no_leave at a gate whose direction comes from two light beams or contacts."""

from typing import Any, cast

import msgspec

from ..contract import Contact, Input, Sensed, Tag
from ..custody.section import GateSection
from ..room.context import Context, evidence, sensed_at, when
from ..room.effects import NONE, Clear, Effect, Effects, Start, Tell, Tick, Unkept
from ..room.registry import RuleState, rule
from .beams import Beams, Passed, Present, beam, carried, forget, gone, read
from .direction import STAYING, How, Report, Side, Verdict
from .gate_judging import (
    CODE,
    UNCLEAR,
    Judged,
    judge_crossed,
    manner_of,
    near_side,
    settings_of,
    unmoved,
)
from .gate_unread import HELD, Crossed, Reading, is_held

_LOOK_AGAIN = 600_000


class Watched(RuleState, frozen=True):
    """A gate with beams during one boot of its node; which items were asked for, since when (Unix ms);
    up to which message of this boot it took what could not be kept and comes again.
    """

    boot: int
    beams: Beams
    asked: dict[str, int] = msgspec.field(default_factory=dict)
    behind: int = 0


def _gate(ctx: Context, event: Sensed | Unkept) -> str | None:
    if isinstance(event, Unkept):
        event = event.event
    body = event.body
    if isinstance(body, Tag):
        at = ctx.gate_at.get((event.node, body.reader))
        return at if at is not None and ctx.gates[at].direction == "beams" else None
    if not isinstance(body, Contact | Input):
        return None
    name = body.input
    for gate in ctx.gates.values():
        ours = gate.direction == "beams" and gate.node == event.node
        if ours and name in (gate.inner, gate.outer):
            return gate.id
    return None


@rule(
    f"{CODE}.beams",
    state=Watched,
    on=("event/tag", "event/input", "event/contact", "unkept"),
    key=_gate,
)
def exit_by_beams(
    state: Watched | None, event: Sensed | Unkept | Start | Tick, now: int, ctx: Context
) -> tuple[Watched | None, Effects]:
    """Put tags and beams together; judge the tags that went through with somebody."""
    if isinstance(event, Start):
        return state, NONE
    effects: list[Effect] = []
    asked = {} if state is None else _still_asked(state.asked, ctx, effects)
    if isinstance(event, Tick):
        if state is None or not (asked or state.behind):
            return None, effects
        left = Watched(boot=state.boot, beams=Beams(), asked=asked, due=now + _LOOK_AGAIN)
        return left, effects
    unkept = isinstance(event, Unkept)
    told = event.event if isinstance(event, Unkept) else event
    if state is not None and state.boot == told.boot and told.seq <= state.behind:
        return state, NONE
    gate = ctx.gates[cast(str, _gate(ctx, told))]
    same = state is not None and state.boot == told.boot
    beams = state.beams if state is not None and same else Beams()
    beams = forget(beams, told.mono - 2 * STAYING)
    body = told.body
    if not isinstance(body, Tag):
        beams, judged = _broken(beams, gate, body, told)
    elif body.rssi is not None and body.rssi < gate.rssi_floor:
        return state, NONE
    else:
        beams, judged = _read(beams, gate, body, told)
    for went in judged:
        _decided(gate, went, told, asked, ctx, effects, later=unkept)
    behind = state.behind if state is not None and same else 0
    if unkept:
        behind = told.seq
    new = Watched(boot=told.boot, beams=beams, asked=asked, behind=behind, due=now + STAYING)
    return new, effects


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


def _decided(
    gate: GateSection,
    went: "_Went",
    event: Sensed,
    asked: dict[str, int],
    ctx: Context,
    effects: list[Effect],
    *,
    later: bool,
) -> None:
    """Judge a tag that went through; hand over what cannot be judged now."""
    tag, there, passed, how = went
    why = _reasons(gate, there, passed, how, event)
    crossed = Tell(HELD, tag, Crossed(gate.id, passed.to, how, tag, dict(why)))
    if later or is_held(tag, ctx):
        effects.append(crossed)
        return
    found = Judged()
    with Reading(ctx) as reading:
        item = ctx.item_by_tag(tag)
        if item is not None and near_side(item.id, ctx) != passed.to:
            found = judge_crossed(gate, item, Verdict(passed.to, how), why, ctx)
    if reading.failed:
        effects.append(crossed)
        return
    if item is None:
        return
    if found.asks:
        asked[item.id] = sensed_at(event)
    elif found.settled and asked.pop(item.id, None) is not None:
        effects.append(Clear(UNCLEAR, item.id, {"settled": how}))
    effects += found.effects


def _still_asked(asked: dict[str, int], ctx: Context, effects: list[Effect]) -> dict[str, int]:
    """Return what is still asked for; what is recorded elsewhere by now is not."""
    left: dict[str, int] = {}
    with Reading(ctx) as reading:
        left = {item: at for item, at in asked.items() if unmoved(item, at, ctx)}
    if reading.failed:
        return dict(asked)
    effects += [
        Clear(UNCLEAR, item, {"moved": ctx.where(item).place})
        for item in asked.keys() - left.keys()
    ]
    return left


def _reasons(
    gate: GateSection, there: Present, passed: Passed, how: How, event: Sensed
) -> dict[str, Any]:
    """Return the evidence of a passage: reads, order, beams, settings, the deciding message."""
    return {
        "rule": CODE,
        "how": how,
        "reads": [{"mono": r.mono, "n": r.n, "rssi": r.rssi} for r in there.reports],
        "order": ["outer", "inner"] if passed.to == "inner" else ["inner", "outer"],
        "beams": {"began": passed.began, "ended": passed.ended},
        "decided_by": evidence(event),
        **when(event),
        "settings": settings_of(gate),
    }
