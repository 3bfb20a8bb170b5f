"""The ranges against the simplest thing that does the same: a set of numbers."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.ingest.marks import Mark, Marks, Ranges

NUMBERS = st.integers(1, 60)
STEPS = st.lists(
    st.one_of(NUMBERS.map(lambda n: (n, n)), st.tuples(NUMBERS, NUMBERS).map(sorted).map(tuple)),
    max_size=40,
)


@given(STEPS)
def test_ranges_are_a_set(steps: list[tuple[int, int]]) -> None:
    ranges, model = Ranges(), set[int]()
    for first, last in steps:
        if first == last:
            assert ranges.add(first) == (first not in model)
        else:
            ranges.fill(first, last)
        model |= set(range(first, last + 1))
        assert {n for n in range(1, 70) if n in ranges} == model
        contiguous = next(n for n in range(1, 70) if n not in model) - 1
        assert ranges.high == contiguous
        assert ranges.missing() == (max(model) - len(model) if model else 0)
        pairs = ranges.pairs()
        assert all(a[1] + 1 < b[0] for a, b in pairwise(pairs))
        assert all(low <= high for low, high in pairs)
        again = Ranges(ranges.high, [tuple(one) for one in json.loads(ranges.text())])
        assert {n for n in range(1, 70) if n in again} == model


@given(STEPS, NUMBERS, NUMBERS)
def test_what_joins_a_range_makes_no_further_one(
    steps: list[tuple[int, int]], one: int, other: int
) -> None:
    mark = Mark()
    for first, last in steps:
        mark.fill(first, last)
    before = len(mark.firsts)
    first, last = sorted((one, other))
    joins = mark.joins(first, last)
    mark.fill(first, last)
    assert (len(mark.firsts) <= before) == joins


def test_huge_ranges_cost_nothing() -> None:
    ranges = Ranges()
    ranges.fill(2, 2**31 - 1)
    assert ranges.missing() == 1
    ranges.add(1)
    assert (ranges.high, ranges.text()) == (2**31 - 1, "[]")


def test_marks_are_loaded_once_and_only_committed_ones_are_forgotten() -> None:
    loads: list[tuple[str, int, str]] = []

    def load(*key: object) -> tuple[int, list[tuple[int, int]]]:
        loads.append(key)  # type: ignore[arg-type]  # a key of three
        return 7, [(9, 9)]

    marks = Marks(load)
    first = marks.get(("n1", 1, "event"))
    assert (first.high, first.pairs()) == (7, [(9, 9)])
    assert marks.get(("n1", 1, "event")) is first
    assert len(loads) == 1
    for boot in range(2, 5000):
        marks.get(("n1", boot, "event")).work = boot
    first.work = 10_000
    marks.forget(committed=4_999)
    assert marks.get(("n1", 1, "event")) is first
    assert len(marks._marks) <= 4_096 + 1
