"""sensor.lost: a device that its node no longer gets answers from."""

from typing import Any

import msgspec

from ..contract import Booted, DriverFault, DriverOk, Sensed, SensorBack, SensorLost
from ..room.context import Context, evidence
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule
from .trouble import told

CODE = "sensor.lost"
_LOST, _FAULT = "lost", "fault"


class Devices(RuleState, frozen=True):
    """The devices of a node that are in trouble, each with the reports that still stand, and what
    the node said of it.
    """

    trouble: dict[str, list[str]] = msgspec.field(default_factory=dict)
    causes: dict[str, str] = msgspec.field(default_factory=dict)


def _node(_: Context, event: Sensed) -> str:
    return event.node


@rule("sensor.lost", state=Devices, on=("event/node",), key=_node)
def sensor_lost(
    state: Devices | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Devices | None, Effects]:
    """Raise on sensor.lost and driver.fault, clear when every report is taken back or the node
    restarts.
    """
    if not isinstance(event, Sensed):
        return state, NONE
    body: Any = event.body
    trouble = state.trouble if state is not None else {}
    if isinstance(body, SensorLost | DriverFault):
        return _reported(state, trouble, event, body)
    if isinstance(body, SensorBack | DriverOk):
        return _taken_back(state, trouble, event, body)
    if isinstance(body, Booted) and trouble:
        # A node that starts again reports anew what is still wrong.
        return None, [*(_clear(event, device) for device in sorted(trouble)), told(event.node)]
    return state, NONE


def _reported(
    state: Devices | None,
    trouble: dict[str, list[str]],
    event: Sensed,
    body: SensorLost | DriverFault,
) -> tuple[Devices | None, Effects]:
    word = _LOST if isinstance(body, SensorLost) else _FAULT
    reports = trouble.get(body.device, [])
    if word in reports:
        return state, NONE
    new = {**trouble, body.device: sorted([*reports, word])}
    cause = body.why if isinstance(body, DriverFault) else ""
    why = {"rule": CODE, "reads": [evidence(event)], "report": body.what, "cause": cause}
    params = {"node": event.node, "device": body.device, "cause": cause}
    causes = {} if state is None else state.causes
    if cause:
        causes = {**causes, body.device: cause}
    alarm = Raise(CODE, f"{event.node}.{body.device}", why, params)
    return Devices(trouble=new, causes=causes), [alarm, told(event.node)]


def _taken_back(
    state: Devices | None,
    trouble: dict[str, list[str]],
    event: Sensed,
    body: SensorBack | DriverOk,
) -> tuple[Devices | None, Effects]:
    word = _LOST if isinstance(body, SensorBack) else _FAULT
    was = trouble.get(body.device, [])
    reports = [r for r in was if r != word]
    if reports == was:
        return state, NONE
    rest = {d: r for d, r in trouble.items() if d != body.device}
    causes = {} if state is None else state.causes
    if reports:
        return Devices(trouble={**rest, body.device: reports}, causes=causes), NONE
    causes = {d: c for d, c in causes.items() if d != body.device}
    left = Devices(trouble=rest, causes=causes) if rest else None
    return left, [_clear(event, body.device), told(event.node)]


def _clear(event: Sensed, device: str) -> Effect:
    why = {"rule": CODE, "reads": [evidence(event)], "report": event.body.what}  # type: ignore[attr-defined]  # only node events get here
    return Clear(CODE, f"{event.node}.{device}", why)
