"""Disinfection in time (G10), keys back in time (G13)."""

from datetime import UTC, datetime

import pytest
from strongroom_gateway.errors import RefusedActError
from support.rounds import HOUR, ITEMS, Hall
from support.sensing import T0

DAY = 24 * HOUR
DONE = {
    "place": "hall",
    "agent": "peracetic acid",
    "concentration": "0.2 %",
    "begun": T0,
    "ended": T0 + HOUR,
}


def test_G10_disinfection_is_due_until_it_is_logged_and_again_later():
    there = Hall(disinfection=[{"place": "hall", "every_days": 7}])
    assert list(there.standing()) == ["disinfection.due:hall"]
    there.until(T0 + 2 * HOUR)
    there.act("disinfection.log", "li", DONE)
    assert there.standing() == {}
    there.until(T0 + HOUR + 7 * DAY - 1, 20 * 60_000)
    assert there.standing() == {}
    there.until(T0 + HOUR + 7 * DAY + 60_000)
    assert "7 days" in there.standing()["disinfection.due:hall"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"place": "moon"}, "act.unknown_place"),
        ({"ended": T0 - 1}, "act.times_in_order"),
        ({"ended": T0 + 9 * DAY}, "act.times_in_order"),
        ({"aired_until": T0}, "act.times_in_order"),
        ({"agent": ""}, "act.bad_body"),
        ({"begun": "2027-02-30T08:00"}, "act.no_time"),
        ({"begun": "2027-02-03T25:00"}, "act.no_time"),
        ({"begun": "yesterday"}, "act.bad_body"),
    ],
)
def test_G10_what_cannot_be_is_refused(changes, key):
    there = Hall()
    there.at = T0 + 2 * HOUR
    with pytest.raises(RefusedActError) as refused:
        there.act("disinfection.log", "li", DONE | changes)
    assert refused.value.key == key


def test_G10_times_are_said_by_the_clock_of_the_room():
    there = Hall()
    there.at = int(datetime(2027, 1, 20, tzinfo=UTC).timestamp()) * 1000
    times = {"begun": "2027-01-15T08:30", "ended": "2027-01-15 09:30"}
    done = there.act("disinfection.log", "li", DONE | times)
    at = datetime(2027, 1, 15, 0, 30, tzinfo=UTC).timestamp()  # eight hours behind Shanghai
    assert (done["begun"], done["ended"]) == (at * 1000, (at + 3_600) * 1000)


KEY = {"id": "key-1", "name": "Hall key", "kind": "key", "tags": ["04ee000001"], "home": "hall"}


def keys(**section):
    return Hall(item=[*ITEMS, KEY], keys={"back_by": "17:00", **section})


def taps(there, *tags):
    for tag in tags:
        there.at += 6_000
        there.tag("d1", "desk", tag)
    return there


GUARD, WANG = "04aa000003", "04aa000004"


def test_G13_a_key_is_taken_by_those_who_may_and_is_home_at_once_when_it_comes_back():
    there = taps(keys(), GUARD, "04ee000001")
    assert there.room.ctx.where("key-1").holder == "guard"
    there.until(there.at + HOUR)
    taps(there, GUARD, "04ee000001")
    where = there.room.ctx.where("key-1")
    assert (where.holder, where.place) == (None, "hall")


def test_G13_a_key_is_not_given_to_others():
    there = taps(keys(), WANG, "04ee000001")
    assert there.room.ctx.where("key-1").holder is None


def test_G13_a_key_that_is_out_at_closing_time_is_an_alarm_until_it_is_back():
    there = taps(keys(), GUARD, "04ee000001").until(T0 + 101 * 60_000)
    assert "Guard" in there.standing()["key.overdue:key-1"]
    taps(there, GUARD, "04ee000001").until(there.at + 2 * 60_000)
    assert there.standing() == {}
