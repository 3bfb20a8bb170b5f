"""Water held by wood and paper in balance with the air."""

from typing import Final

from .ranges import climate_within

EMC_FORMULA: Final = "Hailwood-Horrobin, two hydrates"
EMC_SOURCE: Final = "Forest Products Laboratory, Wood Handbook, equation for moisture content"


def equilibrium_moisture(t: float, rh: float) -> float:
    """Return the moisture content in % of dry mass that wood settles at; t °C (-25 to 65), rh %
    (0.1 to 100).

    Paper lies lower and lags behind: the figure is for comparing, as conservators use it. Between
    5 and 12.5 % mechanical damage is not expected.
    """
    climate_within(t, rh, -25.0, 65.0, 0.1)
    h = rh / 100.0
    w = 349.0 + 1.29 * t + 0.0135 * t * t
    k = 0.805 + 7.36e-4 * t - 2.73e-6 * t * t
    k1 = 6.27 - 9.38e-3 * t - 3.03e-4 * t * t
    k2 = 1.91 + 0.0407 * t - 2.93e-4 * t * t
    kh = k * h
    first, second = k1 * kh, k1 * k2 * kh * kh
    return 1800.0 / w * (kh / (1.0 - kh) + (first + 2.0 * second) / (1.0 + first + second))
