"""climate.air_quality: CO2, particles, TVOC and formaldehyde against the profile's limits."""

from math import inf
from typing import Any, Final

import msgspec
from msgspec import UNSET

from ..contract import Air, Sensed
from ..profiles import UNITS, AirLimit, Band
from ..room.context import Context
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule
from .setup import setup_of
from .watch import HIGH, Watch, step

RULE: Final = "climate.air_quality"
CODE: Final = "climate.air_quality"
_QUANTITIES: Final = ("co2", "pm25", "tvoc", "hcho")
_SAID: Final = {
    "co2": "air.co2",
    "pm25": "air.pm25",
    "tvoc": "air.tvoc",
    "hcho": "air.hcho",
}


class Watches(RuleState, frozen=True):
    """The watches of one sensor by quantity; what is below its limit has none."""

    watch: dict[str, Watch] = msgspec.field(default_factory=dict)


def _sensor(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    place = (event.node, body.sensor)
    return "/".join(place) if place in setup_of(ctx).air_at else None


@rule(RULE, state=Watches, on=("telemetry/air",), key=_sensor)
def climate_air_quality(
    state: Watches | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Watches | None, Effects]:
    """Raise what is above its limit for the limit's delay; a late reading raises nothing."""
    if not isinstance(event, Sensed):
        return state, NONE
    body = event.body
    late = event.ts is not None and now - event.ts > ctx.stale
    if late or not isinstance(body, Air):
        return state, NONE
    limits = ctx.settings.profile.air
    watches = {} if state is None else state.watch
    effects: list[Effect] = []
    for quantity in _QUANTITIES:
        value = getattr(body, quantity)
        limit = limits.get(quantity)
        if value is UNSET or limit is None:
            continue
        old = watches.get(quantity)
        new = step(old, value, now, _band(limit), ctx.stale)
        if new is old:
            continue
        watches = {q: w for q, w in watches.items() if q != quantity}
        if new is not None:
            watches[quantity] = new
        effects += _alarm(old, new, event, quantity, value, limit=limit, ctx=ctx)
    if watches is (state.watch if state is not None else None):
        return state, NONE
    return (Watches(watch=watches) if watches else None), effects


def _alarm(
    old: Watch | None,
    new: Watch | None,
    event: Sensed,
    quantity: str,
    value: float,
    *,
    limit: AirLimit,
    ctx: Context,
) -> list[Effect]:
    body: Any = event.body
    was = old is not None and old.side == HIGH
    stands = new is not None and new.side == HIGH
    worse = new is not None and old is not None and new.severity > old.severity
    subject = f"{event.node}.{body.sensor}.{quantity}"
    name = f"{event.node}/{body.sensor}"
    read = {"sensor": name, "value": value, "received": event.received}
    why: dict[str, Any] = {
        "rule": RULE,
        "reads": [read],
        "limit": {
            "value": limit.high,
            "unit": UNITS[quantity],
            "deadband": limit.deadband,
            "delay_s": limit.delay_s,
            "source": limit.source,
        },
    }
    if stands and (not was or worse):
        zone = ctx.zones[setup_of(ctx).air_at[event.node, body.sensor]].section.name
        params = {
            "zone": zone,
            "quantity": ctx.say(_SAID[quantity], {}),
            "value": f"{value:g} {UNITS[quantity]}",
            "limit": f"{limit.high:g} {UNITS[quantity]}",
            "source": limit.source,
        }
        return [Raise(CODE, subject, why, params, new.severity if new is not None else 0)]
    return [Clear(CODE, subject, why)] if was and not stands else []


def _band(limit: AirLimit) -> Band:
    worse = limit.high if limit.worse_by is None else limit.worse_by
    delay = int(limit.delay_s * 1000)
    return Band(-inf, limit.high, limit.deadband, delay, worse, limit.source)
