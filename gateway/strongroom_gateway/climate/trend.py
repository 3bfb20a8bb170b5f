"""climate.trend: the swing of a day, the change of an hour, the dew point at cold surfaces, and
how soon a limit will be reached.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ..profiles import Band, Swing
from ..room.context import Context, Zone
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Start, Tell, Tick
from ..room.registry import RuleState, rule
from .air import RULE as AIR
from .air import Sensors
from .believed import ZoneAir
from .control.moist import dew_point
from .control.state import Extremes
from .course import Course, extremes, followed, hourly_change, minutes_to
from .setup import OTHER, Setup, setup_of

RULE: Final = "climate.trend"
SWING: Final = "climate.swing"
RATE: Final = "climate.rate"
DEW: Final = "climate.condensation"
SOON: Final = "climate.forecast"
_STEP: Final = 10_000
_DAY_HOURS: Final = 24
_UNITS: Final = {"t": "K", "rh": "%RH"}
_LIMIT_UNITS: Final = {"t": "°C", "rh": "%RH"}
_NAMES: Final = {"t": "temperature", "rh": "humidity"}


class Trend(RuleState, frozen=True):
    """Where a zone's air has been and goes, and which alarms stand (`code:quantity`)."""

    course: Course | None = None
    stands: tuple[str, ...] = ()

    def extremes(self) -> Extremes | None:
        """Return the lowest and highest of the last 24 hours."""
        course = self.course
        if course is None:
            return None
        found = extremes(course, course.slots[-1].hour - _DAY_HOURS + 1)
        return None if found is None else Extremes(*found[0], *found[1])


class Finding(msgspec.Struct, frozen=True):
    """An alarm whose condition is there, or not (`value` beyond `limit`)."""

    code: str
    quantity: str
    there: bool
    value: float = 0.0
    limit: dict[str, Any] = {}
    params: dict[str, Any] = {}


def _nobody(_: Context, __: Any) -> str | None:
    return None


@rule(RULE, state=Trend, on=("tell:air",), key=_nobody)
def climate_trend(
    state: Trend | None, event: Tell | Start | Tick, now: int, ctx: Context
) -> tuple[Trend | None, Effects]:
    """Follow the median of a zone, ten seconds at a time; silence leaves everything as it is."""
    zone = ctx.zones.get(event.key)
    if zone is None:
        return None, [_ended(code, event.key, "no longer configured") for code in _standing(state)]
    if not isinstance(event, Tell):
        return state, NONE
    air: ZoneAir = event.body
    old = state or Trend()
    if old.course is not None and 0 <= now - old.course.at < _STEP:
        return state, NONE
    heard = air.together()
    if heard is None:
        return state, NONE
    setup = setup_of(ctx)
    hour = _hour(now, setup)
    course = followed(old.course, heard.t, heard.rh, now, hour, ctx.stale)
    stands, effects = _settled(course, old.stands, zone, now, ctx, setup)
    return Trend(course=course, stands=stands), effects


def _settled(
    course: Course, stood: tuple[str, ...], zone: Zone, now: int, ctx: Context, setup: Setup
) -> tuple[tuple[str, ...], list[Effect]]:
    stands = list(stood)
    effects: list[Effect] = []
    read = {"zone": zone.section.id, "t": round(course.t, 2), "rh": round(course.rh, 1)}
    for found in _findings(course, stood, zone, now, ctx, setup):
        name = f"{found.code}:{found.quantity}"
        subject = f"{zone.section.id}.{_NAMES.get(found.quantity, found.quantity)}"
        if found.there and name not in stands:
            reads = [read | {"received": now, "value": round(found.value, 2)}]
            why = {"rule": RULE, "reads": reads, "limit": found.limit}
            params = {"zone": zone.section.name, **found.params}
            effects.append(Raise(found.code, subject, why, params))
            stands.append(name)
        elif not found.there and name in stands:
            effects.append(Clear(found.code, subject, {"rule": RULE, "reads": [read]}))
            stands.remove(name)
    return tuple(stands), effects


def _findings(
    course: Course, stood: tuple[str, ...], zone: Zone, now: int, ctx: Context, setup: Setup
) -> Iterator[Finding]:
    swing = setup.swings.get(zone.section.id)
    if swing is not None and setup.trend.swing:
        for quantity, limit in (("t", swing.temperature), ("rh", swing.humidity)):
            yield _swung(course, quantity, limit, stood)
    trend = setup.trend
    for quantity, most in (("t", trend.rate_t), ("rh", trend.rate_rh)):
        if most > 0:
            yield from _changing(course, quantity, most, stood)
    if trend.warn_min > 0:
        for quantity, band in (("t", zone.temperature), ("rh", zone.humidity)):
            yield _coming(course, quantity, band, trend.warn_min, stood)
    if trend.dew_margin > 0:
        yield from _dripping(course, zone, trend.dew_margin, stood, now, ctx)


