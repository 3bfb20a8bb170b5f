"""Air against published tables: the ASHRAE table of saturation, a maker's humidity calculator."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.climate.science import psychrometrics as air
from strongroom_gateway.climate.science.ranges import OutOfRangeError
from support.needs import REAL_DATA

GRID = "humidity-reference.csv"


def reference() -> list[tuple[float, ...]]:
    """Return (t, rh, dew or frost point, g/m3, g/kg) of the recording."""
    with (REAL_DATA / GRID).open(encoding="utf-8") as file:
        return [tuple(map(float, row[:5])) for row in list(csv.reader(file))[2:]]


@pytest.mark.needs(f"data:{GRID}")
def test_the_dew_point_is_that_of_the_reference_calculator() -> None:
    rows = [row for row in reference() if row[1] >= 10]
    assert len(rows) == 110
    worst = max(abs(air.dew_point(t, rh) - dew) for t, rh, dew, _, _ in rows)
    assert worst < 0.05


@pytest.mark.needs(f"data:{GRID}")
def test_water_in_the_air_is_that_of_the_reference_calculator() -> None:
    for t, rh, _, grams, ratio in reference():
        assert air.absolute_humidity(t, rh) == pytest.approx(grams, rel=0.006)
        assert air.mixing_ratio(t, rh) == pytest.approx(ratio, rel=0.008)


@pytest.mark.parametrize(("t", "pascal"), [(5.0, 872.6), (25.0, 3169.7)])
def test_saturation_is_that_of_the_ashrae_table(t: float, pascal: float) -> None:
    assert air.saturation_pressure(t) == pytest.approx(pascal, rel=3e-4)


def test_saturated_air_of_25_degrees_holds_what_the_ashrae_table_says() -> None:
    # The table corrects for air not being an ideal gas; the formulas do not, by half a per cent.
    assert air.mixing_ratio(25, 100, 101_325) == pytest.approx(20.173, rel=5e-3)


@pytest.mark.parametrize(("t", "rh", "grams"), [(20, 50, 8.644), (14, 45, 5.429), (24, 60, 13.061)])
def test_absolute_humidity(t: float, rh: float, grams: float) -> None:
    assert air.absolute_humidity(t, rh) == pytest.approx(grams, abs=0.002)


def test_the_wet_bulb_is_that_of_the_published_example() -> None:
    assert air.wet_bulb(7, 61, 100_000) == pytest.approx(3.926674, rel=1e-3)


@given(t=st.floats(-30, 60), rh=st.floats(1, 100))
def test_air_cooled_to_its_dew_point_is_saturated(t: float, rh: float) -> None:
    dew = air.dew_point(t, rh)
    assert dew <= t + 0.001
    assert air.relative_humidity(t, dew) == pytest.approx(rh, rel=2e-3)


@given(t=st.floats(0, 40), rh=st.floats(5, 95), warmer=st.floats(0.5, 10))
def test_warming_dries_the_air_and_leaves_its_dew_point(t: float, rh: float, warmer: float) -> None:
    dew = air.dew_point(t, rh)
    assert air.relative_humidity(t + warmer, dew) < rh
    assert air.dew_point(t + warmer, air.relative_humidity(t + warmer, dew)) == pytest.approx(
        dew, abs=0.01
    )


def test_a_surface_below_the_dew_point_is_wet() -> None:
    assert air.relative_humidity(10.0, 12.0) == 100.0


@pytest.mark.parametrize(
    ("t", "rh"), [(20, 0), (20, 100.1), (101, 50), (-41, 50), (20, float("nan"))]
)
def test_what_the_formulas_do_not_hold_for_is_refused(t: float, rh: float) -> None:
    with pytest.raises(OutOfRangeError):
        air.dew_point(t, rh)
