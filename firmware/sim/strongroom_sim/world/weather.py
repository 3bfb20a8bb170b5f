"""Outdoor weather as a pure function of the time: month, hour of the day, passing fronts, all from
a seed.

Each place goes by its monthly means; between the middles of two months it goes straight. Hours and
fronts are made up. No year of any place is reproduced; a seed stands for one that could have been.

Temperatures: China Statistical Yearbook 2010, table 12-13, monthly mean temperature of major cities
in 2009 (Chongqing: Shapingba); Lhasa: a traveller's table that follows the national normals of
1971-2000. Humidities: near the national normals of 1971-2000, rounded, not confirmed month by
month; what was confirmed are the yearly means of Chongqing (70 to 80 %) and Kunming (74 %), and
that Harbin has its lowest in April (49 %) and more than 70 % from July to September.
"""

from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

from .air import ZERO_CELSIUS, Outdoor, dew_point, saturation_vapour

DAY_S = 86_400.0
YEAR_S = 365.2425 * DAY_S
_MONTH_S = YEAR_S / 12.0
_ZONE_S = 8 * 3600.0  # hours are those of UTC+8


@dataclass(frozen=True)
class Climate:
    """A place: monthly means in C and percent, half the daily range in K, size of fronts in K, and
    how much the sun adds to what the walls feel at noon (K)."""

    temperature: tuple[float, ...]
    humidity: tuple[float, ...]
    daily: float
    unrest: float
    sun: float


CHONGQING = Climate(
    (7.7, 13.0, 14.8, 18.8, 21.9, 25.4, 28.9, 28.4, 26.9, 19.6, 12.9, 9.9),
    (83, 80, 77, 77, 78, 81, 76, 73, 77, 84, 85, 85),
    daily=3.0,
    unrest=2.5,
    sun=5.0,
)
GUANGZHOU = Climate(
    (12.4, 21.0, 18.2, 22.2, 25.9, 27.9, 29.6, 29.9, 29.5, 26.0, 17.9, 15.3),
    (72, 78, 82, 84, 83, 84, 81, 82, 79, 72, 69, 67),
    daily=3.5,
    unrest=2.5,
    sun=7.0,
)
HARBIN = Climate(
    (-16.0, -11.5, -3.9, 9.7, 18.4, 18.9, 22.6, 22.2, 15.6, 7.1, -7.0, -16.7),
    (72, 68, 57, 50, 51, 65, 77, 78, 70, 63, 65, 71),
    daily=5.0,
    unrest=4.0,
    sun=6.0,
)
KUNMING = Climate(
    (8.3, 13.9, 15.8, 17.7, 19.8, 20.6, 21.3, 20.6, 20.1, 18.5, 11.8, 10.5),
    (68, 62, 58, 58, 67, 78, 82, 82, 80, 80, 77, 73),
    daily=5.0,
    unrest=2.0,
    sun=8.0,
)
LHASA = Climate(
    (-2.3, 1.1, 4.5, 8.3, 12.3, 15.4, 15.1, 14.3, 12.7, 8.2, 2.3, -1.7),
    (28, 26, 27, 37, 44, 52, 61, 65, 60, 46, 36, 31),
    daily=7.0,
    unrest=2.0,
    sun=10.0,
)

CLIMATES = {
    "chongqing": CHONGQING,
    "guangzhou": GUANGZHOU,
    "harbin": HARBIN,
    "kunming": KUNMING,
    "lhasa": LHASA,
    "humid-subtropical": CHONGQING,
    "cold-dry": HARBIN,
    "plateau": KUNMING,
}

Waves = tuple[tuple[float, float, float], ...]  # angular speed, phase, share


@dataclass(frozen=True)
class Weather:
    """A place's weather with its own fronts: the same seed gives the same year."""

    climate: Climate
    fronts: Waves  # of temperature and, half, of moisture
    spells: Waves  # of moisture alone: wet and dry days

    def at(self, unix_s: float) -> Outdoor:
        """Return the outdoor air at a Unix time in seconds."""
        place = self.climate
        mean, humidity = _of_season(place, unix_s)
        clock = 2 * pi * (unix_s + _ZONE_S) / DAY_S
        afternoon = cos(clock - 2 * pi * 15.0 / 24.0)
        front = place.unrest * _sum(self.fronts, unix_s)
        spell = place.unrest * _sum(self.spells, unix_s)
        temperature = mean + place.daily * afternoon + front
        # Saturation curves upwards: the mean of the hours' humidity is above that of the means.
        dew = dew_point(mean, humidity) + 0.6 * front + 0.6 * spell - 0.1 * place.daily
        dew = min(dew, temperature - 0.2)
        noon = max(0.0, -cos(clock)) * max(0.2, 1.0 - 0.3 * _sum(self.spells, unix_s))
        return Outdoor(temperature, dew, _vapour_at(temperature, dew), place.sun * noon)


def weather(seed: int, climate: str = "humid-subtropical") -> Weather:
    """Return the weather of a climate (see CLIMATES) under a seed."""
    rng = Random(f"weather {seed}")
    # Fronts pass every two to twelve days: incommensurable waves never repeat within a year.
    fronts = _waves(rng, 5, 2.0, 12.0)
    return Weather(CLIMATES[climate], fronts, _waves(rng, 4, 1.5, 8.0))


def _waves(rng: Random, count: int, shortest: float, longest: float) -> Waves:
    return tuple(
        (2 * pi / (days * DAY_S), rng.uniform(0.0, 2 * pi), 1.0 / count**0.5)
        for days in (rng.uniform(shortest, longest) for _ in range(count))
    )


def _sum(waves: Waves, unix_s: float) -> float:
    return sum(share * sin(speed * unix_s + phase) for speed, phase, share in waves)


def _of_season(place: Climate, unix_s: float) -> tuple[float, float]:
    """Return the mean temperature and humidity at a time of the year."""
    # 1 January 1970 is day 0; the middle of January is half a month later.
    months = (unix_s % YEAR_S) / _MONTH_S - 0.5
    before = int(months // 1) % 12
    share = months % 1.0
    after = (before + 1) % 12
    t, rh = place.temperature, place.humidity
    return (
        t[before] + share * (t[after] - t[before]),
        rh[before] + share * (rh[after] - rh[before]),
    )


def _vapour_at(temperature: float, dew: float) -> float:
    """Vapour of air whose dew point is known: the pressure at the dew point, at the air's own
    temperature."""
    return saturation_vapour(dew) * (dew + ZERO_CELSIUS) / (temperature + ZERO_CELSIUS)
