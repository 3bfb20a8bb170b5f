"""One value against one band: a deadband and a delay keep noise at the limit from chattering. Pure."""

from typing import Final

import msgspec

from ..profiles import Band

IN: Final = 0
HIGH: Final = 1
LOW: Final = -1


class Watch(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is believed of a value (`side`), and what it has been pointing to since when (Unix ms).

    There is no watch for a value that is inside with nothing pending: the common case costs
    nothing.
    """

    side: int = IN
    toward: int | None = None
    since: int = 0
    last: int = 0
    worst: float = 0.0
    severity: int = 0


def step(watch: Watch | None, value: float, now: int, band: Band, stale: int) -> Watch | None:
    """Return the watch after a reading received at `now`. The same object back means no change.

    A gap in the readings longer than `stale` ms starts a pending delay anew: nothing is known of
    the gap.
    """
    if watch is None:
        if band.low <= value <= band.high:
            return None
        watch = Watch()
    points = _points(watch.side, value, band)
    if points == watch.side:
        return _stays(watch, value, band)
    if watch.toward != points or now - watch.last > stale:
        watch = msgspec.structs.replace(watch, toward=points, since=now, last=now, worst=value)
    else:
        worst = max(watch.worst, value) if points == HIGH else min(watch.worst, value)
        watch = msgspec.structs.replace(watch, last=now, worst=worst)
    if now - watch.since < band.delay:
        return watch
    if points == IN:
        return None
    return Watch(points, None, watch.since, now, watch.worst, _severity(points, watch.worst, band))


def _stays(watch: Watch, value: float, band: Band) -> Watch:
    severity = max(watch.severity, _severity(watch.side, value, band))
    if watch.toward is None and severity == watch.severity:
        return watch
    worst = max(watch.worst, value) if watch.side == HIGH else min(watch.worst, value)
    return msgspec.structs.replace(watch, toward=None, severity=severity, worst=worst)


def _points(side: int, value: float, band: Band) -> int:
    """Return where a value points, seen from where it is believed to be."""
    if value > band.high:
        return HIGH
    if value < band.low:
        return LOW
    if side == HIGH and value > band.high - band.deadband:
        return HIGH
    if side == LOW and value < band.low + band.deadband:
        return LOW
    return IN


def _severity(side: int, value: float, band: Band) -> int:
    if side == HIGH:
        return int(value > band.high + band.worse_by)
    if side == LOW:
        return int(value < band.low - band.worse_by)
    return 0
