"""A `time` module whose clock moves only when everybody sleeps: days of node life pass in seconds.

Put this folder before everything else on MICROPYPATH. Ticks wrap at 2**30 ms as they do on an ESP32. The
real clock stays reachable as `utime`.

    import time
    time.start(ticks=2**30 - 5000, wall_ms=1800000000000)
    time.elapsed()                      # virtual ms since start, never wraps
"""

import sys

import utime
import virtual_tasks
from utime import gmtime, localtime, mktime

# The scheduler's queue is built in and asks the real clock; this one is found first because it is loaded.
sys.modules["_asyncio"] = virtual_tasks

PERIOD = 1 << 30
HALF = PERIOD >> 1

_first = 0
_wall = utime.time_ns() // 1000000
_elapsed = 0


def start(ticks=0, wall_ms=None):
    """Set the tick counter and the wall clock; call it before anything has read the time."""
    global _first, _wall, _elapsed
    _first = ticks
    _elapsed = 0
    if wall_ms is not None:
        _wall = wall_ms


def elapsed():
    """Return the virtual milliseconds since the start."""
    return _elapsed


def advance(ms):
    """Move the clock."""
    global _elapsed
    _elapsed += ms


def ticks_ms():
    return (_first + _elapsed) & (PERIOD - 1)


def ticks_us():
    return ((_first + _elapsed) * 1000) & (PERIOD - 1)


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    return (ticks + delta) & (PERIOD - 1)


def ticks_diff(end, begin):
    return ((end - begin + HALF) & (PERIOD - 1)) - HALF


def time_ns():
    return (_wall + _elapsed) * 1000000


def time():
    return (_wall + _elapsed) / 1000


def sleep_ms(ms):
    advance(max(0, ms))


def sleep_us(us):
    advance(max(0, us) // 1000)


def sleep(seconds):
    advance(int(max(0, seconds) * 1000))
