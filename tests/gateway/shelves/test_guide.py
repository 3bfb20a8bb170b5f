"""Which carriages to push: enough, in an order that works, and no more than need be."""

from itertools import combinations_with_replacement, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strongroom_gateway.shelves.aisles import Geometry
from strongroom_gateway.shelves.guide import Guide, Push, guide, pushed


def bank(count, travel=1800, wide=600):
    return Geometry(travel, (0,) * count, wide, 60, 40)


def test_an_open_aisle_needs_nothing():
    assert guide(bank(3), [0, 900, 1800], 1) == Guide(())


def test_all_at_the_low_end_and_the_first_aisle_wanted():
    """The far carriages go first: nobody can push one through another."""
    found = guide(bank(3), [0, 0, 0], 0)
    assert found.pushes == (Push(3, "high", 600), Push(2, "high", 600), Push(1, "high", 600))
    assert found.narrows == (3,)


def test_the_side_with_fewer_carriages_is_pushed():
    found = guide(bank(3), [300, 700, 1800], 1)
    assert found.pushes == (Push(1, "low", 200),)
    assert found.narrows == (0,)


def test_both_sides_where_one_has_not_the_room():
    found = guide(bank(2, travel=1000, wide=950), [100, 940], 1)
    assert sum(push.mm for push in found.pushes) == 110
    assert [push.carriage for push in found.pushes] == [1, 2]
    assert found.narrows == (0, 2)


@st.composite
def cases(draw):
    count = draw(st.integers(1, 8))
    travel = draw(st.integers(1, 3000))
    wide = draw(st.integers(1, travel))
    ways = sorted(draw(st.lists(st.integers(0, travel), min_size=count, max_size=count)))
    return bank(count, travel, wide), ways, draw(st.integers(0, count))


def gaps(shelf, ways):
    stones = [0, *ways, shelf.travel_mm]
    return [b - a for a, b in pairwise(stones)]


@given(cases())
def test_the_wanted_aisle_is_wide_enough_and_no_carriage_meets_another_on_the_way(case):
    shelf, ways, aisle = case
    found = guide(shelf, ways, aisle)
    at = list(ways)
    for push in found.pushes:
        assert push.mm > 0
        assert push.towards == ("low" if push.carriage <= aisle else "high")
        at = list(pushed(at, [push]))
        assert all(gap >= 0 for gap in gaps(shelf, at))
    assert gaps(shelf, at)[aisle] >= shelf.open_mm
    assert len({p.carriage for p in found.pushes}) == len(found.pushes)
    before, after = gaps(shelf, ways), gaps(shelf, at)
    assert found.narrows == tuple(n for n in range(len(before)) if after[n] < before[n])


def best(ways, aisle, travel, wide):
    """Return the least cost of every way in which the carriages could stand afterwards."""
    return min(
        (
            sum(a != b for a, b in zip(ways, then, strict=True)),
            sum(abs(a - b) for a, b in zip(ways, then, strict=True)),
        )
        for then in combinations_with_replacement(range(travel + 1), len(ways))
        if gaps(bank(len(ways), travel, wide), then)[aisle] >= wide
    )


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(0, 10), min_size=n, max_size=n).map(sorted),
            st.integers(0, n),
            st.integers(1, 10),
        )
    )
)
# Where it matters how far one side is pushed until the next carriage is met.
@example(([0, 1, 4, 6, 7], 3, 8))
@example(([3, 3, 5, 7, 8], 3, 6))
@example(([1, 3, 5, 6, 9], 2, 8))
@example(([4, 6, 7, 9, 9], 2, 8))
def test_no_way_of_standing_takes_fewer_carriages_or_less_pushing(case):
    ways, aisle, wide = case
    found = guide(bank(len(ways), 10, wide), ways, aisle)
    cost = (len(found.pushes), sum(p.mm for p in found.pushes))
    assert cost == best(ways, aisle, 10, wide)


@pytest.mark.parametrize("aisle", range(5))
def test_it_is_the_same_plan_every_time(aisle):
    assert guide(bank(4), [0, 450, 900, 1350], aisle) == guide(bank(4), [0, 450, 900, 1350], aisle)
