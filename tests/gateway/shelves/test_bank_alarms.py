"""The watched bank: its alarms, and how they end."""

from datetime import datetime
from zoneinfo import ZoneInfo

from support.outcome import Outcome
from support.sensing import T0, Nodes
from support.shelving import (
    HOUR,
    LATE,
    LI,
    LIBRARIANS,
    MINUTE,
    MOVED,
    SECOND,
    WANG,
    WRONG,
    Bank,
    aisle,
    shelved,
    view,
)

OUTSIDE = "shelf.aisle_open_outside_hours:a.1"


def at(text):
    there = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return int(there.timestamp() * 1000)


# -- open too long, and out of hours --------------------------------------------------------------


def test_an_aisle_open_too_long_is_an_alarm_until_it_is_shut():
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved()).feed(bank.standing(0, 0, 0))
    start = T0 + HOUR
    out.feed(nodes.tap(LI, start - SECOND))
    out.feed(bank.roll(3, [1800], start)).feed(bank.roll(2, [1800], start + SECOND))
    out.at(start + SECOND + 10 * MINUTE - 1)
    assert out.states(LATE) == []
    out.at(start + SECOND + 10 * MINUTE)
    assert out.states(LATE) == [(LATE, "UNACK")]
    alarm = out.alarms()[LATE]
    assert alarm.why["by"] == "li"
    assert alarm.why["limit"] == {"open_max_s": 600.0, "source": "shelf_bank.a.open_max_s"}
    assert alarm.text == (
        "Bank A: the aisle between carriages 1 and 2 has been open for more than 10 minutes;"
        " opened by: Li Wen"
    )
    out.feed(bank.roll(2, [0], start + HOUR))
    assert out.states(LATE)[-1] == (LATE, "RTNUN")


def test_the_time_goes_on_over_a_restart():
    bank = Bank()
    there = shelved()
    Outcome(there).feed(bank.standing(0, 1800, 1800))
    again = shelved(there.rows())
    out = Outcome(again).take(again.start(T0 + MINUTE)).at(T0 + 10 * MINUTE)
    assert out.states(LATE) == [(LATE, "UNACK")]


HOURS = {"hours": ["mon-fri 08:30-17:30"], "lock_outside_hours": False}
FRIDAY = "2027-01-15T"


def test_opened_outside_its_hours_is_an_alarm_until_shut():
    bank = Bank()
    night = at(FRIDAY + "20:00")
    out = Outcome(shelved(bank=HOURS)).feed(bank.standing(0, 0, 1800, at=at(FRIDAY + "12:00")))
    out.feed(bank.roll(2, [700], night))
    assert (OUTSIDE, "UNACK") in out.states(OUTSIDE)
    why = out.alarms()[OUTSIDE].why
    assert why["because"] == "opened outside its hours"
    assert why["limit"]["hours"] == ["mon-fri 08:30-17:30"]
    out.feed(bank.roll(2, [0], night + MINUTE))
    assert out.states(OUTSIDE)[-1] == (OUTSIDE, "RTNUN")


def test_still_open_when_the_hours_end_and_over_when_they_begin():
    bank = Bank()
    out = Outcome(shelved(bank=HOURS)).feed(bank.standing(0, 1800, 1800, at=at(FRIDAY + "15:00")))
    out.at(at(FRIDAY + "17:29:59"))
    assert out.states(OUTSIDE) == []
    out.at(at(FRIDAY + "17:30"))
    assert out.states(OUTSIDE) == [(OUTSIDE, "UNACK")]
    out.at(at("2027-01-18T08:29:59"))
    assert len(out.states(OUTSIDE)) == 1
    out.at(at("2027-01-18T08:30"))
    assert out.states(OUTSIDE)[-1] == (OUTSIDE, "RTNUN")
    out.at(at("2027-01-18T17:30"))
    assert out.states(OUTSIDE)[-1] == (OUTSIDE, "UNACK")


