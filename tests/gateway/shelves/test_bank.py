"""The watched bank: what is open, since when, by whom; its alarms and how they end."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.assembly import open_room
from strongroom_gateway.shelves.aisles import Geometry, layout
from strongroom_gateway.shelves.tables import tables
from strongroom_gateway.shelves.view import bank_view
from support.outcome import Outcome
from support.sensing import T0, Nodes
from support.shelving import LI, WANG, Bank, shelved

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
LATE, OUTSIDE, MOVED, WRONG = (
    "shelf.aisle_open_too_long:a.1",
    "shelf.aisle_open_outside_hours:a.1",
    "shelf.moved_while_locked:a",
    "shelf.positions_contradict:a",
)


def at(text):
    there = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return int(there.timestamp() * 1000)


def view(out, bank="a"):
    shown = [v for d in out.decisions for t, v in d.views if t == "shelves"]
    return msgspec.json.decode(shown[-1])["banks"][bank]


def aisle(out, n):
    return view(out)["aisles"][n]


def opened(out):
    return [(b["aisle"], b["by"]) for _, b in out.entries("shelf.aisle_opened")]


def shut_bank(bank, when=T0):
    """All space in the last aisle: what stands open at first has no alarm here."""
    return bank.standing(0, 0, 0, at=when)


# -- which aisle, how wide, since when -------------------------------------------------------------


def test_before_anything_is_reported_nothing_is_known():
    out = Outcome(shelved()).take(shelved().start(T0))
    assert [a["state"] for a in view(out)["aisles"]] == ["unknown"] * 4


def test_a_carriage_rolled_aside_opens_the_aisle_behind_it():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 0))
    assert [a["state"] for a in view(out)["aisles"]] == ["shut", "shut", "shut", "open"]
    out.feed(bank.roll(3, [300, 900, 1700, 1800], T0 + HOUR))
    out.feed(bank.roll(2, [200, 800, 1100], T0 + HOUR + 10 * SECOND))
    assert [a["mm"] for a in view(out)["aisles"]] == [0, 1100, 700, 0]
    second = aisle(out, 1)
    assert second["state"] == "open"
    assert second["since"] == T0 + HOUR + 10_500  # the first report of more than 500 mm
    assert second["by"] is None
    assert second["by_name"] == "unknown"


def test_one_that_shuts_is_no_longer_open_and_both_are_on_record():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 1800))
    out.feed(bank.roll(2, [600, 1400, 1800], T0 + MINUTE))
    assert [(k, b["aisle"]) for k, b in out.entries("shelf.aisle_")] == [
        ("shelf.aisle_opened", 2),
        ("shelf.aisle_opened", 1),
        ("shelf.aisle_closed", 2),
    ]
    ((_, closed),) = [e for e in out.entries("shelf.aisle_closed") if e[1]["aisle"] == 2]
    assert closed["open_since"] == T0
    assert closed["why"]["reads"][0]["mm"] == 1400


def test_a_wavering_position_opens_and_shuts_once():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 495, 1800))
    for n, mm in enumerate([505, 498, 503, 470, 501, 499]):
        out.feed(bank.at(2, mm, T0 + n * SECOND))
    assert [k for k, b in out.entries("shelf.aisle_") if b["aisle"] == 1] == ["shelf.aisle_opened"]


def test_several_aisles_may_be_open_or_partly_so():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(600, 800, 1700))
    states = [(a["state"], a["mm"]) for a in view(out)["aisles"]]
    assert states == [("open", 600), ("part", 200), ("open", 900), ("part", 100)]


def test_a_rolling_carriage_is_shown_as_such():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 0))
    out.feed(bank.at(3, 90, T0 + MINUTE, "moving"))
    assert [a["moving"] for a in view(out)["aisles"]] == [False, False, True, True]
    out.feed(bank.at(3, 400, T0 + MINUTE + 2000))
    assert not any(a["moving"] for a in view(out)["aisles"])


def test_carriages_of_others_are_counted_and_change_nothing():
    nodes = Nodes()
    body = {"bank": "bank-x", "carriage": 1, "mm": 5, "state": "stopped", "end": "none"}
    there = shelved()
    out = Outcome(there).feed(nodes.say("h1", "event", "shelf", body, T0))
    assert out.entries() == []
    assert there.ctx.counters["shelves.unknown_carriage"] == 1


# -- by whom -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "by"), [(0, "li"), (120, "li"), (121, None), (86_400, None)])
def test_the_last_badge_opened_it_unless_it_is_too_old(age, by):
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved()).feed(shut_bank(bank, T0 - 90_000 * SECOND))
    out.feed(nodes.tap(LI, T0 - age * SECOND))
    out.feed(bank.roll(3, [1800], T0))
    assert (2, by) in opened(out)
    shown = aisle(out, 2)
    assert shown["by"] == by
    assert shown["by_name"] == ("Li Wen" if by else "unknown")
    assert shown["badge_age_ms"] == age * SECOND
    ((_, body),) = [e for e in out.entries("shelf.aisle_opened") if e[1]["aisle"] == 2]
    assert body["last_badge"] == {"person": "li", "reader": "d1/desk", "age_ms": age * SECOND}
    assert ("unknown" in body) is (by is None)


def test_the_last_of_two_badges_and_not_one_tapped_afterwards():
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved()).feed(shut_bank(bank))
    at = T0 + HOUR
    late = bank.roll(3, [1800], at)  # the shelf's node was away; its report comes last
    out.feed([nodes.tap(LI, at - 60 * SECOND), nodes.tap(WANG, at - 30 * SECOND)])
    out.feed(nodes.tap(LI, at + 60 * SECOND))
    out.feed([msgspec.structs.replace(e, received=at + 90 * SECOND) for e in late])
    assert (2, "wang") in opened(out)


def test_a_bank_with_readers_of_its_own_goes_by_those_alone():
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved(bank={"badge_readers": ["h1/badge"]})).feed(shut_bank(bank))
    out.feed(nodes.tap(WANG, T0 + HOUR))
    body = {"reader": "badge", "id": LI, "act": "seen", "tech": "hf"}
    body |= {"ant": None, "rssi": None, "n": 1, "span": 0}
    out.feed(nodes.say("h1", "event", "tag", body, T0 + HOUR - MINUTE))
    out.feed(bank.roll(3, [1800], T0 + HOUR + SECOND))
    assert (2, "li") in opened(out)


def test_a_box_is_no_badge():
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved()).feed(shut_bank(bank))
    out.feed(nodes.tap("04110001", T0 + HOUR))
    out.feed(bank.roll(3, [1800], T0 + HOUR + SECOND))
    assert (2, None) in opened(out)


# -- open too long, and out of hours ---------------------------------------------------------------------


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


# -- moved while locked -----------------------------------------------------------------------------------


def locked(there, now, by="li", bank="a"):
    return there.act("shelf.lock", by, {"bank": bank, "reason": "stock-take"}, now)


PEOPLE = {
    "person": [
        {"id": "li", "name": "Li Wen", "badges": [LI], "roles": ["archivist"]},
        {"id": "wang", "name": "Wang Fang", "badges": [WANG], "roles": ["handler_a"]},
    ]
}


def test_moved_while_somebody_has_locked_it():
    nodes = Nodes()
    bank = Bank(nodes)
    there = shelved(**PEOPLE)
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
    there = shelved(**PEOPLE)
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
    there = shelved(**PEOPLE)
    out = Outcome(there).feed(bank.standing(0, 0, 1800))
    out.take(locked(there, T0 + MINUTE))
    out.take(there.status(bank.nodes.status("h1", False, T0 + 2 * MINUTE), T0 + 2 * MINUTE))
    out.feed(bank.standing(10, 30, 1800, at=T0 + 3 * MINUTE))
    assert out.states(MOVED) == [], "a sensor that wavers was not moved"
    out.feed(bank.at(2, 500, T0 + 4 * MINUTE))
    assert out.states(MOVED) == [(MOVED, "LATCH_UNACK")]


def test_the_lock_holds_over_a_restart():
    bank = Bank()
    there = shelved(**PEOPLE)
    Outcome(there).feed(bank.standing(0, 0, 1800)).take(locked(there, T0 + MINUTE))
    again = shelved(there.rows(), **PEOPLE)
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


# -- what cannot be believed ---------------------------------------------------------------------------


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


# -- whatever happens ----------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["roll", "stop", "tap", "fault", "ok", "away", "back", "wait", "lock", "free"]
        ),
        st.integers(1, 3),
        st.integers(-100, 1900),
        st.sampled_from([200, 700, 20_000, 400_000, 5 * HOUR]),
    ),
    max_size=30,
)
WATCHED = {"hours": ["mon-fri 08:30-17:30"]}


class Life:
    """Lets the same things happen to a room, whenever it is restarted."""

    def __init__(self, there):
        self.out = Outcome(there)
        self.nodes = Nodes()
        self.bank = Bank(self.nodes)
        self.locked = False

    def live(self, step, now):
        what, n, mm, _ = step
        room, node = self.out.room, ("h1", "h1", "h2")[n - 1]
        if what in ("roll", "stop"):
            self.out.feed(self.bank.at(n, mm, now, "moving" if what == "roll" else "stopped"))
        elif what == "tap":
            self.out.feed(self.nodes.tap((LI, WANG)[n % 2], now))
        elif what in ("fault", "ok"):
            number = Bank.WIRES[n - 1][2]
            more = {"why": f"carriage {number}: range"} if what == "fault" else {}
            device = "bank-b" if node == "h2" else "bank-a"
            self.out.feed(self.nodes.node_event(node, f"driver.{what}", now, device=device, **more))
        elif what in ("away", "back"):
            self.out.take(room.status(self.nodes.status(node, what == "back", now), now))
        elif what in ("lock", "free") and (what == "lock") is not self.locked:
            act = "shelf.unlock" if self.locked else "shelf.lock"
            self.out.take(room.act(act, "li", {"bank": "a", "reason": "x"}, now))
            self.locked = not self.locked
        self.out.at(now)

    def kept(self):
        return {k: v for k, v in self.out.room.rows().items() if k.startswith("rule/shelf")}

    def alarms(self):
        found = self.out.alarms().items()
        return {k: (a.state, a.since, a.count) for k, a in found if k.startswith("shelf")}


@settings(max_examples=80, deadline=None)
@given(STEPS, st.integers(0, 30))
def test_a_restart_at_any_moment_changes_nothing(steps, when):
    whole, parts = Life(shelved(bank=WATCHED, **PEOPLE)), Life(shelved(bank=WATCHED, **PEOPLE))
    now = T0
    for n, step in enumerate(steps):
        now += step[3]
        whole.live(step, now)
        parts.live(step, now)
        if n == when:
            rows = {**parts.out.room.rows(), **parts.out.room.ctx.rows.held()}
            again = open_room(parts.out.room.ctx.settings, rows)
            parts.out = Outcome(again)
            parts.out.take(again.start(now))
    assert parts.kept() == whole.kept()
    assert parts.alarms() == whole.alarms()


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_what_is_shown_follows_from_the_last_reports(steps):
    """Against a plain model of what was last heard of each carriage."""
    life = Life(shelved(bank=WATCHED, **PEOPLE))
    now, heard, broken, away = T0, {}, set(), set()
    for step in steps:
        now += step[3]
        life.live(step, now)
        what, n, mm, _ = step
        device = {1, 2} if n < 3 else {3}
        if what in ("roll", "stop"):
            heard[n] = mm
            broken.discard(n)
            away.discard(n)
        elif what == "fault":
            broken.add(n)
        elif what == "ok":
            broken -= device
        elif what == "away":
            away |= device
        elif what == "back":
            away -= device
    state = life.out.room.states("shelf.bank")["room"].banks["a"]
    believed = [heard.get(n) if n not in broken | away else None for n in (1, 2, 3)]
    bank = Geometry(1800, (0, 0, 0), 500, 60, 40)
    wanted = layout(bank, believed, {o.aisle for o in state.open})
    shown = bank_view(tables(life.out.room.ctx).banks["a"], state, now, life.out.room.ctx)
    assert [(a["state"], a["mm"]) for a in shown["aisles"]] == [
        (a.state, a.mm) for a in wanted.aisles
    ]
    for a in shown["aisles"]:
        if a["state"] == "open":
            assert a["since"] <= now
        elif a["state"] != "unknown":
            assert "since" not in a
    standing = {f"a.{o.aisle}" for o in state.open if o.late}
    alarms = life.out.alarms().values()
    active = {a.subject for a in alarms if a.code.endswith("too_long") and a.state == "UNACK"}
    assert active == standing
