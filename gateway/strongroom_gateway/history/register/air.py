"""Air quality and light in the register: each channel against its limit, as the climate is."""

from collections.abc import Iterable, Sequence
from datetime import date
from math import inf, isfinite
from zoneinfo import ZoneInfo

from ...climate.compliance.limits import Definition
from ...climate.compliance.tally import Period
from ...config import Settings
from ...profiles import Band
from ..levels import AIR, LEVELS, Channel, LevelName
from ..query import HistoryReader
from .build import POINTS, judge
from .cells import Cell, Say, Table, end_of_band, heads, hours, percent, rounded, said
from .facts import Facts, Surroundings, Told
from .model import AirPart
from .outside import ABOUT, excursion_row

_OPEN = Band(-inf, inf, 0.0, 0, 0.0, "")


def air_parts(
    settings: Settings,
    history: HistoryReader,
    sensors: Sequence[str],
    first: date,
    last: date,
    facts: Facts | None,
) -> list[AirPart]:
    """Return the channels that belong to sensors: those of their zones and their own; all for none."""
    return [
        _part(settings, history, one, first, last, facts)
        for one in history.channels()
        if not sensors or one.sensor in sensors or _shares_zone(settings, one, sensors)
    ]


def air_tables(parts: Sequence[AirPart], time_zone: str, say: Say) -> list[Table]:
    """Return the tables of air and light; none without a channel."""
    if not parts:
        return []
    zone = ZoneInfo(time_zone)
    excursions = [
        [part.channel.sensor, _named(part, say), *excursion_row(one, told, zone, say)]
        for part in parts
        for _, one, told in part.told
    ]
    return [
        _summary(parts, say),
        _periods("months", parts, say),
        _periods("days", parts, say),
        Table(
            "air_excursions",
            "",
            said(say, "title.air_excursions"),
            heads(say, "sensor", "quantity", *ABOUT),
            excursions,
        ),
    ]


def _part(
    settings: Settings,
    history: HistoryReader,
    one: Channel,
    first: date,
    last: date,
    facts: Facts | None,
) -> AirPart:
    limit, there = _limit(settings, one.quantity), _around(settings, one)
    hold = min(history.holds().values())
    definition = Definition(limit, _OPEN, hold, history.time_zone)
    result = judge(history, one.name, definition, first, last).result
    start, end = history.days.bounds(first)[0], history.days.bounds(last)[1]
    step, chart = history.chart(one.name, start, end, POINTS)
    return AirPart(
        channel=one,
        limit=limit,
        result=result,
        told=[
            (one.quantity, found, Told([], [], []))
            if facts is None
            else (one.quantity, found, facts.about(one.quantity, found, there))
            for found in result.excursions["t"]
        ],
        refused=history.refused(one.name, start, end),
        chart=chart,
        chart_step=step,
    )


def _limit(settings: Settings, quantity: LevelName) -> Band:
    """Return the profile's limit in the unit of the history; an open one where it has none."""
    limit = settings.profile.air.get(quantity)
    if limit is None:
        return _OPEN
    factor = LEVELS[quantity].factor
    delay = int(limit.delay_s * 1000)
    return Band(-inf, limit.high * factor, limit.deadband * factor, delay, 0.0, limit.source)


def _around(settings: Settings, one: Channel) -> Surroundings:
    climate = settings.config.climate
    node, _, device = one.sensor.partition("/")
    if one.quantity in AIR:
        alarm = ("climate.air_quality", f"{node}.{device}.{one.quantity}")
    else:
        inputs = [each.id for each in climate.input if (each.node, each.input) == (node, device)]
        alarm = ("climate.light", inputs[0] if inputs else "")
    zone = next((zone for zone in climate.zone if one.sensor in zone.air), None)
    if zone is None:
        return Surroundings(one.sensor, "", {}, None, alarm)
    fans = {f"{m.node}/{m.relay}": str(m.kind) for m in zone.machine if m.kind == "fan"}
    return Surroundings(one.sensor, zone.id, fans, zone.control.door, alarm)


def _shares_zone(settings: Settings, one: Channel, sensors: Sequence[str]) -> bool:
    return any(
        one.sensor in zone.air and set(zone.sensors) & set(sensors)
        for zone in settings.config.climate.zone
    )


def _summary(parts: Sequence[AirPart], say: Say) -> Table:
    rows: list[list[Cell]] = [
        [
            part.channel.sensor,
            _named(part, say),
            LEVELS[part.channel.quantity].unit,
            end_of_band(part.limit.high),
            part.limit.source or said(say, "air.no_limit"),
            *_values(part.result.whole, part),
            part.refused,
            len(part.told),
        ]
        for part in parts
    ]
    head = heads(say, "sensor", "quantity", "unit", "limit", "source", *_VALUES, "refused", "about")
    return Table("air", "", said(say, "title.air"), head, rows)


_VALUES = ("readings", "known", "mean", "low", "high", "inside", "gaps", "longest_gap")


def _periods(kind: str, parts: Sequence[AirPart], say: Say) -> Table:
    rows: list[list[Cell]] = [
        [part.channel.sensor, _named(part, say), one.name, *_values(one, part)]
        for part in parts
        for one in _of(part, kind)
    ]
    head = heads(say, "sensor", "quantity", kind, *_VALUES)
    return Table(f"air_{kind}", "", said(say, f"title.air_{kind}"), head, rows)


def _of(part: AirPart, kind: str) -> Iterable[Period]:
    return part.result.months if kind == "months" else part.result.days


def _values(one: Period, part: AirPart) -> list[Cell]:
    value, whole = one.t, one.end - one.start
    inside = percent(value.share_inside) if isfinite(part.limit.high) else None
    return [
        one.readings,
        percent(value.known / whole) if whole else None,
        rounded(value.mean, 2),
        rounded(value.low, 2),
        rounded(value.high, 2),
        inside,
        one.gaps,
        hours(one.longest_gap),
    ]


def _named(part: AirPart, say: Say) -> str:
    return say(f"air.{part.channel.quantity}", {})
