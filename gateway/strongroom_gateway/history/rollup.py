"""From the readings of a day to its minutes, hours and the day itself: weighted by time, gaps left
out.

A reading holds until the next one, at most for the hold time, as in compliance. Means, lowest and
highest are over the values that held, of each quantity where it was known.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ..climate.compliance.hold import held
from .columns import pack, unpack
from .readings import MISSING, Reading

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
FEW: Final = 2_880
"""A day with no more readings than this is as small as its minutes, and has none of its own."""
_SCALE: Final = 100
"""Rolled-up values are kept to 0.01 °C and 0.01 %RH."""


Holds = Mapping[int, int]
"""For how many ms the readings of a source hold at most."""


class Part(NamedTuple):
    """One quantity in a bucket: for how many ms it is known; None where it is not at all."""

    known: int
    mean: float | None
    low: float | None
    high: float | None


NOTHING: Final = Part(0, None, None, None)


class Bucket(NamedTuple):
    """A minute, an hour or a day that begins at `at` (Unix ms), with the readings stamped in it."""

    at: int
    readings: int
    t: Part
    rh: Part


class _Sum:
    __slots__ = ("high", "known", "low", "total")

    def __init__(self) -> None:
        self.known = 0
        self.total = 0.0
        self.low = self.high = 0.0

    def add(self, ms: int, total: float, low: float, high: float) -> None:
        if not self.known:
            self.low, self.high = low, high
        else:
            self.low, self.high = min(self.low, low), max(self.high, high)
        self.known += ms
        self.total += total

    def part(self) -> Part:
        if not self.known:
            return NOTHING
        return Part(
            self.known,
            round(self.total / self.known, 2),
            round(self.low, 2),
            round(self.high, 2),
        )


class Rolled(NamedTuple):
    """The buckets of a day, those with anything known or read in them; no minutes for few readings."""

    minutes: list[Bucket]
    hours: list[Bucket]
    day: Bucket


class _Bins:
    """Buckets of one length within a day."""

    def __init__(self, start: int, length: int) -> None:
        self._start, self._length = start, length
        self._sums: dict[int, tuple[_Sum, _Sum]] = {}
        self._readings: dict[int, int] = {}

    def count(self, at: int) -> None:
        n = (at - self._start) // self._length
        self._readings[n] = self._readings.get(n, 0) + 1

    def add(self, start: int, end: int, t: float | None, rh: float | None) -> None:
        n = (start - self._start) // self._length
        while start < end:
            until = min(end, self._start + (n + 1) * self._length)
            ms = until - start
            both = self._sums.get(n)
            if both is None:
                both = self._sums[n] = (_Sum(), _Sum())
            if t is not None:
                both[0].add(ms, t * ms, t, t)
            if rh is not None:
                both[1].add(ms, rh * ms, rh, rh)
            start = until
            n += 1

    def buckets(self) -> list[Bucket]:
        empty = _Sum()
        found = []
        for n in sorted(self._sums.keys() | self._readings.keys()):
            t, rh = self._sums.get(n, (empty, empty))
            at = self._start + n * self._length
            found.append(Bucket(at, self._readings.get(n, 0), t.part(), rh.part()))
        return found


def minutes_of(
    readings: Sequence[Reading], start: int, end: int, holds: Holds, before: Reading | None = None
) -> list[Bucket]:
    """Return the minutes of a day with few readings; parameters as of `roll_up`."""
    return _filled([_Bins(start, MINUTE)], readings, start, end, holds, before)[0].buckets()


def roll_up(
    readings: Sequence[Reading], start: int, end: int, holds: Holds, before: Reading | None = None
) -> Rolled:
    """Return the buckets of a day from `start` to `end` (Unix ms) with its readings in order.

    `before` is the last reading of the time before, which may still hold; `holds` says for how many
    ms the readings of each source hold at most.
    """
    bins = [_Bins(start, HOUR), _Bins(start, end - start)]
    if len(readings) > FEW:
        bins.append(_Bins(start, MINUTE))
    _filled(bins, readings, start, end, holds, before)
    hours, days, *minutes = (each.buckets() for each in bins)
    day = days[0] if days else Bucket(start, 0, NOTHING, NOTHING)
    return Rolled(minutes[0] if minutes else [], hours, day)


def _filled(
    bins: list[_Bins],
    readings: Sequence[Reading],
    start: int,
    end: int,
    holds: Holds,
    before: Reading | None,
) -> list[_Bins]:
    for one in readings:
        for each in bins:
            each.count(one.at)
    for begin, until, t, rh in _stretches(readings, holds, before):
        first, last = max(begin, start), min(until, end)
        if first < last:
            for each in bins:
                each.add(first, last, t, rh)
    return bins


def _stretches(
    readings: Sequence[Reading], holds: Holds, before: Reading | None
) -> Iterable[tuple[int, int, float | None, float | None]]:
    rows = readings if before is None else [before, *readings]
    for stretch in held((one.at, (one.t, one.rh), holds[one.source]) for one in rows):
        if stretch.value is not None:
            yield stretch.start, stretch.end, *stretch.value


def pack_buckets(buckets: Sequence[Bucket], start: int, length: int) -> bytes:
    """Return buckets of one length (ms) of a day that begins at `start` as bytes."""
    columns: list[list[int]] = [[(one.at - start) // length for one in buckets]]
    columns.append([one.readings for one in buckets])
    for which in (2, 3):
        parts: list[Part] = [one[which] for one in buckets]  # type: ignore[misc]  # 2 and 3 are parts
        means = [MISSING if part.mean is None else round(part.mean * _SCALE) for part in parts]
        columns.append([part.known for part in parts])
        columns.append(means)
        columns.append([_below(part.low, mean) for part, mean in zip(parts, means, strict=True)])
        columns.append([_below(part.high, mean) for part, mean in zip(parts, means, strict=True)])
    return pack(columns)


def unpack_buckets(data: bytes, start: int, length: int) -> list[Bucket]:
    """Return the buckets of a day that begins at `start` (Unix ms). Raises PackedError."""
    n, readings, *rest = unpack(data)
    t, rh = (_parts(*rest[first : first + 4]) for first in (0, 4))
    return list(map(Bucket, [start + one * length for one in n], readings, t, rh))


def _below(value: float | None, mean: int) -> int:
    return 0 if value is None else round(value * _SCALE) - mean


def _parts(known: list[int], means: list[int], lows: list[int], highs: list[int]) -> list[Part]:
    return [
        NOTHING
        if mean == MISSING
        else Part(ms, mean / _SCALE, (mean + low) / _SCALE, (mean + high) / _SCALE)
        for ms, mean, low, high in zip(known, means, lows, highs, strict=True)
    ]