def test_a_report_that_comes_late_counts_by_when_it_was_opened():
    bank = Bank()
    out = Outcome(shelved(bank=HOURS)).feed(bank.standing(0, 0, 1800, at=at(FRIDAY + "15:00")))
    night, morning = at("2027-01-16T02:00"), at("2027-01-18T09:00")
    out.feed(bank.at(2, 800, morning, ts=night))
    assert (OUTSIDE, "UNACK") in out.states(OUTSIDE)
    assert out.alarms()[OUTSIDE].since >= night


def test_without_hours_none_are_watched():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 1800, at=at(FRIDAY + "03:00")))
    out.feed(bank.roll(2, [700], at(FRIDAY + "03:01")))
    assert out.states("shelf.aisle_open_outside") == []
    assert out.states(MOVED) == []


# -- moved while locked ---------------------------------------------------------------------------


def locked(there, now, by="li", bank="a"):
    return there.act("shelf.lock", by, {"bank": bank, "reason": "stock-take"}, now)


def test_moved_while_somebody_has_locked_it():
    nodes = Nodes()
    bank = Bank(nodes)
    there = shelved(**LIBRARIANS)
    out = Outcome(there).feed(bank.standing(0, 0, 1800))
    out.take(locked(there, T0 + MINUTE))
    assert view(out)["lock"] == {"by": "li", "since": T0 + MINUTE, "reason": "stock-take"}
    out.feed(nodes.tap(WANG, T0 + 2 * MINUTE))
    out.feed(bank.roll(2, [40, 300, 700], T0 + 2 * MINUTE + SECOND))
    assert out.states(MOVED) == [(MOVED, "LATCH_UNACK")]  # once for one movement
    alarm = out.alarms()[MOVED]
    assert alarm.priority == "high"
    assert alarm.why["lock"]["by"] == "li"
    assert (alarm.why["stood_mm"], alarm.why["seen_mm"]) == (0, 40)
    assert alarm.why["by"] == "wang"
    out.feed(bank.roll(2, [600], T0 + 3 * MINUTE))
    assert out.alarms()[MOVED].count == 2


def test_after_the_lock_is_off_it_may_be_moved():
    bank = Bank()
    there = shelved(**LIBRARIANS)
    out = Outcome(there).feed(bank.standing(0, 0, 1800))
    out.take(locked(there, T0 + MINUTE))
    out.take(there.act("shelf.unlock", "li", {"bank": "a", "reason": "done"}, T0 + 2 * MINUTE))
    assert view(out)["lock"] is None
    out.feed(bank.roll(2, [700], T0 + 3 * MINUTE))
    assert out.states(MOVED) == []
    out.feed(bank.at(3, 1300, T0 + 4 * MINUTE, "moving", ts=T0 + 90 * SECOND))
    assert out.states(MOVED) == [(MOVED, "LATCH_UNACK")], "it was moved while the lock still held"


def test_moved_unseen_while_locked_shows_when_its_node_is_back():
    bank = Bank()
    there = shelved(**LIBRARIANS)
    out = Outcome(there).feed(bank.standing(0, 0, 1800))
    out.take(locked(there, T0 + MINUTE))
    out.take(there.status(bank.nodes.status("h1", False, T0 + 2 * MINUTE), T0 + 2 * MINUTE))
    out.feed(bank.standing(10, 30, 1800, at=T0 + 3 * MINUTE))
    assert out.states(MOVED) == [], "a sensor that wavers was not moved"
    out.feed(bank.at(2, 500, T0 + 4 * MINUTE))
    assert out.states(MOVED) == [(MOVED, "LATCH_UNACK")]


def test_the_lock_holds_over_a_restart():
    bank = Bank()
    there = shelved(**LIBRARIANS)
    Outcome(there).feed(bank.standing(0, 0, 1800)).take(locked(there, T0 + MINUTE))
    again = shelved(there.rows(), **LIBRARIANS)
    out = Outcome(again).feed(bank.roll(2, [700], T0 + HOUR))
    assert out.states(MOVED) == [(MOVED, "LATCH_UNACK")]


