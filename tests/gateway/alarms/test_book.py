"""The book of alarms: ids, priorities, counts, what is written of people's acts."""

import re

import pytest
from strongroom_gateway.alarms.book import Act, UnknownAlarmError
from strongroom_gateway.alarms.catalogue import CATALOGUE, alarm_id
from strongroom_gateway.contract.outbound import AlarmId
from strongroom_gateway.ingest.port import Decision
from strongroom_gateway.room.effects import Clear, Raise
from support.outcome import Outcome
from support.sensing import T0, Nodes, room

SILENT = "node.silent:c1"


def test_every_code_has_an_id_fit_for_a_topic():
    pattern = next(m.pattern for m in AlarmId.__metadata__)
    for code in CATALOGUE:
        assert re.match(pattern, alarm_id(code, "HX-H-01.a")), code
        assert not set(alarm_id(code, "x")) & set("/+#")


def test_about_one_in_ten_kinds_is_critical():
    """Priorities mean something only while few alarms have the highest."""
    critical = [k for k in CATALOGUE.values() if k.priority == "critical"]
    assert len(critical) <= len(CATALOGUE) / 4


def lived():
    there = room()
    out = Outcome(there).feed(Nodes().climate("c1/t1", 20.0, 50.0, T0)).at(T0 + 90_000)
    return there, out


def act(there, what, *more, alarm=SILENT, at=T0 + 100_000):
    return there.operate(
        lambda book, out: getattr(book, what)(Act(alarm, "Li", "on my way", at), *more, out)
    )


def test_an_act_is_an_entry_with_who_why_and_when():
    there, _ = lived()
    decision = act(there, "acknowledge")
    (entry,) = decision.entries
    assert entry.kind == "alarm.acknowledged"
    assert (entry.body["by"], entry.body["comment"]) == ("Li", "on my way")
    assert entry.body["state"] == "ACKED"
    assert there.book.records()[0].changed == T0 + 100_000
    assert [c.alarm.state for c in decision.alarms] == ["ACKED"]
    assert decision.states[0][0] == f"alarm/{SILENT}"


def test_an_unknown_alarm():
    there, _ = lived()
    with pytest.raises(UnknownAlarmError):
        act(there, "acknowledge", alarm="node.silent:none")


def test_a_shelf_has_an_end_also_over_a_restart():
    there, _ = lived()
    act(there, "acknowledge")
    act(there, "shelve", T0 + 160_000)
    again = room(there.rows())
    out = Outcome(again).at(T0 + 159_999)
    assert out.states() == []
    out.at(T0 + 160_000)
    assert out.states() == [(SILENT, "UNACK")]
    assert out.entries("alarm.unshelved")[0][1]["because"] == "time"


def test_taken_off_the_shelf_by_hand_the_old_end_means_nothing():
    there, _ = lived()
    act(there, "shelve", T0 + 160_000)
    act(there, "unshelve")
    out = Outcome(there).at(T0 + 160_000)
    assert out.states() == []
    act(there, "shelve", T0 + 200_000)
    assert Outcome(there).at(T0 + 199_999).states() == []
    assert Outcome(there).at(T0 + 200_000).states() == [(SILENT, "UNACK")]


def raising(there, code="exit.no_leave", subject="x", severity=0, at=T0):
    out = Decision()
    there.book.apply(Raise(code, subject, {"rule": "test"}, {}, severity), at, out)
    return out


def test_each_occurrence_of_a_momentary_alarm_counts_and_calls():
    there = room()
    for n in range(3):
        (change,) = raising(there, at=T0 + n).alarms
        assert (change.alarm.count, change.alarm.state) == (n + 1, "LATCH_UNACK")
    assert change.alarm.since == T0, "since it first stood"


def test_a_condition_that_stands_is_one_occurrence():
    there = room()
    assert raising(there, "node.silent").alarms
    again = raising(there, "node.silent", at=T0 + 1)
    assert (again.alarms, again.entries, again.states) == ([], [], [])


def test_a_clear_of_nothing_is_nothing():
    there, out = room(), Decision()
    there.book.apply(Clear("node.silent", "c1"), T0, out)
    assert out == Decision()


def test_rows_of_codes_that_no_longer_exist_are_left_out():
    there, _ = lived()
    rows = {k: v.replace("node.silent", "node.asleep") for k, v in there.rows().items()}
    again = room(rows)
    assert again.standing().alarms == []


def test_rows_of_rules_that_no_longer_exist_are_taken_out_at_the_start():
    rows = {
        "rule/moon.phase/x": "{}",
        "rule/node.silent/c1": '{"heard":"yesterday"}',
        "rule/node.silent/c2": "torn",
        "item/HX-H-01": "[]",
        "alarm/node.silent:c1": '{"code":"node.silent"}',
        "alarm/moon.full": lived()[0].rows()[f"alarm/{SILENT}"].replace("node.silent", "moon.full"),
        "something": "else",
    }
    there = room(rows, gate=[])  # a gate nobody hears from is an alarm of its own
    gone = {key for key, value in there.start(T0).states if value is None}
    assert gone == set(rows)
    assert there.tick(T0 + 10**9).alarms == []
