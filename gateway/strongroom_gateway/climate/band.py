"""climate.band: temperature and humidity of a zone against the limits of its kind of store."""

from typing import Any

import msgspec

from ..profiles import Band
from ..room.context import Context, Zone
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Start, Tell, Tick
from ..room.registry import RuleState, rule
from .believed import ZoneAir
from .watch import HIGH, LOW, Watch, step

RULE = "climate.band"
_CODES = {
    ("t", HIGH): "climate.temperature_high",
    ("t", LOW): "climate.temperature_low",
    ("rh", HIGH): "climate.humidity_high",
    ("rh", LOW): "climate.humidity_low",
}
_UNITS = {"t": "°C", "rh": "%RH"}


class Watches(RuleState, frozen=True):
    """The watches of a zone by `quantity:node/sensor`; values that are well inside have none."""

    watch: dict[str, Watch] = msgspec.field(default_factory=dict)


def _nobody(_: Context, __: Any) -> str | None:
    return None


@rule(RULE, state=Watches, on=("tell:air",), key=_nobody)
def climate_band(
    state: Watches | None, event: Tell | Start | Tick, now: int, ctx: Context
) -> tuple[Watches | None, Effects]:
    """Raise for a zone when the first of its sensors is outside for the delay, clear with the last.

    Any point of the zone outside is the zone outside. Only readings that are believed count; a
    sensor that falls silent leaves things as they are: its silence is an alarm of its own.
    """
    if isinstance(event, Start):
        return _restarted(state, event.key, ctx)
    zone = ctx.zones.get(event.key)
    if not isinstance(event, Tell) or zone is None:
        return state, NONE
    air: ZoneAir = event.body
    if air.sensor is None:
        return state, NONE
    t, rh = zone.temperature, zone.humidity
    if state is None and t.low <= air.t <= t.high and rh.low <= air.rh <= rh.high:
        return None, NONE
    watches = {} if state is None else state.watch
    effects: list[Effect] = []
    for quantity, value, band in (("t", air.t, t), ("rh", air.rh, rh)):
        name = f"{quantity}:{air.sensor}"
        old = watches.get(name)
        new = step(old, value, now, band, ctx.stale)
        if new is old:
            continue
        before = watches
        watches = {k: w for k, w in watches.items() if k != name}
        if new is not None:
            watches[name] = new
        reading = {"sensor": air.sensor, "value": value, "received": now}
        effects += _changes(name, reading, (before, watches), zone)
    if watches is (state.watch if state is not None else None):
        return state, NONE
    return (Watches(watch=watches) if watches else None), effects


def _changes(
    name: str,
    reading: dict[str, Any],
    watches: tuple[dict[str, Watch], dict[str, Watch]],
    zone: Zone,
) -> list[Effect]:
    """Return the alarms that come or go for the zone as one watch of it changed."""
    effects: list[Effect] = []
    quantity = name.partition(":")[0]
    band = zone.temperature if quantity == "t" else zone.humidity
    for side in (HIGH, LOW):
        was, stands = (_worst_severity(w, quantity, side) for w in watches)
        code, subject = _CODES[quantity, side], zone.section.id
        limit = _limit(band, quantity, side)
        if stands > was:
            watch = watches[1][name]
            why = {
                "rule": RULE,
                "reads": [reading],
                "since": watch.since,
                "worst": watch.worst,
                "limit": limit,
            }
            params = {
                "zone": zone.section.name,
                "value": reading["value"],
                "limit": limit["value"],
                "source": band.source,
            }
            effects.append(Raise(code, subject, why, params, stands))
        elif was >= 0 and stands < 0:
            effects.append(Clear(code, subject, {"rule": RULE, "reads": [reading], "limit": limit}))
    return effects


def _worst_severity(watches: dict[str, Watch], quantity: str, side: int) -> int:
    """Return the highest severity of a side over the sensors of a zone, -1 when none is there."""
    found = [
        w.severity for k, w in watches.items() if w.side == side and k.startswith(f"{quantity}:")
    ]
    return max(found, default=-1)


def _limit(band: Band, quantity: str, side: int) -> dict[str, Any]:
    return {
        "value": band.high if side == HIGH else band.low,
        "unit": _UNITS[quantity],
        "deadband": band.deadband,
        "delay_s": band.delay / 1000,
        "source": band.source,
    }


def _restarted(state: Watches | None, zone: str, ctx: Context) -> tuple[Watches | None, Effects]:
    """Let go of sensors and zones that the configuration no longer has."""
    if state is None:
        return None, NONE
    mine = {f"{n}/{d}" for (n, d), z in ctx.zone_of.items() if z == zone}
    kept = {k: w for k, w in state.watch.items() if k.partition(":")[2] in mine}
    if len(kept) == len(state.watch):
        return state, NONE
    effects: list[Effect] = [
        Clear(code, zone, {"rule": RULE, "because": "no longer configured"})
        for (quantity, side), code in _CODES.items()
        if _worst_severity(state.watch, quantity, side) >= 0
        and _worst_severity(kept, quantity, side) < 0
    ]
    return (Watches(watch=kept) if kept else None), effects
