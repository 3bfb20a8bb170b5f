"""What a store is held to, and by which definitions: everything that a figure depends on.

Two figures made by different definitions cannot be compared; so each report prints them.
"""

from math import isfinite
from typing import Any

import msgspec

from ...profiles import Band, Swing

__all__ = ["Band", "Definition", "Swing", "keeps", "swing_of"]


def swing_of(swing: Swing, lowest: float, highest: float) -> float:
    """Return the swing of a window with these extremes, as the limit measures it."""
    whole = highest - lowest
    return whole if swing.measure == "peak-to-peak" else whole / 2


def keeps(swing: Swing, value: float) -> bool:
    """Whether a swing is within its limit; the last digit of a sum of decimals is forgiven."""
    return value <= swing.limit + 1e-9


class Definition(msgspec.Struct, frozen=True):
    """Everything compliance depends on: bands, swings (None: no limit), how long a reading holds
    (ms), time zone.
    """

    temperature: Band
    humidity: Band
    hold: int
    time_zone: str
    temperature_swing: Swing | None = None
    humidity_swing: Swing | None = None

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
        "low": band.low if isfinite(band.low) else None,
        "high": band.high if isfinite(band.high) else None,
        "deadband": band.deadband,
        "delay_s": band.delay / 1000,
        "source": band.source,
    }


def _swing(swing: Swing | None) -> dict[str, Any] | None:
    return None if swing is None else msgspec.structs.asdict(swing)
