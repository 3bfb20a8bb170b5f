"""Makes the register from the history: every figure with what it was made from."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from ...climate.compliance.calendar import Days, month_of, year_of
from ...climate.compliance.excursions import Excursion
from ...climate.compliance.limits import Definition
from ...climate.compliance.run import Compliance
from ...climate.compliance.tally import Period, Result
from ...climate.science.seasonal import LEAST_DAYS, TooShortError, seasonal_band
from ..query import DAY, HistoryReader
from ..readings import Reading
from ..rollup import Bucket
from .derived import Derived, MouldCourse, known_seconds
from .facts import Facts, Surroundings, Told
from .model import Line, Part, Seasonal
from .weather import weather

_ONE = timedelta(days=1)
POINTS = 1500
"""Most points of a chart."""


class Held(NamedTuple):
    """What a sensor is held to, what is around it, and the sensor outdoors (None: there is none)."""

    store: str
    definition: Definition
    there: Surroundings = Surroundings("", "", {}, None)
    outdoor: str | None = None


def build_part(
    history: HistoryReader,
    sensor: str,
    held: Held,
    first: date,
    last: date,
    facts: Facts | None = None,
) -> Part:
    """Return a sensor's part of the register for local days, both included.

    Without `facts` nothing is known of causes and actions. Raises HistoryError when the history has
    no such sensor.
    """
    result, used, pruned = judge(history, sensor, held.definition, first, last)
    days = Days(held.definition.time_zone)
    start, end = days.bounds(first)[0], days.bounds(last)[1]
    hours = history.hours(sensor, start, end)
    derived = _derive(hours, days)
    sources = {one.id: one for one in history.sources()}
    step, chart = history.chart(sensor, start, end, POINTS)
    return Part(
        sensor=sensor,
        store=held.store,
        definition=held.definition,
        result=result,
        whole=Line(result.whole, derived[""]),
        years=_lines(result.years, derived),
        months=_lines(result.months, derived),
        days=_lines(result.days, derived),
        seasonal=_seasonal(history.hours(sensor, end - (LEAST_DAYS + 35) * DAY, end)),
        hold_s={
            one.file or one.kind: one.hold / 1000.0
            for one in (sources[number] for number in sorted(used))
        },
        from_minutes=pruned,
        refused=history.refused(sensor, start, end),
        chart=chart,
        chart_step=step,
        told=[
            (name, one, _told(history, name, one, held, facts))
            for name, one in sorted(
                ((name, one) for name, found in result.excursions.items() for one in found),
                key=lambda found: (found[1].start, found[0]),
            )
        ],
    )


class Judged(NamedTuple):
    """How a sensor kept to a definition, by readings of which sources; and the days of which only
    minutes were left to go by.
    """

    result: Result
    used: set[int]
    pruned: list[str]


def judge(
    history: HistoryReader, sensor: str, definition: Definition, first: date, last: date
) -> Judged:
    """Return how a sensor kept to its limits on local days, both included. Raises HistoryError."""
    days = Days(definition.time_zone)
    start, end = days.bounds(first)[0], days.bounds(last)[1]
    pruned = history.pruned_days(sensor, start, end)
    run = Compliance(definition, start, end)
    used: set[int] = set()
    for at, t, rh, hold in _readings(history, sensor, (start, end), set(pruned), used):
        run.add(at, t, rh, hold)
    return Judged(run.close(), used, pruned)


def _told(
    history: HistoryReader, name: str, one: Excursion, held: Held, facts: Facts | None
) -> Told:
    found = Told([], [], []) if facts is None else facts.about(name, one, held.there)
    if held.outdoor is not None and held.outdoor != held.there.sensor:
        outside = weather(history, held.there.sensor, held.outdoor, name, one)
        if outside is not None:
            found.causes.append(outside)
    return found


def _readings(
    history: HistoryReader, sensor: str, span: tuple[int, int], pruned: set[str], used: set[int]
) -> Iterator[tuple[int, float | None, float | None, int]]:
    """Yield readings with their hold times; for days whose readings are gone, their minutes.

    `used` collects the sources.
    """
    start, end = span
    holds = history.holds()
    before: Reading | None = None
    for one in history.readings(sensor, start - max(holds.values()), start):
        before = one
    if before is not None:
        yield *before[:3], holds[before.source]
    days = Days(history.time_zone)
    day = days.of(start)
    while (bounds := days.bounds(day))[0] < end:
        if day.isoformat() in pruned:
            for minute in history.minutes(sensor, *bounds):
                known = max(minute.t.known, minute.rh.known)
                if known:
                    yield minute.at, minute.t.mean, minute.rh.mean, known
        else:
            for one in history.readings(sensor, *bounds):
                used.add(one.source)
                yield *one[:3], holds[one.source]
        day += _ONE


def _derive(hours: Iterable[Bucket], days: Days) -> Mapping[str, Derived]:
    found: dict[str, Derived] = {"": Derived()}
    course = MouldCourse()
    for hour in hours:
        seconds = known_seconds(hour)
        if hour.t.mean is None or hour.rh.mean is None or not seconds:
            continue
        mould = course.add(hour.t.mean, hour.rh.mean, seconds)
        day = days.of(hour.at)
        for name in ("", f"{year_of(day):%Y}", f"{month_of(day):%Y-%m}", day.isoformat()):
            one = found.get(name)
            if one is None:
                one = found[name] = Derived()
            one.add(hour.t.mean, hour.rh.mean, seconds, mould)
    return found


def _lines(periods: Iterable[Period], derived: Mapping[str, Derived]) -> list[Line]:
    return [Line(one, derived.get(one.name) or Derived()) for one in periods]


def _seasonal(hours: Iterable[Bucket]) -> Seasonal:
    """Return the band of the thirteen months that end with the register, and a month more."""
    means = [(one.at, one.rh.mean) for one in hours if one.rh.mean is not None]
    known = len(means) / 24.0
    try:
        band = seasonal_band(means)
    except TooShortError:
        return Seasonal(known_days=known, needed_days=LEAST_DAYS)
    return Seasonal(band.below, band.above, band.widened, known, LEAST_DAYS)
