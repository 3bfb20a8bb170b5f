"""The mould index against figures of an independent program (anssilaukkarinen/trh-1, hourly steps)."""

from math import cos, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.climate.science.mould import (
    MEDIUM_RESISTANT,
    RESISTANT,
    SENSITIVE,
    VERY_SENSITIVE,
    Mould,
    Sensitivity,
    critical_humidity,
    grown,
    highest_index,
)
from strongroom_gateway.climate.science.ranges import OutOfRangeError

CLASSES = [VERY_SENSITIVE, SENSITIVE, MEDIUM_RESISTANT, RESISTANT]
HOURS = 9_600


def weather(hour: int) -> tuple[float, float]:
    """Return a made-up climate of a cold loft, 4 to 20 °C and 72 to 99.5 %."""
    t = 12 + 7.5 * sin(2 * pi * hour / 8760) + 0.4 * sin(2 * pi * hour / 24)
    rh = 86 + 11 * sin(2 * pi * hour / (24 * 37)) + 3 * cos(2 * pi * hour / 24)
    return t, min(99.5, rh)


def course(kind: Sensitivity, decline: float = 1.0) -> list[float]:
    mould, indices = Mould(), [0.0]
    for hour in range(HOURS - 1):
        mould = grown(mould, *weather(hour), 1.0, kind, decline)
        indices.append(mould.index)
    return indices


@pytest.mark.parametrize(
    ("kind", "highest", "last"),
    [
        (VERY_SENSITIVE, 5.5655, 5.3888),
        (SENSITIVE, 1.8553, 1.4417),
        (MEDIUM_RESISTANT, 0.0778, 0.0),
        (RESISTANT, 0.0344, 0.0),
    ],
)
def test_a_year_of_a_damp_loft(kind: Sensitivity, highest: float, last: float) -> None:
    indices = course(kind)
    assert max(indices) == pytest.approx(highest, abs=6e-5)
    assert indices[-1] == pytest.approx(last, abs=6e-5)


def test_a_material_on_which_mould_declines_slowly() -> None:
    indices = course(VERY_SENSITIVE, decline=0.25)
    assert max(indices) == pytest.approx(5.7407, abs=6e-5)
    assert indices[-1] == pytest.approx(5.7112, abs=6e-5)


@pytest.mark.parametrize(
    ("t", "rh", "after_60_days"),
    [
        (20, 90, [3.0261, 1.1155, 0.1413, 0.0580]),
        (15, 95, [5.0807, 1.7030, 0.2551, 0.1135]),
        (5, 97, [3.4881, 1.2004, 0.1617, 0.0726]),
        (20, 82, [0.5351, 0.2639, 0.0, 0.0]),
    ],
)
def test_sixty_days_of_the_same(t: float, rh: float, after_60_days: list[float]) -> None:
    found = [grown(Mould(), t, rh, 24 * 60 - 1, kind).index for kind in CLASSES]
    assert found == pytest.approx(after_60_days, abs=6e-5)


def test_a_store_inside_its_band_grows_no_mould() -> None:
    assert grown(Mould(), 24, 60, 24 * 365).index == 0.0


@given(t=st.floats(-20, 60), rh=st.floats(0, 79.9))
def test_nothing_grows_below_eighty_per_cent(t: float, rh: float) -> None:
    assert grown(Mould(), t, rh, 48).index == 0.0
    assert highest_index(t, rh) == 0.0


@given(t=st.floats(0.1, 50), kind=st.sampled_from(CLASSES))
def test_no_air_is_critical_below_the_least_of_the_class(t: float, kind: Sensitivity) -> None:
    assert kind.rh_min <= critical_humidity(t, kind) <= 100


def test_the_decline_is_fast_for_six_hours_then_stops_for_a_day_then_is_slow() -> None:
    six = grown(Mould(3.0), 20, 50, 6).index
    day = grown(Mould(3.0), 20, 50, 24).index
    later = grown(Mould(3.0), 20, 50, 48).index
    assert six == pytest.approx(3.0 - 0.032 / 4)
    assert day == pytest.approx(six)
    assert later == pytest.approx(day - 0.016)


def test_what_the_model_does_not_hold_for_is_refused() -> None:
    with pytest.raises(OutOfRangeError):
        grown(Mould(), 20, 101, 1)
    with pytest.raises(OutOfRangeError):
        grown(Mould(), 20, 50, -1)
