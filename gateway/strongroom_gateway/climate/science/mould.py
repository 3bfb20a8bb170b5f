"""Mould growth by the VTT model: an index from 0 (none) to 6 (all over), kept through time.

Sources: A. Hukka, H. Viitanen, 1999, A mathematical model of mould growth on wooden material; T.
Ojanen et al., 2010, Mould growth modeling of building structures using sensitivity classes of
materials. The terms for kind of wood and sawn surface are left out, as in the second.
"""

from math import exp, log
from typing import Final, NamedTuple

import msgspec

from .ranges import climate_within, within

MOULD_FORMULA: Final = "VTT mould index, sensitivity classes"
MOULD_SOURCE: Final = "Hukka and Viitanen 1999; Ojanen et al. 2010"


class Sensitivity(NamedTuple):
    """A class of materials: speed of growth below and above index 1, highest index, least RH."""

    slow: float
    fast: float
    a: float
    b: float
    c: float
    rh_min: float


VERY_SENSITIVE: Final = Sensitivity(1.0, 2.0, 1.0, 7.0, 2.0, 80.0)
"""Untreated wood; raw paper and paste belong here rather than lower."""
SENSITIVE: Final = Sensitivity(0.578, 0.386, 0.3, 6.0, 1.0, 80.0)
"""Planed wood, paper-coated products."""
MEDIUM_RESISTANT: Final = Sensitivity(0.072, 0.097, 0.0, 5.0, 1.5, 85.0)
"""Concrete, glass wool."""
RESISTANT: Final = Sensitivity(0.033, 0.014, 0.0, 3.0, 1.0, 85.0)
"""Glass, metal."""

_HOURS: Final = 1.0
_DAY: Final = 24.0


class Mould(msgspec.Struct, frozen=True):
    """The index, and for how many hours it has been too dry or too cold for growth."""

    index: float = 0.0
    dry_hours: float = 0.0


def critical_humidity(t: float, kind: Sensitivity = VERY_SENSITIVE) -> float:
    """Return the relative humidity in % from which mould grows at t °C; 100 at 0 °C and below."""
    if t <= 0.0:
        return 100.0
    if t > 20.0:
        return kind.rh_min
    return max(-0.00267 * t**3 + 0.160 * t**2 - 3.13 * t + 100.0, kind.rh_min)


def highest_index(t: float, rh: float, kind: Sensitivity = VERY_SENSITIVE) -> float:
    """Return the index that growth at t °C and rh % would end at; 0 where there is no growth."""
    critical = critical_humidity(t, kind)
    if not 0.0 < t < 50.0 or rh < critical or critical >= 100.0:
        return 0.0
    x = (critical - rh) / (critical - 100.0)
    return max(kind.a + kind.b * x - kind.c * x * x, 0.0)


def grown(
    mould: Mould,
    t: float,
    rh: float,
    hours: float,
    kind: Sensitivity = VERY_SENSITIVE,
    decline: float = 1.0,
) -> Mould:
    """Return the mould after some hours at t °C (-40 to 100), rh % (0 to 100).

    The model steps by the hour at most. `decline` is the material's share of the decline measured
    on wood (0.1 to 1; a lower one is more careful). What happens in a gap is not known to it: give
    it no hours for a gap, and say so.
    """
    climate_within(t, rh, -40.0, 100.0, 0.0)
    within("decline", decline, 0.1, 1.0)
    within("duration in hours", hours, 0.0, 24.0 * 366.0)
    left = hours
    while left > 0.0:
        step = min(left, _HOURS)
        mould = _stepped(mould, t, rh, step, kind, decline)
        left -= step
    return mould


def _stepped(
    mould: Mould, t: float, rh: float, hours: float, kind: Sensitivity, decline: float
) -> Mould:
    grows = 0.0 < t < 50.0 and rh >= critical_humidity(t, kind)
    if not grows:
        per_day = _decline(mould.dry_hours) * decline
        return Mould(max(mould.index + per_day * hours / _DAY, 0.0), mould.dry_hours + hours)
    speed = kind.slow if mould.index < 1.0 else kind.fast
    slowing = max(1.0 - exp(2.3 * (mould.index - highest_index(t, rh, kind))), 0.0)
    weeks = exp(-0.68 * log(t) - 13.9 * log(rh) + 66.02)
    return Mould(mould.index + speed * slowing / (7.0 * weeks) * hours / _DAY, 0.0)


def _decline(dry_hours: float) -> float:
    """Return the change of the index a day after so many hours without growth."""
    if dry_hours < 6.0:
        return -0.032
    return 0.0 if dry_hours < 24.0 else -0.016
