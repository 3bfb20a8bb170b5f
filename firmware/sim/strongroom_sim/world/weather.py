"""Outdoor weather as a pure function of the time: season, hour of the day, passing fronts, all
from a seed.

The three climates are rough shapes (yearly mean, seasonal and daily swing, dew-point depression),
chosen to differ; they are assumptions of the simulation and describe no station.
"""

from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

from .air import ZERO_CELSIUS, Outdoor, saturation_vapour

DAY_S = 86_400.0
YEAR_S = 365.2425 * DAY_S


@dataclass(frozen=True)
class Climate:
    """The shape of a place's weather. Temperatures in C, depressions in K."""

    mean: float
    seasonal: float  # half the difference between the hottest and the coldest month
    daily: float  # half the difference between afternoon and night
    depression: float  # mean distance of the dew point below the temperature
    depression_seasonal: float  # added in winter, taken away in summer
    unrest: float  # size of passing fronts


CLIMATES = {
    "humid-subtropical": Climate(21.0, 8.0, 3.5, 4.5, 2.0, 2.5),
    "cold-dry": Climate(4.0, 18.0, 5.5, 9.0, 1.0, 4.0),
    "plateau": Climate(8.0, 8.5, 7.5, 13.0, 6.0, 2.5),
}


@dataclass(frozen=True)
class Weather:
    """A place's weather with its own fronts: the same seed gives the same year."""

    climate: Climate
    fronts: tuple[tuple[float, float, float], ...]  # angular speed, phase, share

    def at(self, unix_s: float) -> Outdoor:
        """Return the outdoor air at a Unix time in seconds."""
        place = self.climate
        # 1 January 1970 is day 0; the hottest day is about 25 July, the hottest hour 15:00 at
        # UTC+8.
        season = cos(2 * pi * (unix_s / YEAR_S - 205.0 / 365.0))
        hour = cos(2 * pi * ((unix_s + 8 * 3600.0) / DAY_S - 15.0 / 24.0))
        unrest = sum(share * sin(speed * unix_s + phase) for speed, phase, share in self.fronts)
        temperature = (
            place.mean + place.seasonal * season + place.daily * hour + place.unrest * unrest
        )
        depression = (
            place.depression
            - place.depression_seasonal * season
            + 0.8 * place.daily * hour
            + 0.6 * place.unrest * unrest
        )
        dew = temperature - max(0.2, depression)
        return Outdoor(temperature, dew, _vapour_at(temperature, dew))


def weather(seed: int, climate: str = "humid-subtropical") -> Weather:
    """Return the weather of a climate (see CLIMATES) under a seed."""
    rng = Random(f"weather {seed}")
    # Fronts pass every two to nine days: four incommensurable waves never repeat within a year.
    fronts = tuple(
        (2 * pi / (days * DAY_S), rng.uniform(0.0, 2 * pi), 0.5)
        for days in (rng.uniform(2.0, 9.0) for _ in range(4))
    )
    return Weather(CLIMATES[climate], fronts)


def _vapour_at(temperature: float, dew: float) -> float:
    """Vapour of air whose dew point is known: the pressure at the dew point, at the air's own
    temperature."""
    return saturation_vapour(dew) * (dew + ZERO_CELSIUS) / (temperature + ZERO_CELSIUS)
