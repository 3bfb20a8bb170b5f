"""From positions to aisles: widths, order, and what cannot be believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.shelves.aisles import Geometry, PositionFault, layout

BANK = Geometry(travel_mm=1800, low_mm=(0, 0, 0), open_mm=400, shut_mm=60, tolerance_mm=40)


def states(found):
    return [a.state for a in found.aisles]


def widths(found):
    return [a.mm for a in found.aisles]


def test_the_free_space_is_where_the_carriages_are_not():
    found = layout(BANK, [300, 310, 1100])
    assert widths(found) == [300, 10, 790, 700]
    assert states(found) == ["part", "shut", "open", "open"]
    assert found.faults == ()


@pytest.mark.parametrize(
    ("reported", "open_aisle"),
    [([0, 0, 0], 3), ([0, 0, 1800], 2), ([0, 1800, 1800], 1), ([1800, 1800, 1800], 0)],
)
def test_all_space_in_one_aisle(reported, open_aisle):
    found = layout(BANK, reported)
    assert [a.n for a in found.aisles if a.state == "open"] == [open_aisle]
    assert states(found).count("shut") == 3


def test_space_spread_for_air_opens_nothing():
    bank = Geometry(travel_mm=1200, low_mm=(0, 0, 0), open_mm=400, shut_mm=60, tolerance_mm=40)
    assert states(layout(bank, [300, 600, 900])) == ["part"] * 4


def test_each_carriage_has_its_own_zero():
    bank = Geometry(travel_mm=1800, low_mm=(100, 750), open_mm=400, shut_mm=60, tolerance_mm=40)
    assert widths(layout(bank, [100, 1250])) == [0, 500, 1300]


def test_a_wavering_measurement_is_no_contradiction():
    found = layout(BANK, [300, 270, 1830])
    assert found.faults == ()
    assert widths(found) == [300, 0, 1500, 0]
    assert layout(BANK, [-40, 0, 0]).faults == ()


def test_by_more_than_the_tolerance_it_is_one():
    assert layout(BANK, [340, 300, 1800]).faults == ()
    assert layout(BANK, [341, 300, 1800]).faults == (PositionFault("overlap", (1, 2)),)
    # It adds up: each is within the tolerance of its neighbour, and the first is not of the last.
    found = layout(BANK, [360, 330, 300])
    assert found.faults == (PositionFault("overlap", (1, 3)),)
    assert found.ways == (None, 330, None)


def test_one_carriage_standing_in_another_disbelieves_both():
    found = layout(BANK, [900, 300, 1800])
    assert found.faults == (PositionFault("overlap", (1, 2)),)
    assert states(found) == ["unknown", "unknown", "unknown", "shut"]
    assert found.ways == (None, None, 1800)
    assert found.contradicts == found.faults


@pytest.mark.parametrize("mm", [-41, 1841, 90_000])
def test_beyond_an_end_is_disbelieved(mm):
    found = layout(BANK, [0, mm, 1800])
    assert found.faults == (PositionFault("outside", (2,)),)
    assert states(found) == ["shut", "unknown", "unknown", "shut"]


def test_beside_a_lost_carriage_nothing_is_guessed_but_what_must_be():
    assert states(layout(BANK, [0, None, 900])) == ["shut", "unknown", "unknown", "open"]
    assert states(layout(BANK, [900, None, 940])) == ["open", "shut", "shut", "open"]
    assert widths(layout(BANK, [900, None, 940])) == [900, None, None, 860]
    lost = layout(BANK, [None] * 3)
    assert states(lost) == ["unknown"] * 4
    assert lost.contradicts == ()


def test_an_open_aisle_stays_open_while_its_width_wavers():
    assert states(layout(BANK, [380, 380, 1800]))[0] == "part"
    assert states(layout(BANK, [380, 380, 1800], frozenset({0})))[0] == "open"
    assert states(layout(BANK, [359, 359, 1800], frozenset({0})))[0] == "part"


@st.composite
def banks(draw):
    """A bank, and ways that real carriages could have."""
    travel = draw(st.integers(600, 5000))
    count = draw(st.integers(1, 12))
    low = tuple(draw(st.lists(st.integers(-3000, 3000), min_size=count, max_size=count)))
    shut = draw(st.integers(0, 200))
    tolerance = draw(st.integers(0, 80))
    bank = Geometry(travel, low, draw(st.integers(shut + 1, travel)), shut, tolerance)
    way = sorted(draw(st.lists(st.integers(0, travel), min_size=count, max_size=count)))
    return bank, way


def reported(bank, ways):
    return [None if w is None else w + low for w, low in zip(ways, bank.low_mm, strict=True)]


@given(banks())
def test_all_aisles_together_are_the_free_space(made):
    bank, ways = made
    found = layout(bank, reported(bank, ways))
    assert found.faults == ()
    assert found.ways == tuple(ways)
    assert sum(widths(found)) == bank.travel_mm
    assert [a.n for a in found.aisles] == list(range(bank.count + 1))


@given(banks(), st.data())
def test_noise_within_half_the_tolerance_never_makes_a_fault(made, data):
    bank, ways = made
    half = bank.tolerance_mm // 2
    noisy = [w + data.draw(st.integers(-half, half)) for w in ways]
    found = layout(bank, reported(bank, noisy))
    assert found.faults == ()
    assert sum(widths(found)) == bank.travel_mm
    assert all(mm >= 0 for mm in widths(found))
    for before, after in zip(ways, found.ways, strict=True):
        assert abs(before - after) <= 2 * half


@given(banks(), st.lists(st.none() | st.integers(-10_000, 100_000), min_size=12, max_size=12))
def test_whatever_is_reported_the_believed_carriages_stand_in_order(made, raw):
    bank, _ = made
    found = layout(bank, raw[: bank.count])
    believed = [w for w in found.ways if w is not None]
    assert believed == sorted(believed)
    assert all(0 <= w <= bank.travel_mm for w in believed)
    assert sum(mm for mm in widths(found) if mm is not None) <= bank.travel_mm
    faulty = {n for f in found.faults for n in f.carriages}
    assert faulty == {n for n, w in enumerate(found.ways, 1) if w is None}
    for a in found.aisles:
        if a.state == "open":
            assert a.mm >= bank.open_mm
            assert not {a.n, a.n + 1} & faulty


@given(banks(), st.data())
def test_losing_a_sensor_never_turns_into_another_answer(made, data):
    """What is said without a sensor is what is said with it, or that it is not known."""
    bank, ways = made
    lost = data.draw(st.sets(st.integers(0, bank.count - 1)))
    fewer = [None if n in lost else w for n, w in enumerate(ways)]
    full, less = layout(bank, reported(bank, ways)), layout(bank, reported(bank, fewer))
    for a, b in zip(full.aisles, less.aisles, strict=True):
        assert b.state in ("unknown", a.state)
        assert b.mm in (None, a.mm)
