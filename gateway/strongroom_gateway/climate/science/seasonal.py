"""The band that objects have been used to: the seasonal cycle of relative humidity and what has
been usual around it, after EN 15757.

Sources: EN 15757:2010 as described by D. Camuffo et al., 2022, Atmosphere 13 (9) 1344. The text of
the standard itself was not at hand: window, percentiles and the least width are parameters, and a
report prints them.
"""

from collections.abc import Sequence
from math import ceil, floor
from typing import Final

import msgspec

from ...errors import StrongroomError
from .ranges import within

DAY: Final = 86_400_000
"""ms"""
LEAST_DAYS: Final = 395
"""Thirteen months: the standard wants the seasonal cycle whole, with a month to spare."""


class TooShortError(StrongroomError):
    """There are too few readings for a seasonal band; the text says how many are needed."""


class Rules(msgspec.Struct, frozen=True):
    """How the band is made: window in days, percentiles, least half-width in %RH, how much of a
    window must be covered by readings, how many days of readings are needed.
    """

    window_days: int = 30
    low_percentile: float = 7.0
    high_percentile: float = 93.0
    least: float = 10.0
    least_coverage: float = 0.5
    least_days: int = LEAST_DAYS


class SeasonalBand(msgspec.Struct, frozen=True):
    """The band: `below` and `above` in %RH around `mean[i]` at the hour `at[i]` (Unix ms).

    `below` is negative. `widened` says that on one side at least the usual fluctuations were
    smaller than the least half-width, which then holds in place of them.
    """

    at: tuple[int, ...]
    mean: tuple[float, ...]
    below: float
    above: float
    widened: bool
    usual_below: float
    usual_above: float

    def limits(self, n: int) -> tuple[float, float]:
        """Return the lower and the upper limit in %RH at the n-th hour."""
        return self.mean[n] + self.below, self.mean[n] + self.above


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile (0 to 100) of ascending values, linear between neighbours.

    The inclusive definition: 0 is the smallest value, 100 the largest.
    """
    within("percentile", percent, 0.0, 100.0)
    if not ordered:
        raise TooShortError("no values: a percentile needs one at least")
    place = (len(ordered) - 1) * percent / 100.0
    low, high = floor(place), ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def seasonal_band(hours: Sequence[tuple[int, float]], rules: Rules | None = None) -> SeasonalBand:
    """Return the band from hourly means (Unix ms, %RH), ascending, gaps left out.

    The centred mean over the window is the seasonal level; the differences of the hours from it
    are the fluctuations, and the band lies between two percentiles of them. An hour whose window
    is covered too little, or not on both sides, has no level and is left out. Raises TooShortError
    when less than `least_days` of hours are known, or none of them has a level.
    """
    rules = rules or Rules()
    known = len(hours) / 24.0
    if known < rules.least_days:
        raise TooShortError(
            f"{known:.0f} days of readings; a seasonal band needs {rules.least_days}"
        )
    at, mean, fluctuations = _levels(hours, rules)
    if not fluctuations:
        raise TooShortError("too many gaps: no hour has enough readings around it")
    ordered = sorted(fluctuations)
    below = percentile(ordered, rules.low_percentile)
    above = percentile(ordered, rules.high_percentile)
    return SeasonalBand(
        tuple(at),
        tuple(mean),
        min(below, -rules.least),
        max(above, rules.least),
        -below < rules.least or above < rules.least,
        below,
        above,
    )


def _levels(
    hours: Sequence[tuple[int, float]], rules: Rules
) -> tuple[list[int], list[float], list[float]]:
    half = rules.window_days * DAY // 2
    enough = rules.window_days * 24 * rules.least_coverage
    first, last = hours[0][0] + half, hours[-1][0] - half
    at, mean, fluctuations = [], [], []
    start = end = 0
    total = 0.0
    for moment, value in hours:
        while end < len(hours) and hours[end][0] <= moment + half:
            total += hours[end][1]
            end += 1
        while hours[start][0] < moment - half:
            total -= hours[start][1]
            start += 1
        if first <= moment <= last and end - start >= enough:
            level = total / (end - start)
            at.append(moment)
            mean.append(level)
            fluctuations.append(value - level)
    return at, mean, fluctuations
