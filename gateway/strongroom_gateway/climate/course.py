"""Where the air of a zone has been and where it is going: extremes of a day, change of an hour,
minutes to a limit. Pure.
"""

from collections.abc import Sequence
from math import exp
from typing import Final

import msgspec

HOUR: Final = 3_600_000
SMOOTH: Final = 600_000
_EVERY: Final = 120_000
_POINTS: Final = 31  # an hour and the moment itself
_FIT: Final = 16  # half an hour
_LEAST: Final = {"t": 0.3, "rh": 1.0}  # change in half an hour that is no chance
_SLOTS: Final = 25


class Slot(msgspec.Struct, frozen=True, array_like=True):
    """Lowest and highest of an hour; `hour` counts hours of the room's own clock."""

    hour: int
    t_low: float
    t_high: float
    rh_low: float
    rh_high: float


class Point(msgspec.Struct, frozen=True, array_like=True):
    """The air at a moment (Unix ms)."""

    at: int
    t: float
    rh: float


class Course(msgspec.Struct, frozen=True):
    """The smoothed air, its last hour by points, and its last day by hours."""

    at: int
    t: float
    rh: float
    points: tuple[Point, ...] = ()
    slots: tuple[Slot, ...] = ()


def followed(course: Course | None, t: float, rh: float, now: int, hour: int, stale: int) -> Course:
    """Return the course after a reading. Over a gap nothing is smoothed and no slope is drawn."""
    if course is None or now - course.at > stale or now < course.at:
        slots = () if course is None else course.slots
        points: tuple[Point, ...] = (Point(now, t, rh),)
    else:
        share = 1.0 - exp((course.at - now) / SMOOTH)
        t = course.t + share * (t - course.t)
        rh = course.rh + share * (rh - course.rh)
        slots, points = course.slots, course.points
        if not points or now - points[-1].at >= _EVERY:
            points = (*points[-(_POINTS - 1) :], Point(now, t, rh))
    return Course(now, t, rh, points, _slotted(slots, hour, t, rh))


def extremes(
    course: Course, first_hour: int
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return (lowest, highest) of temperature and of humidity since an hour; None without any."""
    slots = [slot for slot in course.slots if slot.hour >= first_hour]
    if not slots:
        return None
    return (
        (min(s.t_low for s in slots), max(s.t_high for s in slots)),
        (min(s.rh_low for s in slots), max(s.rh_high for s in slots)),
    )


def hourly_change(course: Course, quantity: str) -> float | None:
    """Return by how much a quantity changed in the last hour; None when less of it is known."""
    points = course.points
    if not points or points[-1].at - points[0].at < HOUR - _EVERY:
        return None
    return float(getattr(points[-1], quantity) - getattr(points[0], quantity))


def minutes_to(
    course: Course, quantity: str, low: float, high: float
) -> tuple[float, float] | None:
    """Return in how many minutes the quantity reaches which limit if it goes on as it goes.

    A straight line through the last half hour. None when there is less, when it hardly moves, when
    it moves away from both limits, or when it is outside already.
    """
    points = course.points[-_FIT:]
    value = getattr(course, quantity)
    if len(points) < _FIT or not low <= value <= high:
        return None
    slope = _slope([p.at / 60_000 for p in points], [getattr(p, quantity) for p in points])
    if abs(slope) * 30.0 < _LEAST[quantity]:
        return None
    limit = high if slope > 0 else low
    return (limit - value) / slope, limit


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    n = len(x)
    mean_x, mean_y = sum(x) / n, sum(y) / n
    top = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return top / sum((a - mean_x) ** 2 for a in x)


def _slotted(slots: tuple[Slot, ...], hour: int, t: float, rh: float) -> tuple[Slot, ...]:
    if not slots or slots[-1].hour != hour:
        kept = tuple(slot for slot in slots if slot.hour > hour - _SLOTS)
        return (*kept, Slot(hour, t, t, rh, rh))
    last = slots[-1]
    if last.t_low <= t <= last.t_high and last.rh_low <= rh <= last.rh_high:
        return slots
    new = Slot(
        hour,
        min(last.t_low, t),
        max(last.t_high, t),
        min(last.rh_low, rh),
        max(last.rh_high, rh),
    )
    return (*slots[:-1], new)
