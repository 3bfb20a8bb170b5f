"""Compliance against a naive count over every minute, and the properties that it must have."""

from datetime import UTC, date, datetime
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.climate.compliance.limits import Definition, Swing
from strongroom_gateway.climate.compliance.run import Compliance
from strongroom_gateway.climate.compliance.tally import Result
from strongroom_gateway.profiles import Band

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1000
ROLLING = Swing(3.0, "peak-to-peak", "rolling", "test")

Row = tuple[int, float | None, float | None]


def definition(
    hold: int = HOUR,
    zone: str = "UTC",
    delay: int = 0,
    deadband: float = 0.0,
    swing: Swing = ROLLING,
) -> Definition:
    return Definition(
        Band(14, 24, deadband, delay, 2, "t"),
        Band(45, 60, deadband, delay, 5, "rh"),
        hold,
        zone,
        swing,
        Swing(5.0, "plus-minus", "calendar-day", "test"),
    )


def run(rows: list[Row], of: Definition | None = None, start: int = START, end: int = 0) -> Result:
    return Compliance(of or definition(), start, end or START + 3 * DAY).add_all(rows).close()


@st.composite
def series(draw: st.DrawFn) -> list[Row]:
    """Draw readings of three days: steps of minutes to half a day, values of which some are missing."""
    steps = draw(st.lists(st.integers(0, 800), min_size=1, max_size=60))
    at, rows = START - 2 * HOUR, []
    for step in steps:
        at += step * MINUTE
        t = draw(st.none() | st.integers(10, 28).map(float))
        rh = draw(st.none() | st.integers(40, 65).map(float))
        rows.append((at, t, rh))
    return rows


def naive(rows: list[Row], hold: int) -> dict[str, int]:
    """Count minutes: for each, look for the newest reading at or before it that still holds."""
    count = dict.fromkeys(("t", "rh", "both", "t_in", "rh_in", "in"), 0)
    ordered: dict[int, tuple[float | None, float | None]] = {at: (t, rh) for at, t, rh in rows}
    stamps = sorted(ordered)
    for minute in range(START, START + 3 * DAY, MINUTE):
        before = [at for at in stamps if minute - hold < at <= minute]
        if not before:
            continue
        t, rh = ordered[before[-1]]
        t_in, rh_in = t is not None and 14 <= t <= 24, rh is not None and 45 <= rh <= 60
        count["t"] += t is not None
        count["rh"] += rh is not None
        count["both"] += t is not None and rh is not None
        count["t_in"] += t_in
        count["rh_in"] += rh_in
        count["in"] += t_in and rh_in
    return count


@settings(max_examples=60, deadline=None)
@given(rows=series(), hold=st.sampled_from([5, 60, 300]))
def test_it_is_what_counting_every_minute_gives(rows: list[Row], hold: int) -> None:
    whole = run(rows, definition(hold * MINUTE)).whole
    count = naive(rows, hold * MINUTE)
    found = {
        "t": whole.t.known,
        "rh": whole.rh.known,
        "both": whole.known,
        "t_in": whole.t.inside,
        "rh_in": whole.rh.inside,
        "in": whole.inside,
    }
    assert {name: ms / MINUTE for name, ms in found.items()} == count


@settings(max_examples=60, deadline=None)
@given(rows=series(), every=st.integers(1, 59), data=st.data())
def test_sampling_a_constant_stretch_more_often_changes_nothing(
    rows: list[Row], every: int, data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, len(rows) - 1))
    at, t, rh = rows[n]
    # As long as the first reading holds anyway: the last one more must not hold into a gap.
    until = rows[n + 1][0] if n + 1 < len(rows) else at
    until = until if until <= at + HOUR else at
    held = [(moment, t, rh) for moment in range(at + every * MINUTE, until, every * MINUTE)]
    before, after = run(rows), run(rows[: n + 1] + held + rows[n + 1 :])
    for old, new in zip(before.days, after.days, strict=True):
        assert (old.known, old.inside, old.gap) == (new.known, new.inside, new.gap)
        for one, other in ((old.t, new.t), (old.rh, new.rh)):
            assert (one.known, one.inside, one.above, one.below) == (
                other.known,
                other.inside,
                other.above,
                other.below,
            )
            assert one.weighted == pytest.approx(other.weighted)
    assert before.excursions == after.excursions
    assert before.crossings == after.crossings


