"""climate.view: readings, air and machines of every zone, for other software (state/climate)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ..contract import Climate, Sensed
from ..room.context import Context
from ..room.effects import NONE, Effects, Show, Start, Tick
from ..room.registry import RuleState, rule
from .air import RULE as AIR
from .air import Sensors
from .control.moist import dew_point
from .regulate import RULE as CONTROL
from .regulate import Held
from .setup import setup_of
from .validity import fused


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reading that is shown: °C, %RH, when it was received (Unix ms)."""

    t: float
    rh: float
    at: int
    stale: bool = False


class View(RuleState, frozen=True):
    """What is shown, by `node/sensor`."""

    sensors: dict[str, Reading] = msgspec.field(default_factory=dict)


_THE_ONE = "room"


def _zoned(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    return _THE_ONE if (event.node, body.sensor) in ctx.zone_of else None


def _always(_: Context) -> Iterable[str]:
    return (_THE_ONE,)


@rule("climate.view", state=View, on=("telemetry/climate",), key=_zoned, keys=_always)
def climate_view(
    state: View | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[View | None, Effects]:
    """Show a sensor's reading at most every `climate.view_s`, and say when it has become stale."""
    old = state.sensors if state is not None else {}
    stale = ctx.stale
    if isinstance(event, Sensed):
        body = event.body
        if not isinstance(body, Climate):
            return state, NONE
        name = f"{event.node}/{body.sensor}"
        last = old.get(name)
        if last is not None and now - last.at < ctx.view_every and not last.stale:
            return state, NONE
        if event.ts is not None and now - event.ts > stale:
            return state, NONE
        sensors = {**old, name: Reading(body.t, body.rh, now)}
    else:
        known = {f"{node}/{device}" for node, device in ctx.zone_of}
        sensors = {
            name: Reading(r.t, r.rh, r.at, r.stale or now - r.at >= stale)
            for name, r in old.items()
            if name in known
        }
    fresh = [r.at for r in sensors.values() if not r.stale]
    due = min(fresh) + stale if fresh else None
    return View(sensors=sensors, due=due), [Show("climate", _shown(sensors, now, ctx))]


def _shown(sensors: dict[str, Reading], now: int, ctx: Context) -> dict[str, Any]:
    zones = {
        zone: {
            "name": z.section.name,
            "sensors": {
                s: msgspec.to_builtins(sensors[s]) for s in z.section.sensors if s in sensors
            },
            "limits": {
                "t": [z.temperature.low, z.temperature.high],
                "rh": [z.humidity.low, z.humidity.high],
                "source": z.temperature.source,
            },
            **_believed(zone, now, ctx),
        }
        for zone, z in ctx.zones.items()
    }
    return {"at": now, "zones": zones}


def _believed(zone: str, now: int, ctx: Context) -> dict[str, Any]:
    """Return what the zone goes by, which sensors it does not believe, and its machines."""
    shown: dict[str, Any] = {}
    found: Sensors | None = ctx.state_of(AIR, zone)
    if found is not None:
        together = fused(found.tracks, now, setup_of(ctx).trust)
        if together is not None:
            shown["air"] = {
                "t": round(together.t, 2),
                "rh": round(together.rh, 1),
                "dew_point": round(dew_point(together.t, together.rh), 1),
                "sensors": list(together.sensors),
            }
        if found.faults:
            shown["not_believed"] = found.faults
    held: Held | None = ctx.state_of(CONTROL, zone)
    machines = setup_of(ctx).machines_of(zone)
    if machines:
        runs = {} if held is None else held.control.runs
        shown["machines"] = {
            m.name: {"kind": m.kind, "on": runs[m.name].on, "for": runs[m.name].aim}
            for m in machines
            if m.name in runs
        }
    return shown
