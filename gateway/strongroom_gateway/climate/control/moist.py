"""Moist air as the controller needs it: vapour pressure, dew point, and what a change would bring.

Magnus with a = 17.625, b = 243.04 °C, 610.94 Pa (Alduchov and Eskridge 1996), within 0.05 K of a
maker's tables between 0 and 50 °C; a few times quicker than the formulas of the reports, which a
decision every ten seconds need not be more exact than.
"""

from math import exp, log
from typing import Final

_A: Final = 17.625
_B: Final = 243.04
_C: Final = 610.94


def saturation(t: float) -> float:
    """Return the vapour pressure of saturated air in Pa at t °C."""
    return _C * exp(_A * t / (t + _B))


def vapour(t: float, rh: float) -> float:
    """Return the vapour pressure in Pa of air at t °C and rh %."""
    return saturation(t) * rh / 100.0


def humidity(t: float, pressure: float) -> float:
    """Return the relative humidity in % that air with this vapour pressure (Pa) has at t °C."""
    return 100.0 * pressure / saturation(t)


def dew_point(t: float, rh: float) -> float:
    """Return the dew point in °C of air at t °C and rh %; dry air is taken as one in a thousand."""
    gamma = log(max(rh, 0.1) / 100.0) + _A * t / (t + _B)
    return _B * gamma / (_A - gamma)