@settings(max_examples=60, deadline=None)
@given(rows=series())
def test_all_time_is_told_of(rows: list[Row]) -> None:
    found = run(rows)
    for period in [found.whole, *found.years, *found.months, *found.days]:
        for quantity in (period.t, period.rh):
            assert quantity.inside + quantity.above + quantity.below == quantity.known
            assert quantity.known + period.gap <= period.end - period.start
        assert period.known <= min(period.t.known, period.rh.known)
    assert sum(end - start for start, end in found.gaps) == found.whole.gap
    assert len(found.gaps) == found.whole.gaps
    for quantity, name in ((found.whole.t, "t"), (found.whole.rh, "rh")):
        outside = sum(one.ms for one in found.excursions[name])
        assert outside == quantity.above + quantity.below


@settings(max_examples=40, deadline=None)
@given(rows=series())
def test_the_rolling_swing_is_that_of_looking_at_every_window(rows: list[Row]) -> None:
    rows = [row for n, row in enumerate(rows) if row[1] is not None and row[0] >= START]
    unique = list({row[0]: row for row in rows}.values())
    found = run(unique, definition(12 * HOUR)).whole.t
    judged = kept = 0
    end = START + 3 * DAY
    held = []
    for n, (at, t, _) in enumerate(unique):
        until = min(unique[n + 1][0] if n + 1 < len(unique) else end, at + 12 * HOUR, end)
        if until > at:
            held.append((at, until - at, t or 0.0))
    for at, ms, _ in held:
        window = [(m, v) for a, m, v in held if at - 12 * HOUR <= a <= at + 12 * HOUR]
        if sum(m for m, _ in window) >= DAY / 2:
            judged += ms
            values = [v for _, v in window]
            kept += ms if max(values) - min(values) <= 3.0 else 0
    assert (found.swing_judged, found.swing_kept) == (judged, kept)


def hourly(values: list[float | None], start: int = START) -> list[Row]:
    return [(start + n * HOUR, v, 50.0) for n, v in enumerate(values) if v is not None]


def test_a_gap_is_not_bridged_and_not_averaged_over() -> None:
    found = run(hourly([20.0, None, None, None, 30.0]), end=START + 5 * HOUR).whole
    assert found.t.known == 2 * HOUR
    assert (found.gap, found.gaps, found.longest_gap) == (3 * HOUR, 1, 3 * HOUR)
    assert found.t.mean == 25.0
    assert found.share_known == pytest.approx(0.4)
    assert found.t.share_inside == 0.5


def test_nothing_is_said_of_a_time_without_readings() -> None:
    found = run([], end=START + DAY)
    assert found.whole.t.share_inside is None and found.whole.t.mean is None
    assert found.whole.share_known == 0.0
    assert [day.gap for day in found.days] == [DAY]


def test_of_two_readings_with_one_stamp_the_later_counts_and_both_are_told_of() -> None:
    rows = [(START, 20.0, 50.0), (START, 30.0, 50.0), (START + HOUR, 20.0, 50.0)]
    rows += [(START + HOUR, 20.0, 50.0)]
    whole = run(list(rows), end=START + 2 * HOUR).whole
    assert (whole.t.inside, whole.t.above) == (HOUR, HOUR)
    assert (whole.readings, whole.duplicates, whole.conflicting) == (4, 2, 1)


def test_a_reading_that_comes_late_is_counted_and_not_used() -> None:
    rows: list[Row] = [(START + HOUR, 20.0, 50.0), (START, 99.0, 50.0)]
    whole = run(rows, end=START + 2 * HOUR).whole
    assert (whole.backwards, whole.t.above, whole.t.inside) == (1, 0, HOUR)


def test_an_excursion_lists_start_end_and_worst() -> None:
    found = run(hourly([20.0, 25.0, 27.0, 24.5, 24.0, 20.0])).excursions["t"]
    assert len(found) == 1
    one = found[0]
    assert (one.side, one.start, one.end) == (1, START + HOUR, START + 4 * HOUR)
    assert (one.extreme, one.extreme_at, one.limit) == (27.0, START + 2 * HOUR, 24)
    assert not (one.cut_start or one.cut_end or one.open)


