"""Minutes, hours and days against a naive sum over every second."""

from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.history.readings import Reading
from strongroom_gateway.history.rollup import (
    FEW,
    HOUR,
    MINUTE,
    Bucket,
    Part,
    minutes_of,
    pack_buckets,
    roll_up,
    unpack_buckets,
)

START = 1_772_323_200_000
SECOND = 1000
END = START + 3 * HOUR

Rows = list[Reading]


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    at, found = START - 120 * SECOND, []
    for step in draw(st.lists(st.integers(0, 700), max_size=40)):
        at += step * SECOND
        t = draw(st.none() | st.integers(0, 400).map(lambda n: n / 10))
        rh = draw(st.none() | st.integers(0, 1000).map(lambda n: n / 10))
        found.append(Reading(at, t, rh, 1))
    return [one for one in found if one.at < END]


def naive(readings: Rows, begin: int, end: int, hold: int, which: int) -> Part:
    values = []
    for second in range(begin, end, SECOND):
        newest = [one for one in readings if second - hold < one.at <= second]
        value = newest[-1][which] if newest else None
        if value is not None:
            values.append(value)
    if not values:
        return Part(0, None, None, None)
    mean = sum(values) / len(values)
    return Part(len(values) * SECOND, mean, min(values), max(values))


def same(found: Part, expected: Part) -> bool:
    if found.known != expected.known:
        return False
    return all(
        a is b if a is None or b is None else abs(a - b) <= 0.00501
        for a, b in zip(found[1:], expected[1:], strict=True)
    )


@settings(max_examples=25, deadline=None)
@given(readings=rows(), hold=st.sampled_from([90, 600, 3600]))
def test_every_bucket_is_what_counting_seconds_gives(readings: Rows, hold: int) -> None:
    earlier = [one for one in readings if one.at < START]
    today = [one for one in readings if one.at >= START]
    before = earlier[-1] if earlier else None
    rolled = roll_up(today, START, END, {1: hold * SECOND}, before)
    minutes = minutes_of(today, START, END, {1: hold * SECOND}, before)
    for bucket, length in [*((m, MINUTE) for m in minutes), *((h, HOUR) for h in rolled.hours)]:
        for which, part in ((1, bucket.t), (2, bucket.rh)):
            expected = naive(readings, bucket.at, bucket.at + length, hold * SECOND, which)
            assert same(part, expected)
        assert bucket.readings == sum(bucket.at <= r.at < bucket.at + length for r in today)
    told = {minute.at for minute in minutes}
    for minute in range(START, END, MINUTE):
        if minute not in told:
            assert naive(readings, minute, minute + MINUTE, hold * SECOND, 1).known == 0
    assert rolled.day.t.known == sum(hour.t.known for hour in rolled.hours)


def test_minutes_are_kept_only_where_there_are_more_readings() -> None:
    few = [Reading(START + n * 60 * SECOND, 20.0, 50.0, 1) for n in range(180)]
    assert roll_up(few, START, END, {1: HOUR}).minutes == []
    many = [Reading(START + n * SECOND, 20.0, 50.0, 1) for n in range(FEW + 1)]
    assert len(roll_up(many, START, END, {1: HOUR}).minutes) == 48 + 60


BUCKETS = st.builds(
    Bucket,
    st.integers(0, 1439).map(lambda n: START + n * MINUTE),
    st.integers(0, 60),
    *[
        st.just(Part(0, None, None, None))
        | st.tuples(
            st.integers(1, 60_000), st.lists(st.integers(-6000, 15000), min_size=3, max_size=3)
        ).map(lambda x: Part(x[0], x[1][0] / 100, min(x[1]) / 100, max(x[1]) / 100))
        for _ in range(2)
    ],
)


@given(buckets=st.lists(BUCKETS, max_size=30, unique_by=lambda one: one.at))
def test_packed_minutes_come_back(buckets: list[Bucket]) -> None:
    assert unpack_buckets(pack_buckets(buckets, START, MINUTE), START, MINUTE) == buckets
