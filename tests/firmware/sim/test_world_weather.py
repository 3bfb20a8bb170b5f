"""Outdoor weather: seasons and hours the right way round, reproducible, and never beyond
saturation."""

from datetime import UTC, datetime
from statistics import mean

import pytest
from strongroom_sim.world.air import saturation_vapour
from strongroom_sim.world.weather import CLIMATES, weather


def hours_of(month: int) -> list[float]:
    start = datetime(2026, month, 1, tzinfo=UTC).timestamp()
    return [start + hour * 3600 for hour in range(24 * 28)]


@pytest.mark.parametrize("place", sorted(CLIMATES))
def test_july_is_warmer_and_damper_than_january(place: str) -> None:
    year = weather(1, place)
    july = [year.at(hour) for hour in hours_of(7)]
    january = [year.at(hour) for hour in hours_of(1)]
    assert mean(air.temperature for air in july) > mean(air.temperature for air in january) + 5
    assert mean(air.vapour for air in july) > mean(air.vapour for air in january)


@pytest.mark.parametrize("place", sorted(CLIMATES))
def test_outdoor_air_is_never_beyond_saturation(place: str) -> None:
    for seed in range(3):
        year = weather(seed, place)
        for hour in hours_of(1) + hours_of(6):
            air = year.at(hour)
            assert air.dew_point < air.temperature
            assert 0.0 < air.vapour < saturation_vapour(air.temperature)


def test_afternoons_are_warmer_than_nights_at_utc_plus_8() -> None:
    year = weather(1, "plateau")
    warmth = dict.fromkeys(range(24), 0.0)
    for at in hours_of(5):
        warmth[datetime.fromtimestamp(at + 8 * 3600, UTC).hour] += year.at(at).temperature
    assert max(warmth, key=warmth.__getitem__) in range(13, 18)
    assert min(warmth, key=warmth.__getitem__) in range(1, 6)


def test_seeds_give_their_own_weather_and_always_the_same() -> None:
    hours = hours_of(6)
    assert [weather(5).at(h) for h in hours] == [weather(5).at(h) for h in hours]
    assert [weather(5).at(h) for h in hours] != [weather(6).at(h) for h in hours]


@pytest.mark.parametrize("place", sorted(CLIMATES))
def test_the_months_of_several_years_have_the_published_means(place: str) -> None:
    """The table goes in by its months' middles; it has to come out again as means of hours."""
    for month in range(1, 13):
        air = [weather(seed, place).at(hour) for seed in range(4) for hour in hours_of(month)[::3]]
        humidities = [100.0 * a.vapour / saturation_vapour(a.temperature) for a in air]
        climate = CLIMATES[place]
        assert abs(mean(a.temperature for a in air) - climate.temperature[month - 1]) < 1.8
        assert abs(mean(humidities) - climate.humidity[month - 1]) < 4.0


def test_the_sun_shines_by_day_alone() -> None:
    year = weather(2, "lhasa")
    sun = {hour: year.at(hours_of(6)[0] + (hour - 8) * 3600).sun for hour in range(24)}
    assert sun[0] == sun[3] == sun[22] == 0.0
    assert sun[12] > sun[8] > 0.0
