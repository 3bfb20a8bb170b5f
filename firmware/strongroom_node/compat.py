"""What MicroPython and CPython do differently, in one place.

Ticks are milliseconds that wrap; compare them with ticks_diff only. Wall time is Unix milliseconds whatever epoch the
port has (the ESP32 counts from 2000).
"""

import asyncio
import binascii
import gc
import os
import sys
import time

IS_MICROPYTHON = sys.implementation.name == "micropython"

if IS_MICROPYTHON:
    from micropython import const

    ticks_ms = time.ticks_ms
    ticks_diff = time.ticks_diff
    ticks_add = time.ticks_add
    sleep_ms = asyncio.sleep_ms
    # Seconds from 1970 to the epoch of this port: 0 on unix, 946684800 where time starts in 2000.
    _EPOCH_S = 0 if time.gmtime(0)[0] == 1970 else 946684800
else:
    _WRAP = 1 << 30

    def const(value):
        """Mark a constant for MicroPython's compiler."""
        return value

    def ticks_ms():
        """Milliseconds that wrap at 2**30, as on the ESP32, so that CPython meets the wrap too."""
        return time.monotonic_ns() // 1000000 % _WRAP

    def ticks_diff(a, b):
        """Return a - b in ms, right as long as they are less than 2**29 ms (6.2 days) apart."""
        return (a - b + _WRAP // 2) % _WRAP - _WRAP // 2

    def ticks_add(a, delta):
        """Return ticks `delta` ms after `a`."""
        return (a + delta) % _WRAP

    async def sleep_ms(ms):
        """Let other tasks run for `ms` milliseconds."""
        await asyncio.sleep(ms / 1000)

    _EPOCH_S = 0


def wall_ms():
    """Return the board's own clock as Unix ms, whatever it is worth."""
    if IS_MICROPYTHON and _EPOCH_S:
        return (time.time() + _EPOCH_S) * 1000
    return time.time_ns() // 1000000


def calendar(ms):
    """Return Unix ms as (year, month, day, weekday from 0, hour, minute, second, microsecond), the form of
    machine.RTC."""
    year, month, day, hour, minute, second, weekday = time.gmtime(ms // 1000 - _EPOCH_S)[:7]
    return year, month, day, weekday, hour, minute, second, ms % 1000 * 1000


def crc32(data):
    """Return the CRC-32 of the bytes, 0..2**32-1."""
    return binascii.crc32(data) & 0xFFFFFFFF


def random_bytes(n):
    """Return n random bytes of the system."""
    return os.urandom(n)


def free_heap():
    """Return the free bytes of the heap, or None where the port cannot tell."""
    return gc.mem_free() if IS_MICROPYTHON else None


def forget(name):
    """Unload a module that is not needed for a while; a small heap has better use for the space.

    Only MicroPython does, and only where nobody else holds on to the module.
    """
    if IS_MICROPYTHON and name in sys.modules:
        package, _, module = name.rpartition(".")
        del sys.modules[name]
        delattr(sys.modules[package], module)


def print_exc(error):
    """Write an exception with its trace to the console."""
    if IS_MICROPYTHON:
        try:
            sys.print_exception(error)
        except MemoryError:
            pass  # that it went wrong is told in other ways
    else:
        import traceback

        traceback.print_exception(error)
