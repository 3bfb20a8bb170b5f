"""Virtual time for CPython's asyncio: the clock moves only when everybody sleeps.

    virtual.run(main(), start_ms=2**30 - 5000, wall_ms=1800000000000)

While it runs, `time.monotonic`, `time.time` and their nanosecond forms are the virtual clock, for
the whole process; `virtual.elapsed_ms()` counts from the start. MicroPython has its own form in
fake/virtual/.
"""

import asyncio
import selectors
import time
from unittest import mock


class Clock:
    """Nanoseconds that only `advance` moves."""

    def __init__(self, start_ms, wall_ms):
        self.first = start_ms * 1000000
        self.wall = wall_ms * 1000000
        self.passed = 0

    def advance(self, seconds):
        """Move the clock; never by nothing, so that a timer that is nearly due comes due."""
        self.passed += max(1, int(seconds * 1000000000 + 0.5))

    def monotonic_ns(self):
        """Stand in for time.monotonic_ns."""
        return self.first + self.passed

    def monotonic(self):
        """Stand in for time.monotonic."""
        return self.monotonic_ns() / 1000000000

    def time_ns(self):
        """Stand in for time.time_ns."""
        return self.wall + self.passed

    def time(self):
        """Stand in for time.time."""
        return self.time_ns() / 1000000000


class VirtualSelector(selectors.DefaultSelector):
    """Asks real files without waiting; when none is ready the clock jumps to the next timer."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def select(self, timeout=None):
        """Return what is ready now, or let `timeout` seconds of virtual time pass."""
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            return super().select(None)
        self.clock.advance(timeout)
        return []


_running = []  # the clock of the `run` under way


def elapsed_ms():
    """Return the virtual milliseconds since the start of the running `run`."""
    return _running[-1].passed // 1000000


def run(main, start_ms=0, wall_ms=None):
    """Run a coroutine to its end on a virtual clock and return its result."""
    clock = Clock(start_ms, time.time_ns() // 1000000 if wall_ms is None else wall_ms)
    stand_ins = {
        name: getattr(clock, name) for name in ("monotonic", "monotonic_ns", "time", "time_ns")
    }
    stand_ins["sleep"] = clock.advance
    with mock.patch.multiple(time, **stand_ins):
        _running.append(clock)
        try:
            with asyncio.Runner(
                loop_factory=lambda: asyncio.SelectorEventLoop(VirtualSelector(clock))
            ) as runner:
                return runner.run(main)
        finally:
            _running.pop()
