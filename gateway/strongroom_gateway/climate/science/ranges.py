"""The one check that every formula makes of what it is given."""

from ...errors import StrongroomError


class OutOfRangeError(StrongroomError, ValueError):
    """A formula was asked for a value outside the range it holds for."""


def within(what: str, value: float, low: float, high: float) -> None:
    """Raise OutOfRangeError unless `low <= value <= high`; NaN is outside of everything."""
    if not low <= value <= high:
        raise OutOfRangeError(f"{what} {value:g} is outside {low:g} to {high:g}")


def climate_within(t: float, rh: float, t_low: float, t_high: float, rh_low: float) -> None:
    """Raise OutOfRangeError unless a pair of readings (°C, %RH) lies in the range of a formula."""
    within("temperature", t, t_low, t_high)
    within("relative humidity", rh, rh_low, 100.0)