def test_outside_its_hours_a_bank_counts_as_locked():
    bank = Bank()
    hours = {"hours": ["mon-fri 08:30-17:30"]}
    out = Outcome(shelved(bank=hours)).feed(bank.standing(0, 0, 1800, at=at(FRIDAY + "12:00")))
    out.feed(bank.roll(2, [100, 0], at(FRIDAY + "17:29")))
    assert out.states(MOVED) == []
    out.feed(bank.roll(2, [100, 0], at(FRIDAY + "17:31")))
    assert out.states(MOVED) == [(MOVED, "LATCH_UNACK")]
    assert out.alarms()[MOVED].why["lock"]["source"] == "shelf_bank.a.hours"


# -- what cannot be believed ----------------------------------------------------------------------


def test_carriages_standing_in_each_other_are_a_fault_and_no_guess():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 600, 1800))
    out.feed(bank.at(1, 1500, T0 + MINUTE))
    assert [a["state"] for a in view(out)["aisles"]] == ["unknown", "unknown", "unknown", "shut"]
    assert view(out)["faults"] == [{"kind": "overlap", "carriages": [1, 2]}]
    assert out.states(WRONG) == []
    out.at(T0 + MINUTE + 10 * SECOND)
    assert out.states(WRONG) == [(WRONG, "UNACK")]
    assert out.alarms()[WRONG].why["faults"] == [{"kind": "overlap", "carriages": [1, 2]}]
    out.feed(bank.at(1, 0, T0 + 2 * MINUTE))
    assert out.states(WRONG)[-1] == (WRONG, "RTNUN")
    assert aisle(out, 1)["since"] == T0


def test_a_train_of_carriages_reported_one_after_the_other_is_no_fault():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 0))
    for step in range(1, 13):  # carriage 1 pushes 2 and 3 before it, a hand's breadth per report
        for n in (1, 2, 3):
            out.feed(bank.at(n, step * 150, T0 + MINUTE + step * 500 + n, "moving"))
    out.feed(bank.standing(1800, 1800, 1800, at=T0 + 2 * MINUTE)).at(T0 + HOUR)
    assert out.states("shelf.positions") == []
    assert [a["state"] for a in view(out)["aisles"]] == ["open", "shut", "shut", "shut"]


def test_a_lost_sensor_neither_raises_nor_ends_anything():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 700, 1800))
    fault = bank.nodes.node_event(
        "h1", "driver.fault", T0 + MINUTE, device="bank-a", why="carriage 2: range"
    )
    out.feed(fault).at(T0 + HOUR)
    assert aisle(out, 1)["state"] == "unknown"
    assert [a["state"] for a in view(out)["aisles"]] == ["shut", "unknown", "unknown", "shut"]
    assert out.states("shelf.") == []
    assert out.entries("shelf.aisle_closed") == []
    assert out.room.states("shelf.bank")["room"].due is None, "there is nothing to wait for"
    out.feed(bank.nodes.node_event("h1", "driver.ok", T0 + 2 * HOUR, device="bank-a"))
    assert out.states(LATE) == [(LATE, "UNACK")], "open all the time, as far as anybody knows"


def test_while_its_node_is_away_a_bank_is_unknown():
    bank = Bank()
    there = shelved()
    out = Outcome(there).feed(bank.standing(0, 700, 1800))
    out.take(there.status(bank.nodes.status("h2", False, T0 + MINUTE), T0 + MINUTE))
    assert [a["state"] for a in view(out)["aisles"]] == ["shut", "open", "unknown", "unknown"]
    assert view(out)["carriages"]["3"]["lost"] == ["offline"]
    out.take(there.status(bank.nodes.status("h2", True, T0 + 2 * MINUTE), T0 + 2 * MINUTE))
    assert aisle(out, 2)["state"] == "open"
    assert aisle(out, 2)["since"] == T0


def test_a_bank_no_longer_configured_lets_go_of_its_alarms():
    bank = Bank()
    there = shelved()
    Outcome(there).feed(bank.standing(0, 700, 1800)).at(T0 + HOUR)
    later = shelved(there.rows(), bank={"id": "b"})
    out = Outcome(later).take(later.start(T0 + 2 * HOUR))
    assert not [
        a for a in out.alarms().values() if a.subject.startswith("a.") and a.state == "UNACK"
    ]