def test_the_deadband_joins_what_the_limit_alone_cuts_apart() -> None:
    flicker = hourly([20.0, 24.1, 23.9, 24.1, 23.9, 24.1, 20.0])
    assert len(run(flicker).excursions["t"]) == 3
    assert len(run(flicker, definition(deadband=0.5)).excursions["t"]) == 1
    assert run(flicker, definition(deadband=0.5)).crossings["t"] == (3, 1, 1)


def test_a_short_stay_outside_does_not_count_with_a_delay() -> None:
    rows = hourly([20.0, 25.0, 20.0, 25.0, 25.0, 25.0, 20.0])
    found = run(rows, definition(delay=3 * HOUR))
    assert [(one.start, one.end) for one in found.excursions["t"]] == [
        (START + 3 * HOUR, START + 6 * HOUR)
    ]
    assert found.crossings["t"] == (2, 2, 1)


def test_an_excursion_does_not_reach_over_a_gap_and_says_so() -> None:
    rows = hourly([20.0, 25.0, None, None, 26.0, 20.0])
    before, after = run(rows).excursions["t"]
    assert (before.cut_start, before.cut_end, before.end) == (False, True, START + 2 * HOUR)
    assert (after.cut_start, after.cut_end, after.start) == (True, False, START + 4 * HOUR)
    # For an alarm it is one and the same: nobody saw it come back.
    assert run(rows).crossings["t"].raw == 1


def test_an_excursion_that_lasts_to_the_end_is_open() -> None:
    (one,) = run(hourly([20.0, 10.0]), end=START + 2 * HOUR).excursions["t"]
    assert one.open and one.side == -1


def test_the_calendar_day_is_that_of_the_room_also_when_clocks_change() -> None:
    # 2026-03-29 has 23 hours in Copenhagen, 2026-10-25 has 25.
    start = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1000 - HOUR
    of = definition(HOUR, "Europe/Copenhagen")
    found = run([], of, start, start + 365 * DAY)
    lengths = {day.name: day.end - day.start for day in found.days}
    assert lengths[date(2026, 3, 29).isoformat()] == 23 * HOUR
    assert lengths[date(2026, 10, 25).isoformat()] == 25 * HOUR
    assert len(found.days) == 365 and len(found.months) == 12 and len(found.years) == 1


@pytest.mark.parametrize(("measure", "worst"), [("peak-to-peak", 4.0), ("plus-minus", 2.0)])
def test_the_swing_of_a_calendar_day(
    measure: Literal["peak-to-peak", "plus-minus"], worst: float
) -> None:
    of = definition(swing=Swing(2.0, measure, "calendar-day", "test"))
    found = run(hourly([18.0] * 12 + [22.0] * 12), of, end=START + DAY).whole.t
    assert found.worst_swing == worst
    assert found.swing_judged == DAY
    assert found.swing_kept == (DAY if measure == "plus-minus" else 0)


def test_a_day_of_which_too_little_is_known_is_not_judged() -> None:
    of = definition(swing=Swing(2.0, "plus-minus", "calendar-day", "test"))
    found = run(hourly([18.0] * 11), of, end=START + DAY).whole.t
    assert found.worst_swing is None and found.swing_judged == 0


def test_what_was_before_counts_with_what_it_holds_inside() -> None:
    rows: list[Row] = [(START - HOUR // 2, 20.0, 50.0)]
    whole = run(rows, end=START + HOUR).whole
    assert (whole.known, whole.gap, whole.readings) == (HOUR // 2, HOUR // 2, 0)


def test_a_definition_prints_all_that_a_figure_depends_on() -> None:
    printed = definition(delay=600_000, deadband=0.5).printed()
    assert printed["bands"]["t"] == {
        "low": 14,
        "high": 24,
        "deadband": 0.5,
        "delay_s": 600.0,
        "source": "t",
    }
    assert printed["swings"]["t"]["window"] == "rolling"
    assert printed["swings"]["rh"]["measure"] == "plus-minus"
    assert printed["hold_s"] == 3600


def test_days_months_and_years_come_in_order_over_gaps() -> None:
    rows = [(START + n * HOUR, 20.0, 50.0) for n in range(0, 60 * 24, 7) if not 100 < n < 900]
    names: list[str] = []
    compliance = Compliance(
        definition(), START, START + 60 * DAY, lambda day: names.append(day.name)
    )
    result = compliance.add_all(rows).close()
    assert names == sorted(names) and len(names) == 60
    assert [month.name for month in result.months] == ["2026-03", "2026-04"]
