"""Figures derived from the hours of a period: dew point, water, ageing, moisture, mould.

Each hour counts with the time that both its quantities are known. An hour outside the range of a
formula is left out of it and counted.
"""

from collections.abc import Callable

import msgspec

from ...climate.science.moisture import equilibrium_moisture
from ...climate.science.mould import Mould, grown
from ...climate.science.preservation import Twpi, lifetime_multiplier
from ...climate.science.psychrometrics import absolute_humidity, dew_point
from ...climate.science.ranges import OutOfRangeError
from ..rollup import Bucket


class Spread(msgspec.Struct):
    """A derived figure over time: weighted mean, lowest and highest hour."""

    seconds: float = 0.0
    total: float = 0.0
    low: float | None = None
    high: float | None = None

    @property
    def mean(self) -> float | None:
        """The mean over the known time; None without any."""
        return self.total / self.seconds if self.seconds else None

    def add(self, value: float, seconds: float) -> None:
        """Add an hour."""
        self.seconds += seconds
        self.total += value * seconds
        self.low = value if self.low is None else min(self.low, value)
        self.high = value if self.high is None else max(self.high, value)


class Derived:
    """The derived figures of one period; units as the formulas have them."""

    def __init__(self) -> None:
        self.dew = Spread()
        self.water = Spread()
        self.moisture = Spread()
        self.mould: float | None = None
        """The highest mould index that stood in the period."""
        self.seconds = 0.0
        self.left_out = 0
        """Hours that lie outside the range of a formula."""
        self._twpi = Twpi()
        self._worn = 0.0
        self._lived = 0.0

    @property
    def twpi(self) -> float | None:
        """Time-Weighted Preservation Index in years."""
        return self._twpi.years

    @property
    def lifetime(self) -> float | None:
        """How many times longer than at 20 °C and 50 % paper lasts: the harmonic mean."""
        return self._lived / self._worn if self._worn else None

    def add(self, t: float, rh: float, seconds: float, mould: float) -> None:
        """Add an hour at mean °C and %RH of which so many seconds are known."""
        self.seconds += seconds
        self.mould = mould if self.mould is None else max(self.mould, mould)
        whole = [
            self._spread(self.dew, dew_point, t, rh, seconds),
            self._spread(self.water, absolute_humidity, t, rh, seconds),
            self._spread(self.moisture, equilibrium_moisture, t, rh, seconds),
            self._age(t, rh, seconds),
        ]
        self.left_out += not all(whole)

    def _spread(
        self,
        spread: Spread,
        formula: Callable[[float, float], float],
        t: float,
        rh: float,
        seconds: float,
    ) -> bool:
        try:
            spread.add(formula(t, rh), seconds)
        except OutOfRangeError:
            return False
        return True

    def _age(self, t: float, rh: float, seconds: float) -> bool:
        try:
            self._twpi.add(t, rh, seconds)
            self._worn += seconds / lifetime_multiplier(t, rh)
            self._lived += seconds
        except OutOfRangeError:
            return False
        return True


class MouldCourse:
    """The mould index along the hours of a sensor; it starts at 0 and stands still in gaps."""

    def __init__(self) -> None:
        self._mould = Mould()
        self.left_out = 0

    def add(self, t: float, rh: float, seconds: float) -> float:
        """Add an hour; return the index after it."""
        try:
            self._mould = grown(self._mould, t, rh, seconds / 3600.0)
        except OutOfRangeError:
            self.left_out += 1
        return self._mould.index


def known_seconds(hour: Bucket) -> float:
    """Return for how long both quantities of an hour are known, at most."""
    return min(hour.t.known, hour.rh.known) / 1000.0
