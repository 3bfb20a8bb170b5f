"""How fast acid paper ages: Preservation Index, its mean over time, the lifetime multiplier.

These compare climates; none of them foretells the year in which a sheet falls apart.
"""

from math import exp
from typing import Final

from .ranges import climate_within, within

GAS_CONSTANT: Final = 8.314
"""J/(mol K)"""
_ZERO: Final = 273.15

PI_FORMULA: Final = "PI = 1 / (RH% x 5.9e12 x exp(-90300 / (8.314 x TK)))"
PI_SOURCE: Final = "T. Padfield, Conservation Physics, twpi"
TWPI_FORMULA: Final = "TWPI = sum(t) / sum(t / PI), readings as they are (not smoothed)"
LIFETIME_FORMULA: Final = "LM = (50 / RH%)^1.3 x exp(Ea / 8.314 x (1/TK - 1/293.15))"
LIFETIME_SOURCE: Final = "S. Michalski, 2002, Double the life for each five-degree drop"

PAPER: Final = 100_000.0
"""J/mol, activation energy of the ageing of paper."""
VARNISH: Final = 70_000.0
"""J/mol, of the yellowing of varnish."""


def preservation_index(t: float, rh: float) -> float:
    """Return the Preservation Index in years; t °C (-25 to 65), rh % (5 to 100).

    The closed form of T. Padfield, not the table of the Image Permanence Institute, from which it
    differs by 8 % on average and up to 28 % between 5 and 30 °C, 30 and 70 %, and by more outside.
    """
    climate_within(t, rh, -25.0, 65.0, 5.0)
    return 1.0 / (rh * 5.9e12 * exp(-90_300.0 / (GAS_CONSTANT * (t + _ZERO))))


class Twpi:
    """Time-Weighted Preservation Index: add stretches of time, then ask; constant memory.

    The harmonic mean of the index over time: a warm week costs more than a cool one gives back.
    Time of which nothing is known is not added and so counts neither way.
    """

    def __init__(self) -> None:
        self._time = 0.0
        self._aged = 0.0

    def add(self, t: float, rh: float, seconds: float) -> None:
        """Add a stretch at t °C (-25 to 65), rh % (5 to 100) that lasted so many seconds."""
        within("duration", seconds, 0.0, float("inf"))
        self._aged += seconds / preservation_index(t, rh)
        self._time += seconds

    @property
    def seconds(self) -> float:
        """How much time was added."""
        return self._time

    @property
    def years(self) -> float | None:
        """The mean in years; None while no time was added."""
        return self._time / self._aged if self._aged else None


def lifetime_multiplier(t: float, rh: float, activation: float = PAPER) -> float:
    """Return how many times longer than at 20 °C and 50 % a material lasts (1 there).

    t °C (-40 to 60), rh % (1 to 100), activation energy J/mol (20,000 to 200,000; PAPER, VARNISH).
    Doubles for paper with each 5 °C less near room temperature.
    """
    climate_within(t, rh, -40.0, 60.0, 1.0)
    within("activation energy", activation, 20_000.0, 200_000.0)
    dryness: float = (50.0 / rh) ** 1.3
    return dryness * exp(activation / GAS_CONSTANT * (1.0 / (t + _ZERO) - 1.0 / 293.15))
