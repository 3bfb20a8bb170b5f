"""Stretches of time outside a limit: listed one by one, and counted the way alarms are.

A gap ends an excursion in the list, since nobody knows how it went on; the record says so on either
side of the gap. In the count of crossings the state stays as it was over a gap, as an alarm does
that nobody has cleared.
"""

from typing import Final

import msgspec

HIGH: Final = 1
LOW: Final = -1


class Excursion(msgspec.Struct, frozen=True):
    """Outside by `side` (1 above, -1 below) from `start` to `end`, Unix ms, at worst `extreme`.

    `end` is the first moment that is not outside any more. `cut_start` and `cut_end` say that a gap
    hides how it began or ended, `open` that it had not ended with the last reading.
    """

    side: int
    start: int
    end: int
    extreme: float
    extreme_at: int
    limit: float
    cut_start: bool = False
    cut_end: bool = False
    open: bool = False

    @property
    def ms(self) -> int:
        """How long it is known to have lasted."""
        return self.end - self.start


class Edge:
    """Where a value lies, seen from where it is believed to be: the deadband works here."""

    def __init__(self, low: float, high: float, deadband: float = 0.0) -> None:
        self.low, self.high = low, high
        self._high_over = high - deadband
        self._low_over = low + deadband

    def points(self, side: int, value: float) -> int:
        """Return 1 above, -1 below, 0 inside; a side is left only beyond the deadband."""
        if value > self.high:
            return HIGH
        if value < self.low:
            return LOW
        if side == HIGH and value > self._high_over:
            return HIGH
        if side == LOW and value < self._low_over:
            return LOW
        return 0


class Crossings:
    """Counts how often a quantity went outside: once for each stay, over gaps as well.

    Without deadband and delay it is the number of readings outside that follow one inside (a first
    reading outside counts too). `delay` in ms: how long the value must have held outside to count.
    """

    def __init__(self, edge: Edge, delay: int = 0) -> None:
        self.count = 0
        self._edge, self._delay = edge, delay
        self._side = 0
        self._toward = 0
        self._outside = 0

    def add(self, start: int, end: int, value: float) -> None:
        """Take a known stretch of time, Unix ms."""
        points = self._edge.points(self._side, value)
        if points == self._side:
            self._toward = 0
            return
        if not points:
            self._side = self._toward = 0
            return
        if points != self._toward:
            self._toward, self._outside = points, 0
        self._outside += end - start
        if self._outside >= self._delay:
            self._side, self._toward = points, 0
            self.count += 1


class Excursions:
    """Lists the excursions of one quantity from stretches of time in order; constant memory.

    An excursion counts once the value has stayed outside for `delay` ms; it then began with the
    first reading outside, and it is over when a reading is inside by more than the deadband.
    """

    def __init__(self, edge: Edge, delay: int = 0) -> None:
        self._edge, self._delay = edge, delay
        self._side = 0
        self._counts = False
        self._start = self._end = 0
        self._extreme, self._extreme_at = 0.0, 0
        self._cut = False
        self._after_gap = False

    def add(self, start: int, end: int, value: float | None) -> list[Excursion]:
        """Take a stretch (Unix ms; None in a gap); return the excursions that are over with it."""
        if value is None:
            done = self._over(cut_end=True)
            self._after_gap = True
            return done
        done = []
        points = self._edge.points(self._side if self._counts else 0, value)
        if points != self._side:
            done = self._over()
            self._side, self._start = points, start
            self._extreme, self._extreme_at = value, start
            self._cut = self._after_gap
        elif points and (value - self._extreme) * points > 0:
            self._extreme, self._extreme_at = value, start
        self._end = end
        self._counts = self._side != 0 and end - self._start >= self._delay
        self._after_gap = False
        return done

    def close(self) -> list[Excursion]:
        """Return the excursion that had not ended with the last reading, if there is one."""
        return self._over(still_open=True)

    def _over(self, cut_end: bool = False, still_open: bool = False) -> list[Excursion]:
        side, counted = self._side, self._counts
        self._side, self._counts = 0, False
        if not counted:
            return []
        limit = self._edge.high if side == HIGH else self._edge.low
        return [
            Excursion(
                side,
                self._start,
                self._end,
                self._extreme,
                self._extreme_at,
                limit,
                self._cut,
                cut_end,
                still_open,
            )
        ]
