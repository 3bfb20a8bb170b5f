"""What is added up over a period: a day, and with `plus` a month or a year of them."""

from typing import NamedTuple

import msgspec

from .excursions import Excursion


class Quantity(msgspec.Struct):
    """Temperature or humidity of a period; times in ms, values in the unit of the quantity."""

    known: int = 0
    inside: int = 0
    above: int = 0
    below: int = 0
    weighted: float = 0.0
    """Sum of value times ms, for the time-weighted mean."""
    low: float | None = None
    low_at: int = 0
    high: float | None = None
    high_at: int = 0
    swing_judged: int = 0
    swing_kept: int = 0
    """Time of which the daily swing was judged, and of it within its limit."""
    worst_swing: float | None = None

    @property
    def mean(self) -> float | None:
        """The time-weighted mean; None where nothing is known."""
        return self.weighted / self.known if self.known else None

    @property
    def share_inside(self) -> float | None:
        """Which part of the known time was inside the band, 0 to 1; None where nothing is known."""
        return self.inside / self.known if self.known else None

    def held(self, value: float, ms: int, side: int) -> None:
        """Add time at a value; side -1 below, 0 inside, 1 above the band."""
        self.known += ms
        self.weighted += value * ms
        if side == 0:
            self.inside += ms
        elif side > 0:
            self.above += ms
        else:
            self.below += ms

    def seen(self, value: float, at: int) -> None:
        """Take note of a reading for the extremes."""
        if self.low is None or value < self.low:
            self.low, self.low_at = value, at
        if self.high is None or value > self.high:
            self.high, self.high_at = value, at

    def swung(self, ms: int, swing: float, keeps: bool) -> None:
        """Add time of which the daily swing was judged."""
        self.swing_judged += ms
        self.swing_kept += ms if keeps else 0
        self.worst_swing = swing if self.worst_swing is None else max(self.worst_swing, swing)

    def plus(self, other: "Quantity") -> None:
        """Add a later period."""
        self.known += other.known
        self.inside += other.inside
        self.above += other.above
        self.below += other.below
        self.weighted += other.weighted
        if other.low is not None:
            self.seen(other.low, other.low_at)
        if other.high is not None:
            self.seen(other.high, other.high_at)
        self.swing_judged += other.swing_judged
        self.swing_kept += other.swing_kept
        if other.worst_swing is not None:
            self.worst_swing = max(other.worst_swing, self.worst_swing or 0.0)


class Period(msgspec.Struct):
    """A day, month or year: how much of it is known, and how it was. Times in ms.

    `start` and `end` are those of the period as far as it was asked for. A gap over the border of
    two periods counts in both, in each with its part.
    """

    name: str
    start: int
    end: int
    t: Quantity = msgspec.field(default_factory=Quantity)
    rh: Quantity = msgspec.field(default_factory=Quantity)
    known: int = 0
    """Time of which both quantities are known."""
    inside: int = 0
    """Of it, time with both inside."""
    gap: int = 0
    gaps: int = 0
    longest_gap: int = 0
    readings: int = 0
    duplicates: int = 0
    conflicting: int = 0
    backwards: int = 0

    @property
    def share_known(self) -> float:
        """Which part of the period both quantities are known for, 0 to 1."""
        return self.known / (self.end - self.start) if self.end > self.start else 0.0

    @property
    def share_inside(self) -> float | None:
        """Which part of the known time both were inside, 0 to 1; None where nothing is known."""
        return self.inside / self.known if self.known else None

    def missed(self, ms: int) -> None:
        """Add a gap, or the part of one that lies in this period."""
        self.gap += ms
        self.gaps += 1
        self.longest_gap = max(self.longest_gap, ms)

    def plus(self, other: "Period") -> None:
        """Add a later part of this period; its gaps are told by `missed`, since they may go on."""
        self.t.plus(other.t)
        self.rh.plus(other.rh)
        self.known += other.known
        self.inside += other.inside
        self.readings += other.readings
        self.duplicates += other.duplicates
        self.conflicting += other.conflicting
        self.backwards += other.backwards


class Count(NamedTuple):
    """How often a quantity went outside: as it is, with deadband, with deadband and delay."""

    raw: int
    deadband: int
    alarms: int


class Result(msgspec.Struct):
    """Everything about one sensor over the time asked for."""

    whole: Period
    years: list[Period]
    months: list[Period]
    days: list[Period]
    excursions: dict[str, list[Excursion]]
    """By quantity ("t", "rh"), with the deadband and the delay of the definition."""
    gaps: list[tuple[int, int]]
    """Every gap as (start, end), Unix ms."""
    crossings: dict[str, Count]
