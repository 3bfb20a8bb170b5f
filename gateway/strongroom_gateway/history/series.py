"""A stretch of a sensor's history as rows to draw or to reckon with: bounded, gaps said aloud."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from ..errors import StrongroomError
from .levels import channel
from .query import DAY, HistoryReader
from .readings import Reading
from .rollup import HOUR, MINUTE, Bucket

Resolution = Literal["raw", "1min", "1h", "1d"]
LENGTHS: Final[dict[Resolution, int]] = {"1min": MINUTE, "1h": HOUR, "1d": DAY}
RAW: Final = ("at", "t", "rh")
RAW_LEVEL: Final = ("at", "value")
_OF_BUCKET: Final = ("at", "readings")
_OF_QUANTITY: Final = ("mean", "low", "high", "known_ms")
ROLLED: Final = (
    *_OF_BUCKET,
    *(f"t_{name}" for name in _OF_QUANTITY),
    *(f"rh_{name}" for name in _OF_QUANTITY),
)
ROLLED_LEVEL: Final = (*_OF_BUCKET, *_OF_QUANTITY)
_T_KNOWN: Final = 5
_RH_KNOWN: Final = 9

Gap = tuple[int, int]
"""From and to, Unix ms, end not included."""


class TooManyPointsError(StrongroomError):
    """More points than are allowed: `count` of `resolution`."""

    def __init__(self, count: int, resolution: Resolution) -> None:
        super().__init__(f"{count} points of {resolution}")
        self.count, self.resolution = count, resolution


class Series(NamedTuple):
    """Rows by the names of their columns, and every stretch without anything known.

    `next` is where the rest begins, when there was no room for all readings.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    gaps: list[Gap]
    next: int | None = None


def finest(start: int, end: int, points: int) -> Resolution:
    """Return the finest of minutes, hours and days that makes no more than `points`.

    Raises TooManyPointsError when even days are more.
    """
    for resolution, length in LENGTHS.items():
        if _count(start, end, length) <= points:
            return resolution
    raise TooManyPointsError(_count(start, end, DAY), "1d")


def series(
    history: HistoryReader,
    sensor: str,
    span: tuple[int, int],
    resolution: Resolution,
    points: int,
    now: int,
) -> Series:
    """Return what a sensor's history has of a span (Unix ms, end not included), oldest first.

    A minute, hour or day belongs to it that reaches into it. What lies ahead of `now` is no gap.
    Readings that are more than `points` are cut off there; TooManyPointsError for too many minutes,
    hours or days. HistoryError when there is no such sensor.
    """
    if resolution == "raw":
        found = _raw(history, sensor, span, points, now)
    else:
        found = _rolled(history, sensor, span, resolution, points, now)
    if channel(sensor) is None:
        return found
    # A channel has one value, where the temperature of others is.
    columns = RAW_LEVEL if resolution == "raw" else ROLLED_LEVEL
    return found._replace(columns=columns, rows=[row[: len(columns)] for row in found.rows])


def _rolled(
    history: HistoryReader,
    sensor: str,
    span: tuple[int, int],
    resolution: Resolution,
    points: int,
    now: int,
) -> Series:
    start, end = span
    length = LENGTHS[resolution]
    if _count(start, end, length) > points:
        raise TooManyPointsError(_count(start, end, length), resolution)
    # What began before and reaches into the span belongs to it.
    midnight = history.days.bounds(history.days.of(start))[0]
    first = midnight + (start - midnight) // length * length if length < DAY else midnight
    if resolution == "1min":
        rows = [_row(one) for one in history.minutes(sensor, first, end)]
    else:
        rows = _with_open(history, sensor, (first, end), hours=resolution == "1h")
    known = [
        (row[0], row[0] + length if length < DAY else _end_of_day(history, row[0]))
        for row in rows
        if row[_T_KNOWN] or row[_RH_KNOWN]
    ]
    return Series(ROLLED, rows, list(between(known, start, min(end, now))))


def between(known: Sequence[Gap], start: int, end: int) -> Iterator[Gap]:
    """Yield what a span has beside stretches that are known, these in order of time."""
    at = start
    for begin, until in known:
        if begin > at and begin <= end:
            yield at, begin
        at = max(at, until)
    if at < end:
        yield at, end


def _with_open(
    history: HistoryReader, sensor: str, span: tuple[int, int], *, hours: bool
) -> list[tuple[Any, ...]]:
    """Return hours or days that begin in a span, those of days that are not closed as they are now."""
    start, end = span
    found = history.rolled("hour" if hours else "day", sensor, start, end)
    for begin, until, rolled in history.open_days(sensor, start, end):
        found = [row for row in found if not begin <= row[0] < until]
        new = rolled.hours if hours else [rolled.day]
        found += [_row(one) for one in new if start <= one.at < end]
    return sorted(found, key=lambda row: int(row[0]))


def _raw(
    history: HistoryReader, sensor: str, span: tuple[int, int], points: int, now: int
) -> Series:
    start, end = span
    holds = history.holds()
    rows: list[tuple[Any, ...]] = []
    known: list[Gap] = []
    before = _last_before(history.readings(sensor, start - max(holds.values()), start))
    if before is not None and before.at + holds[before.source] > start:
        known.append((start, before.at + holds[before.source]))
    following = None
    for one in history.readings(sensor, start, end):
        # All readings of one stamp stay together, so that the next page begins behind them.
        if len(rows) >= points and one.at != rows[-1][0]:
            following = one.at
            break
        rows.append((one.at, one.t, one.rh))
        if one.t is not None or one.rh is not None:
            known.append((one.at, one.at + holds[one.source]))
    until = min(end, now) if following is None else following
    return Series(RAW, rows, list(between(known, start, until)), following)


def _last_before(readings: Iterable[Reading]) -> Reading | None:
    last = None
    for last in readings:  # noqa: B007  # the last one is what is wanted
        pass
    return last


def _row(one: Bucket) -> tuple[Any, ...]:
    t, rh = one.t, one.rh
    head = (one.at, one.readings)
    return (*head, t.mean, t.low, t.high, t.known, rh.mean, rh.low, rh.high, rh.known)


def _end_of_day(history: HistoryReader, at: int) -> int:
    """Return when a day ends: an hour earlier or later where clocks change."""
    return history.days.bounds(history.days.of(at))[1]


def _count(start: int, end: int, length: int) -> int:
    return -(-(end - start) // length)
