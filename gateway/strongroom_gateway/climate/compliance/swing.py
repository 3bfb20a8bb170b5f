"""The rolling swing: each moment by the 24 hours around it, with the memory of 24 hours."""

from collections import deque
from typing import Final, NamedTuple

from .limits import Swing, keeps, swing_of

DAY: Final = 86_400_000
HALF: Final = DAY // 2


class Judged(NamedTuple):
    """For `ms` of time, beginning at `at`, the swing was this; `keeps` says whether within limit."""

    at: int
    ms: int
    swing: float
    keeps: bool


class Extremes:
    """Lowest and highest value of a window that only moves forward, in constant time a value."""

    def __init__(self) -> None:
        self._low: deque[tuple[int, float]] = deque()
        self._high: deque[tuple[int, float]] = deque()

    def add(self, at: int, value: float) -> None:
        """Let the window grow to a value at a moment not before the last one."""
        while self._low and self._low[-1][1] >= value:
            self._low.pop()
        while self._high and self._high[-1][1] <= value:
            self._high.pop()
        self._low.append((at, value))
        self._high.append((at, value))

    def forget(self, before: int) -> None:
        """Let go of values before a moment."""
        while self._low and self._low[0][0] < before:
            self._low.popleft()
        while self._high and self._high[0][0] < before:
            self._high.popleft()

    @property
    def low(self) -> float:
        """The lowest value in the window."""
        return self._low[0][1]

    @property
    def high(self) -> float:
        """The highest value in the window."""
        return self._high[0][1]


class RollingMeter:
    """Judges each moment by the 24 hours around it; not those of which too little is known."""

    def __init__(self, swing: Swing, least_known: float) -> None:
        self._swing = swing
        self._enough = least_known * DAY
        self._window = Extremes()
        self._members: deque[tuple[int, int]] = deque()
        self._waiting: deque[tuple[int, int]] = deque()
        self._known = 0

    def add(self, at: int, ms: int, value: float) -> list[Judged]:
        """Take what held from `at` for `ms`; return the time that can be judged now."""
        done = self._judge(at - HALF)
        self._window.add(at, value)
        self._members.append((at, ms))
        self._waiting.append((at, ms))
        self._known += ms
        return done

    def close(self) -> list[Judged]:
        """Return the rest."""
        return self._judge(None)

    def _judge(self, before: int | None) -> list[Judged]:
        done = []
        while self._waiting and (before is None or self._waiting[0][0] < before):
            at, ms = self._waiting.popleft()
            while self._members[0][0] < at - HALF:
                self._known -= self._members.popleft()[1]
            self._window.forget(at - HALF)
            if self._known >= self._enough:
                swing = swing_of(self._swing, self._window.low, self._window.high)
                done.append(Judged(at, ms, swing, keeps(self._swing, swing)))
        return done
