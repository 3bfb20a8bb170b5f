"""Ageing, moisture and lifetime against published values."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.climate.science import preservation
from strongroom_gateway.climate.science.moisture import equilibrium_moisture
from strongroom_gateway.climate.science.preservation import (
    VARNISH,
    Twpi,
    lifetime_multiplier,
    preservation_index,
)
from strongroom_gateway.climate.science.ranges import OutOfRangeError

PUBLISHED_PI = [
    (27.5, 74, 9),
    (32.5, 80, 5),
    (-13, 33, 7840),
    (20, 70, 26),
    (23.5, 52.5, 25),
    (14, 30.5, 161),
    (6.38, 62.84, 184),
    (20, 45, 50),
    (20, 50, 44),
    (14, 45, 108),
    (24, 60, 21),
]


@pytest.mark.parametrize(("t", "rh", "years"), PUBLISHED_PI)
def test_the_closed_form_is_as_near_to_the_published_table_as_is_said(
    t: float, rh: float, years: float
) -> None:
    assert preservation_index(t, rh) == pytest.approx(years, rel=0.28)


def test_the_closed_form_is_the_one_that_is_printed() -> None:
    assert "5.9e12" in preservation.PI_FORMULA and "90300" in preservation.PI_FORMULA
    assert preservation_index(20, 50) == pytest.approx(41.8, abs=0.05)


def test_the_time_weighted_index_is_a_harmonic_mean() -> None:
    twpi = Twpi()
    assert twpi.years is None
    twpi.add(14, 45, 3 * 3600)
    twpi.add(24, 60, 1 * 3600)
    cool, warm = preservation_index(14, 45), preservation_index(24, 60)
    assert twpi.years == pytest.approx(4 / (3 / cool + 1 / warm))
    assert twpi.seconds == 4 * 3600


@given(parts=st.lists(st.floats(1, 1e6), min_size=1, max_size=20))
def test_the_index_of_a_constant_climate_does_not_depend_on_how_it_is_cut(
    parts: list[float],
) -> None:
    twpi = Twpi()
    for seconds in parts:
        twpi.add(18, 50, seconds)
    assert twpi.years == pytest.approx(preservation_index(18, 50))


@pytest.mark.parametrize(
    ("t", "rh", "times"),
    [
        (20, 50, 1),
        (15, 50, 2.038),
        (10, 50, 4.259),
        (20, 25, 2.462),
        (25, 50, 0.503),
        (24, 60, 0.454),
    ],
)
def test_lifetime_of_paper(t: float, rh: float, times: float) -> None:
    assert lifetime_multiplier(t, rh) == pytest.approx(times, abs=0.0006)


def test_varnish_depends_less_on_temperature() -> None:
    assert 1 < lifetime_multiplier(15, 50, VARNISH) < lifetime_multiplier(15, 50)


@pytest.mark.parametrize(
    ("t", "rh", "percent"), [(20, 70, 13.1), (14, 30.5, 6.4), (31.78, 62.84, 11.1)]
)
def test_moisture_of_wood(t: float, rh: float, percent: float) -> None:
    assert equilibrium_moisture(t, rh) == pytest.approx(percent, abs=0.051)


@given(t=st.floats(-20, 60), rh=st.floats(1, 98), more=st.floats(0.5, 2))
def test_damper_air_makes_damper_wood(t: float, rh: float, more: float) -> None:
    assert equilibrium_moisture(t, rh + more) > equilibrium_moisture(t, rh)


@pytest.mark.parametrize("formula", [preservation_index, lifetime_multiplier, equilibrium_moisture])
@pytest.mark.parametrize(("t", "rh"), [(200, 50), (20, 0), (20, 101), (float("nan"), 50)])
def test_what_a_formula_does_not_hold_for_is_refused(
    formula: Callable[[float, float], float], t: float, rh: float
) -> None:
    with pytest.raises(OutOfRangeError):
        formula(t, rh)
