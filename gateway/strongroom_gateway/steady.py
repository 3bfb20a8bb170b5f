"""The gateway's time: Unix milliseconds that never go backwards."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

STEP = 2_000
"""The wall clock must be ahead by more than this (ms) to be followed in one step."""


class Step(NamedTuple):
    """The wall clock was set: what the time was, what it is now (Unix ms), whether it was followed."""

    before: int
    after: int
    followed: bool


class SteadyClock:
    """The wall clock at the start, carried on by the monotonic clock.

    When the wall clock turns out to be ahead (a time server answered late) the time steps forward;
    when it turns out to be behind, time goes on as it was and the difference is reported once.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        not_before: int = 0,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._lock = threading.Lock()
        self._offset = max(int(wall() * 1000), not_before) - int(monotonic() * 1000)
        self._behind = 0

    def now(self) -> int:
        """Return the time, from any thread."""
        return int(self._monotonic() * 1000) + self._offset

    def check(self) -> Step | None:
        """Compare with the wall clock; return a step that is worth recording."""
        with self._lock:
            before = self.now()
            wall = int(self._wall() * 1000)
            ahead = wall - before
            if ahead > STEP:
                self._offset += ahead
                self._behind = 0
                return Step(before, wall, followed=True)
            if -ahead > STEP and abs(-ahead - self._behind) > STEP:
                self._behind = -ahead
                return Step(before, wall, followed=False)
            if -ahead <= STEP:
                self._behind = 0
            return None