def _swung(course: Course, quantity: str, swing: Swing, stood: tuple[str, ...]) -> Finding:
    last = course.slots[-1].hour
    first = last - last % _DAY_HOURS if swing.window == "calendar-day" else last - _DAY_HOURS + 1
    pair = extremes(course, first)
    low, high = (0.0, 0.0) if pair is None else pair[0 if quantity == "t" else 1]
    span = high - low
    # A day that has swung has swung; a rolling window may come back by a tenth.
    scale = 0.9 if f"{SWING}:{quantity}" in stood and swing.window == "rolling" else 1.0
    value = span / 2 if swing.measure == "plus-minus" else span
    limit = {
        "value": swing.limit,
        "unit": _UNITS[quantity],
        "measure": swing.measure,
        "window": swing.window,
        "source": swing.source,
    }
    params = {
        "quantity": f"{value:.1f} {_UNITS[quantity]}",
        "limit": f"{swing.limit:g} {_UNITS[quantity]}",
        "low": round(low, 1),
        "high": round(high, 1),
        "source": swing.source,
    }
    return Finding(SWING, quantity, span > swing.span * scale, value, limit, params)


def _changing(
    course: Course, quantity: str, most: float, stood: tuple[str, ...]
) -> Iterator[Finding]:
    change = hourly_change(course, quantity)
    if change is None:
        return
    scale = 0.7 if f"{RATE}:{quantity}" in stood else 1.0
    limit = {
        "value": most,
        "unit": f"{_UNITS[quantity]}/h",
        "source": f"climate.trend.rate_{quantity}",
    }
    params = {
        "change": f"{change:+.1f} {_UNITS[quantity]}",
        "limit": f"{most:g} {_UNITS[quantity]}",
    }
    yield Finding(RATE, quantity, abs(change) > most * scale, change, limit, params)


def _coming(
    course: Course, quantity: str, band: Band, warn: float, stood: tuple[str, ...]
) -> Finding:
    found = minutes_to(course, quantity, band.low, band.high)
    if found is None:
        return Finding(SOON, quantity, False)
    minutes, value = found
    scale = 2.0 if f"{SOON}:{quantity}" in stood else 1.0
    limit = {"value": value, "unit": _LIMIT_UNITS[quantity], "source": band.source}
    params = {
        "minutes": round(minutes),
        "value": f"{getattr(course, quantity):.1f} {_LIMIT_UNITS[quantity]}",
        "limit": f"{value:g} {_LIMIT_UNITS[quantity]}",
    }
    return Finding(SOON, quantity, minutes < warn * scale, minutes, limit, params)


def _dripping(
    course: Course, zone: Zone, margin: float, stood: tuple[str, ...], now: int, ctx: Context
) -> Iterator[Finding]:
    """Compare the dew point with the coldest surface that is measured, else with the air itself."""
    dew = dew_point(course.t, course.rh)
    coldest, where = course.t, zone.section.name
    for name in zone.section.surfaces:
        state: Sensors | None = ctx.state_of(AIR, f"{OTHER}{name}")
        track = None if state is None else state.tracks.get(name)
        if track is None or track.fault or now - track.at >= ctx.stale:
            continue
        if track.t < coldest:
            coldest, where = track.t, name
    wanted = margin + (1.0 if f"{DEW}:surface" in stood else 0.0)
    limit = {
        "value": margin,
        "unit": "K",
        "source": "climate.trend.dew_margin; ISO 11799:2003: mind the dew point at the surface",
    }
    params = {
        "dew": round(dew, 1),
        "surface": round(coldest, 1),
        "where": where,
        "margin": f"{margin:g}",
    }
    yield Finding(DEW, "surface", coldest - dew < wanted, coldest - dew, limit, params)


def _hour(now: int, setup: Setup) -> int:
    """Return the number of the hour by the clock of the room: a day is 24 of them, 0 at midnight."""
    here = datetime.fromtimestamp(now // 1000, UTC).astimezone(setup.local)
    return here.toordinal() * _DAY_HOURS + here.hour


def _standing(state: Trend | None) -> tuple[str, ...]:
    return () if state is None else state.stands


def _ended(name: str, zone: str, because: str) -> Effect:
    code, _, quantity = name.partition(":")
    subject = f"{zone}.{_NAMES.get(quantity, quantity)}"
    return Clear(code, subject, {"rule": RULE, "because": because})
