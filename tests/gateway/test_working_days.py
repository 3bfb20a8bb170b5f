"""Working days against counting them one by one, and against the days announced for a year."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
import strongroom_gateway
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.working_days import CalendarError, WorkingDays, read

EXAMPLE = Path(strongroom_gateway.__file__).parent / "examples" / "working-days-2026.csv"
LIST = EXAMPLE.read_text(encoding="utf-8").splitlines()
DAY = timedelta(days=1)
HEADER = "date,to,kind\n"

days = st.dates(date(2025, 12, 1), date(2027, 2, 1))
calendars = st.builds(
    lambda weekend, listed: WorkingDays(
        frozenset(weekend),
        frozenset(day for day, works in listed.items() if not works),
        frozenset(day for day, works in listed.items() if works),
    ),
    st.sets(st.integers(0, 6), max_size=3),
    st.dictionaries(days, st.booleans(), max_size=40),
)


def test_the_year_2026_as_announced():
    """39 days are named in the notice: 33 off and 6 worked; 2026 has 365 days, 104 at week-ends."""
    found = read(LIST)
    assert (len(found.off), len(found.work)) == (33, 6)
    worked = [d for n in range(365) if found.is_working(d := date(2026, 1, 1) + n * DAY)]
    week_ends_off = sum(day.weekday() >= 5 for day in found.off)
    assert len(worked) == 365 - 104 - (33 - week_ends_off) + 6
    assert all(day.weekday() >= 5 for day in found.work), "what is worked is a week-end"
    assert found.is_working(date(2026, 2, 14))
    assert not found.is_working(date(2026, 2, 16))
    assert [found.lists(year) for year in (2025, 2026, 2027)] == [False, True, False]


@pytest.mark.parametrize(
    ("day", "count", "wanted"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday that is worked
        ("2026-02-13", 2, "2026-02-24"),  # and then the Spring Festival
        ("2026-02-13", 0, "2026-02-13"),
        ("2026-02-15", 0, "2026-02-24"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-06-18", 1, "2026-06-22"),
    ],
)
def test_days_across_a_festival(day, count, wanted):
    found = read(LIST).after(date.fromisoformat(day), count)
    assert found == date.fromisoformat(wanted)


@given(calendars, days, st.integers(1, 30))
def test_a_day_so_many_working_days_later_is_that_many_later(calendar, day, count):
    end = calendar.after(day, count)
    assert calendar.is_working(end)
    one_by_one, here = 0, day
    while here < end:
        here += DAY
        one_by_one += calendar.is_working(here)
    assert one_by_one == count == calendar.between(day, end)


@given(calendars, days)
def test_no_day_later_is_today_or_the_next_one_worked(calendar, day):
    end = calendar.after(day, 0)
    assert (end == day) == calendar.is_working(day)
    assert calendar.between(day - DAY, end) == 1


@given(calendars, days, st.integers(0, 10), st.integers(0, 10))
def test_later_asked_later_ends_later(calendar, day, one, more):
    assert calendar.after(day, one) <= calendar.after(day, one + more)
    assert calendar.after(day, one) <= calendar.after(day + DAY, one)


@given(st.dictionaries(days, st.booleans(), min_size=1, max_size=20))
def test_what_a_list_says_is_read(listed):
    lines = [f"{day},,{'work' if works else 'off'},x" for day, works in listed.items()]
    found = read([HEADER, *lines])
    assert dict.fromkeys(found.work, True) | dict.fromkeys(found.off, False) == listed


def test_chinese_words_remarks_and_other_weekends():
    found = read(
        ["# ours\n", HEADER, "2027-01-01,2027-01-03,休\n", "\n", "2027-01-04,,班\n"], ["fri"]
    )
    assert found.is_working(date(2027, 1, 9)), "a Saturday"
    assert not found.is_working(date(2027, 1, 8))
    assert not found.is_working(date(2027, 1, 2))


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("2026-02-30,,off", "config.calendar_date"),
        ("tomorrow,,off", "config.calendar_date"),
        ("2026-02-03,2026-02-01,off", "config.calendar_span"),
        ("2026-02-03,2062-02-05,off", "config.calendar_span"),
        ("2026-02-03,,holiday", "config.calendar_kind"),
        ("2026-02-03", "config.calendar_kind"),
        ("2026-02-01,,work", "config.calendar_twice"),
    ],
)
def test_a_list_that_cannot_be_is_refused_with_its_line(line, key):
    with pytest.raises(CalendarError) as refused:
        read([HEADER, "2026-02-01,,off", line])
    assert (refused.value.line, refused.value.key) == (3, key)


def test_a_list_needs_its_header():
    with pytest.raises(CalendarError) as refused:
        read(["2026-02-01,,off"])
    assert refused.value.key == "config.calendar_header"


def test_a_week_without_a_working_day_never_ends():
    with pytest.raises(CalendarError) as refused:
        WorkingDays(weekend=frozenset(range(7))).after(date(2026, 1, 1), 1)
    assert refused.value.key == "config.calendar_never"


def test_the_example_is_a_list_spreadsheets_read():
    rows = list(csv.reader(line for line in LIST if not line.startswith("#")))
    assert {len(row) for row in rows} == {4}
