"""gate.blind: no reads can be expected from a gate. Its reader is in trouble, or its node is silent.

A gate that hears nothing looks like a gate that nobody passes. So this is an alarm of its own, for
whoever guards the door, beside those for whoever mends the device.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from ..nodes.description import Description
from ..nodes.sensor_lost import Devices
from ..nodes.silent import Heard
from ..nodes.trouble import TROUBLE
from ..room.context import Context
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Start, Tell, Tick
from ..room.registry import RuleState, rule
from .section import GateSection

CODE: Final = "gate.blind"
_CONFIRM_MS: Final = 2_000
"""A reader that is started afresh says so as a fault that is over at once."""
_READERS: Final = ("uhf", "hf")


class Blind(RuleState, frozen=True):
    """Which gates of a node are said to be blind, and why: gate -> the reasons."""

    told: dict[str, list[str]] = msgspec.field(default_factory=dict)


def _nobodys(_: Context, __: object) -> None:
    return None


def _nodes(ctx: Context) -> Iterable[str]:
    return {gate.node for gate in ctx.gates.values()}


@rule(CODE, state=Blind, on=(f"tell:{TROUBLE}",), key=_nobodys, keys=_nodes)
def gate_blind(
    state: Blind | None, event: Tell | Start | Tick, now: int, ctx: Context
) -> tuple[Blind | None, Effects]:
    """Raise for each gate of a node that cannot hear; clear when it hears again."""
    gates = [gate for gate in ctx.gates.values() if gate.node == event.key]
    told = {} if state is None else state.told
    if not gates:
        return None, [Clear(CODE, gate, {"rule": CODE, "because": "no gate"}) for gate in told]
    if isinstance(event, Start):
        # Who has not been heard since the start may still come.
        return Blind(told=told, due=now + int(ctx.config.nodes.start_grace_s * 1000)), NONE
    effects: list[Effect] = []
    left: dict[str, list[str]] = {}
    waits = None if state is None else state.due
    if isinstance(event, Tick):
        waits = None
    for gate in gates:
        reasons = dict(_reasons(gate, ctx))
        if not reasons:
            if gate.id in told:
                effects.append(Clear(CODE, gate.id, {"rule": CODE, "because": "it hears again"}))
        elif sorted(reasons) == told.get(gate.id):
            left[gate.id] = told[gate.id]
        elif isinstance(event, Tick) or "silent" in reasons:
            left[gate.id] = sorted(reasons)
            if gate.id not in told:
                effects.append(_alarm(gate, reasons, ctx))
        else:
            waits = min(waits or now + _CONFIRM_MS, now + _CONFIRM_MS)
            if gate.id in told:
                left[gate.id] = told[gate.id]
    if not left and waits is None:
        return None, effects
    return Blind(told=left, due=waits), effects


def _reasons(gate: GateSection, ctx: Context) -> Iterator[tuple[str, str]]:
    """Yield why a gate cannot hear: a word or a device, and how it is said."""
    heard: Heard | None = ctx.state_of("node.silent", gate.node)
    if heard is None or heard.silent or heard.heard is None:
        yield "silent", ctx.say("gate.blind.silent", {"node": gate.node})
        return
    found: Devices | None = ctx.state_of("sensor.lost", gate.node)
    if found is None:
        return
    for device in sorted(found.trouble.keys() & _devices(gate, ctx)):
        params = {"node": gate.node, "device": device, "cause": found.causes.get(device, "")}
        yield device, ctx.say("gate.blind.device", params)


def _devices(gate: GateSection, ctx: Context) -> set[str]:
    """Return the devices a gate hears by: as configured, or all readers of its node that are not
    those of a desk or a safe, and its beams.
    """
    if gate.devices:
        return set(gate.devices)
    others = {reader for node, reader in (*ctx.desk_at, *ctx.safe_reader_at) if node == gate.node}
    says: Description | None = ctx.state_of("node.description", gate.node)
    parts = () if says is None else says.capabilities
    readers = {one["id"] for one in parts if one["role"] in _READERS}
    return (readers - others) | {gate.reader, gate.inner, gate.outer}


def _alarm(gate: GateSection, reasons: dict[str, str], ctx: Context) -> Raise:
    heard: Heard | None = ctx.state_of("node.silent", gate.node)
    why: dict[str, Any] = {
        "rule": CODE,
        "node": gate.node,
        "reader": gate.reader,
        "devices": [one for one in sorted(reasons) if one != "silent"],
        "silent": "silent" in reasons,
        "last_heard": None if heard is None else heard.heard,
    }
    return Raise(CODE, gate.id, why, {"gate": gate.name, "because": "; ".join(reasons.values())})
