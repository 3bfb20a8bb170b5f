"""Safes outside their hours, and the hours themselves."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.hours import parse_hours, zone
from support.outcome import Outcome
from support.sensing import Nodes, room

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALARM = "safe.outside_hours:deeds"
HOUR = 3_600_000


def at(text, tz=SHANGHAI):
    return int(datetime.fromisoformat(text).replace(tzinfo=tz).timestamp() * 1000)


FRIDAY = "2027-01-15T"
EVENING, MORNING = at(FRIDAY + "20:00"), at(FRIDAY + "10:00")


def test_open_in_the_evening_is_an_alarm_until_shut_and_seen():
    nodes = Nodes()
    there = room()
    out = Outcome(there).feed([nodes.door(True, EVENING), nodes.door(False, EVENING + 60_000)])
    assert out.states() == [(ALARM, "UNACK"), (ALARM, "LATCH_UNACK")]
    why = out.alarms()[ALARM].why
    assert why["limit"]["hours"] == ["mon-fri 08:30-17:30"]
    assert why["limit"]["time_zone"] == "Asia/Shanghai"


def test_open_in_the_morning_is_nothing():
    nodes = Nodes()
    out = Outcome(room()).feed([nodes.door(True, MORNING), nodes.door(False, MORNING + HOUR)])
    assert out.states("safe") == []


def test_still_open_when_the_hours_end():
    out = Outcome(room()).feed(Nodes().door(True, MORNING))
    out.at(at(FRIDAY + "17:29:59"))
    assert out.states("safe") == []
    out.at(at(FRIDAY + "17:30"))
    assert out.states("safe") == [(ALARM, "UNACK")]
    assert "hours ended" in out.alarms()[ALARM].why["because"]


def test_a_message_that_comes_late_counts_by_when_it_was_opened():
    night = at("2027-01-15T03:00")
    out = Outcome(room()).feed(Nodes().door(True, MORNING, ts=night))
    assert out.states() == [(ALARM, "UNACK")]
    assert out.alarms()[ALARM].why["at"] == night


def test_a_node_without_a_clock_counts_by_reception():
    out = Outcome(room()).feed(Nodes().door(True, EVENING, clocked=False))
    assert out.states() == [(ALARM, "UNACK")]


def test_without_hours_every_opening_is_outside():
    safe = {"id": "deeds", "name": "Safe", "node": "s1", "input": "door"}
    out = Outcome(room(safe=[safe])).feed(Nodes().door(True, MORNING))
    assert out.states() == [(ALARM, "UNACK")]


def test_a_safe_no_longer_configured_lets_go_of_its_alarm():
    there = room()
    out = Outcome(there).feed(Nodes().door(True, EVENING))
    later = room(there.rows(), safe=[])
    out = Outcome(later).take(later.start(EVENING + HOUR))
    assert out.states() == [(ALARM, "LATCH_UNACK")]


def test_other_contacts_are_none_of_the_safe():
    nodes = Nodes()
    body = {"input": "window", "open": True, "edges": 1}
    event = nodes.say("s1", "event", "contact", body, EVENING)
    assert Outcome(room()).feed(event).states() == []


@pytest.mark.parametrize(
    "line",
    [
        "mon-fri",
        "mon-fri 9:00-17:00",
        "mon-fri 17:00-09:00",
        "mon-fri 08:00-24:30",
        "foo 08:00-09:00",
        "",
    ],
)
def test_hours_that_cannot_be_read(line):
    with pytest.raises(ValueError, match=line or "^$"):
        parse_hours([line], SHANGHAI)


def test_hours_over_the_week_end_and_midnight():
    hours = parse_hours(["sat-mon 22:00-24:00", "sun 00:00-02:00"], SHANGHAI)
    answers = {
        "2027-01-16T22:00": True,
        "2027-01-16T23:59:59": True,
        "2027-01-17T01:59": True,
        "2027-01-17T02:00": False,
        "2027-01-18T23:00": True,
        "2027-01-19T23:00": False,
    }
    assert {when: hours.open_at(at(when)) for when in answers} == answers


lines = st.builds(
    lambda a, b, x, y: f"{a}-{b} {min(x, y):02}:30-{max(x, y) + 1:02}:00",
    st.sampled_from(["mon", "wed", "sat"]),
    st.sampled_from(["tue", "fri", "sun"]),
    st.integers(0, 22),
    st.integers(0, 22),
)


@given(
    st.lists(lines, max_size=3),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo"]),
    # Around the changes of clocks of 2027 in Berlin, and ordinary days.
    st.one_of(
        st.integers(at("2027-03-26T00:00"), at("2027-03-30T00:00")),
        st.integers(at("2027-10-29T00:00"), at("2027-11-02T00:00")),
        st.integers(at("2027-01-01T00:00"), at("2027-12-31T00:00")),
    ),
)
def test_next_change_is_the_first_minute_that_differs(written, name, now):
    """Against looking at every minute of the coming days."""
    hours = parse_hours(written, zone(name))
    found = hours.next_change(now)
    minute = now // 60_000 * 60_000
    was = hours.open_at(now)
    day = 24 * 60
    searched = range(1, 3 * day)
    first = next(
        (minute + n * 60_000 for n in searched if hours.open_at(minute + n * 60_000) != was), None
    )
    if first is not None:
        assert found == first, datetime.fromtimestamp(first / 1000, UTC)
    else:
        assert found is None or found > minute + searched[-1] * 60_000
