"""Water in air, by the equations of the ASHRAE Handbook as PsychroLib computes them.

Source: ASHRAE Handbook - Fundamentals (2017), chapter 1, equations 5, 6, 20, 22 and 36, through
PsychroLib (doi:10.21105/joss.01137). Below 0 °C saturation is over ice, so that a dew point below
zero is a frost point.
"""

from typing import Final

import psychrolib

from .ranges import climate_within, within

STANDARD_PRESSURE: Final = 101_325.0
"""Pa, at sea level."""
_ZERO: Final = 273.15
_VAPOUR_CONSTANT: Final = 461.5
"""J/(kg K), the specific gas constant of water vapour."""
_T_LOW, _T_HIGH, _RH_LOW = -40.0, 100.0, 0.1

# The library's unit system is global and unset at first; nothing else here uses the library.
psychrolib.SetUnitSystem(psychrolib.SI)


def saturation_pressure(t: float) -> float:
    """Return the pressure of saturated water vapour in Pa at t °C (-40 to 100)."""
    within("temperature", t, _T_LOW, _T_HIGH)
    return float(psychrolib.GetSatVapPres(t))


def vapour_pressure(t: float, rh: float) -> float:
    """Return the partial pressure of water vapour in Pa at t °C (-40 to 100), rh % (0.1 to 100)."""
    climate_within(t, rh, _T_LOW, _T_HIGH, _RH_LOW)
    return float(psychrolib.GetSatVapPres(t)) * rh / 100.0


def dew_point(t: float, rh: float) -> float:
    """Return the temperature in °C at which the air becomes saturated; below 0 °C the frost point.

    t °C (-40 to 100), rh % (0.1 to 100). Within 0.05 K of a maker's reference calculator from 10 %.
    """
    climate_within(t, rh, _T_LOW, _T_HIGH, _RH_LOW)
    return float(psychrolib.GetTDewPointFromRelHum(t, rh / 100.0))


def relative_humidity(t: float, dew: float) -> float:
    """Return the relative humidity in % of air at t °C (-40 to 100) with a dew point of `dew` °C.

    100 and no more where the surface is as cold as the dew point or colder: water condenses there.
    """
    within("temperature", t, _T_LOW, _T_HIGH)
    within("dew point", dew, -90.0, _T_HIGH)
    return min(100.0, 100.0 * float(psychrolib.GetSatVapPres(dew) / psychrolib.GetSatVapPres(t)))


def absolute_humidity(t: float, rh: float) -> float:
    """Return the water in the air in g/m3; t °C (-40 to 100), rh % (0.1 to 100)."""
    return vapour_pressure(t, rh) / (_VAPOUR_CONSTANT * (t + _ZERO)) * 1000.0


def mixing_ratio(t: float, rh: float, pressure: float = STANDARD_PRESSURE) -> float:
    """Return grams of water for each kilogram of dry air.

    t °C (-40 to 100), rh % (0.1 to 100), pressure Pa (50,000 to 110,000: up to 5,500 m above the
    sea). Near boiling, vapour that would fill the room has no ratio: OutOfRangeError.
    """
    within("pressure", pressure, 50_000.0, 110_000.0)
    vapour = vapour_pressure(t, rh)
    within("vapour pressure", vapour, 0.0, 0.9 * pressure)
    return float(psychrolib.GetHumRatioFromVapPres(vapour, pressure)) * 1000.0


def wet_bulb(t: float, rh: float, pressure: float = STANDARD_PRESSURE) -> float:
    """Return the wet-bulb temperature in °C; t °C (-40 to 60), rh % (0.1 to 100), pressure Pa."""
    climate_within(t, rh, _T_LOW, 60.0, _RH_LOW)
    within("pressure", pressure, 50_000.0, 110_000.0)
    return float(psychrolib.GetTWetBulbFromRelHum(t, rh / 100.0, pressure))
