"""A stretch of a sensor's history as rows to draw or to reckon with: bounded, gaps said aloud."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from ..errors import StrongroomError
from .query import DAY, HistoryReader
from .readings import Reading
from .rollup import HOUR, MINUTE, Bucket

Resolution = Literal["raw", "1min", "1h", "1d"]
LENGTHS: Final[dict[Resolution, int]] = {"1min": MINUTE, "1h": HOUR, "1d": DAY}
RAW: Final = ("at", "t", "rh")
ROLLED: Final = (
    "at",
    "ms",
    "readings",
    *("t_mean", "t_low", "t_high", "t_known_ms"),
    *("rh_mean", "rh_low", "rh_high", "rh_known_ms"),
)

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
    start, end = span
    if resolution == "raw":
        return _raw(history, sensor, span, points, now)
    length = LENGTHS[resolution]
    if _count(start, end, length) > points:
        raise TooManyPointsError(_count(start, end, length), resolution)
    # What began before and reaches into the span belongs to it.
    midnight = history.days.bounds(history.days.of(start))[0]
    first = midnight + (start - midnight) // length * length if length < DAY else midnight
    if resolution == "1min":
        found = list(history.minutes(sensor, first, end))
    else:
        found = _with_open(history, sensor, (first, end), hours=resolution == "1h")
    lengths = _day_lengths(history, found) if resolution == "1d" else [length] * len(found)
    rows = [_row(one, ms) for one, ms in zip(found, lengths, strict=True)]
    known = [(row[0], row[0] + row[1]) for row in rows if row[6] or row[10]]
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
) -> list[Bucket]:
    """Return hours or days that begin in a span, those of days that are not closed as they are now."""
    start, end = span
    read = history.hours if hours else history.day_buckets
    found = read(sensor, start, end)
    for begin, until, rolled in history.open_days(sensor, start, end):
        new = rolled.hours if hours else [rolled.day]
        found = [one for one in found if not begin <= one.at < until]
        found += [one for one in new if start <= one.at < end]
    return sorted(found, key=lambda one: one.at)


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


def _row(one: Bucket, ms: int) -> tuple[Any, ...]:
    t, rh = one.t, one.rh
    head = (one.at, ms, one.readings)
    return (*head, t.mean, t.low, t.high, t.known, rh.mean, rh.low, rh.high, rh.known)


def _day_lengths(history: HistoryReader, found: Sequence[Bucket]) -> list[int]:
    """Return how long each day was: an hour more or less where clocks change."""
    lengths = []
    for one in found:
        begin, until = history.days.bounds(history.days.of(one.at))
        lengths.append(until - begin)
    return lengths


def _count(start: int, end: int, length: int) -> int:
    return -(-(end - start) // length)
