"""The seasonal band on climates whose band is known without computing it."""

import statistics
from math import pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.climate.science.seasonal import (
    DAY,
    Rules,
    TooShortError,
    percentile,
    seasonal_band,
)

HOUR = 3_600_000


def year(fluctuation: float, days: int = 400) -> list[tuple[int, float]]:
    """Return hours whose level never changes and that swing daily by ± fluctuation."""
    return [
        (hour * HOUR, 50 + fluctuation * sin(2 * pi * (hour + 0.5) / 24))
        for hour in range(days * 24)
    ]


def test_a_quiet_room_gets_the_least_band() -> None:
    band = seasonal_band(year(2.0))
    assert band.widened
    assert (band.below, band.above) == (-10.0, 10.0)
    low, high = band.limits(len(band.at) // 2)
    assert low == pytest.approx(40, abs=0.05) and high == pytest.approx(60, abs=0.05)


def test_a_restless_room_is_held_to_what_it_was_used_to() -> None:
    band = seasonal_band(year(20.0))
    # Of a sine, 7 % of the time is spent below -cos(0.07 pi) of its amplitude.
    assert not band.widened
    assert band.below == pytest.approx(-19.5, abs=0.4)
    assert band.above == pytest.approx(19.5, abs=0.4)


def test_the_band_follows_the_seasons() -> None:
    hours = [(h * HOUR, 50 + 10 * sin(2 * pi * h / 8760)) for h in range(400 * 24)]
    band = seasonal_band(hours)
    for n in range(0, len(band.at), 500):
        true = 50 + 10 * sin(2 * pi * band.at[n] / HOUR / 8760)
        assert band.mean[n] == pytest.approx(true, abs=0.2)


def test_there_is_no_level_at_the_ends_or_inside_a_long_gap() -> None:
    hours = [h for h in year(5.0, days=460) if not 200 * DAY <= h[0] < 240 * DAY]
    band = seasonal_band(hours)
    assert band.at[0] == 15 * DAY
    # Half of the window must be known: nothing within the gap, and its edges only just.
    assert not [at for at in band.at if 200 * DAY < at < 240 * DAY]
    assert [at for at in band.at if 100 * DAY < at < 190 * DAY]


def test_less_than_thirteen_months_is_refused_with_what_is_needed() -> None:
    with pytest.raises(TooShortError, match="395"):
        seasonal_band(year(5.0, days=390))


def test_a_shorter_time_can_be_asked_for() -> None:
    assert seasonal_band(year(5.0, days=60), Rules(least_days=60)).at


@given(
    values=st.lists(st.floats(-100, 100), min_size=2, max_size=60),
    percent=st.integers(1, 99),
)
def test_percentiles_are_those_of_the_standard_library(values: list[float], percent: int) -> None:
    expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
    assert percentile(sorted(values), percent) == pytest.approx(expected, abs=1e-6)
