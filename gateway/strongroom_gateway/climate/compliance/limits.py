"""What a store is held to, and by which definitions: everything that a figure depends on.

Two figures made by different definitions cannot be compared; so each report prints them.
"""

from enum import StrEnum
from typing import Any

import msgspec

from ...profiles import Band


class Window(StrEnum):
    """Over which time a swing is looked at."""

    CALENDAR_DAY = "calendar_day"
    ROLLING = "rolling"
    """The 24 hours around each moment, 12 before and 12 after."""


class Measure(StrEnum):
    """What of a window is compared with the limit."""

    PEAK_TO_PEAK = "peak_to_peak"
    """Highest less lowest."""
    PLUS_MINUS = "plus_minus"
    """Half of that: the smallest ± band that holds all readings of the window."""


class Swing(msgspec.Struct, frozen=True):
    """How much a quantity may swing in a day, in its unit, and what that is taken to mean.

    The clauses ("每昼夜 ±2 ℃") do not say which is meant: the choice belongs to whoever reports.
    """

    limit: float
    window: Window = Window.CALENDAR_DAY
    measure: Measure = Measure.PLUS_MINUS
    source: str = "JGJ 25-2010, 5.2.3; DA/T 87-2021, 5.1.2"

    def of(self, lowest: float, highest: float) -> float:
        """Return the swing of a window with these extremes, in the unit of the quantity."""
        whole = highest - lowest
        return whole if self.measure is Measure.PEAK_TO_PEAK else whole / 2

    def keeps(self, swing: float) -> bool:
        """Whether a swing is within the limit; the last digit of a sum of decimals is forgiven."""
        return swing <= self.limit + 1e-9


class Definition(msgspec.Struct, frozen=True):
    """Everything compliance depends on: bands, swings, how long a reading holds (ms), time zone."""

    temperature: Band
    humidity: Band
    hold: int
    time_zone: str
    temperature_swing: Swing = Swing(2.0)
    humidity_swing: Swing = Swing(5.0)

    def printed(self) -> dict[str, Any]:
        """Return the definition as plain data, for a report, the ledger and a digest of it."""
        return {
            "bands": {"t": _band(self.temperature), "rh": _band(self.humidity)},
            "swings": {"t": _swing(self.temperature_swing), "rh": _swing(self.humidity_swing)},
            "hold_s": self.hold / 1000,
            "time_zone": self.time_zone,
            "weighting": "time",
            "gap": "not known, counted neither inside nor outside",
            "duplicate": "the later reading of one stamp counts",
        }


def _band(band: Band) -> dict[str, Any]:
    return {
        "low": band.low,
        "high": band.high,
        "deadband": band.deadband,
        "delay_s": band.delay / 1000,
        "source": band.source,
    }


def _swing(swing: Swing) -> dict[str, Any]:
    return {
        "limit": swing.limit,
        "window": swing.window.value,
        "measure": swing.measure.value,
        "source": swing.source,
    }
