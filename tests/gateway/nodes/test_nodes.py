"""Nodes that fall silent, devices that fail, records that were lost."""

import pytest
from support.outcome import Outcome
from support.sensing import T0, Nodes, room

SILENT = "node.silent:c1"
AFTER, OFFLINE, GRACE = 90_000, 30_000, 60_000
GRAIN = AFTER // 16


def reading(nodes, now):
    return nodes.climate("c1/t1", 20.0, 50.0, now)


def test_silence_is_an_alarm_and_hearing_ends_it():
    nodes = Nodes()
    out = Outcome(room()).feed(reading(nodes, T0))
    out.at(T0 + AFTER - 1)
    assert out.states() == []
    out.at(T0 + AFTER)
    assert out.states() == [(SILENT, "UNACK")]
    why = out.alarms()[SILENT].why
    assert (why["last_heard"], why["limit"]["source"]) == (T0, "nodes.silent_after_s")
    out.feed(reading(nodes, T0 + AFTER + 5_000))
    assert out.states()[-1] == (SILENT, "RTNUN")


def test_a_node_that_talks_is_not_silent():
    nodes = Nodes()
    out = Outcome(room()).feed(reading(nodes, T0 + n * 10_000) for n in range(100))
    assert out.states() == []
    out.at(T0 + 99 * 10_000 + AFTER - GRAIN - 1)
    assert out.states() == []
    out.at(T0 + 99 * 10_000 + AFTER)
    assert out.states() == [(SILENT, "UNACK")], "missed at the latest after the full time"


def test_the_word_of_the_broker_is_a_sooner_hint():
    nodes = Nodes()
    there = room()
    out = Outcome(there).feed(reading(nodes, T0))
    out.take(there.status(nodes.status("c1", False, T0 + 1_000), T0 + 1_000))
    out.at(T0 + 1_000 + OFFLINE - 1)
    assert out.states() == []
    out.at(T0 + 1_000 + OFFLINE)
    assert out.alarms()[SILENT].why["limit"]["source"] == "nodes.offline_after_s"


def test_a_short_absence_is_no_alarm():
    nodes = Nodes()
    there = room()
    out = Outcome(there).feed(reading(nodes, T0))
    out.take(there.status(nodes.status("c1", False, T0 + 1_000), T0 + 1_000))
    out.take(there.status(nodes.status("c1", True, T0 + 5_000), T0 + 5_000))
    out.feed(reading(nodes, T0 + 6_000)).at(T0 + 60_000)
    assert out.states() == []


def test_online_alone_does_not_make_a_silent_node_heard():
    nodes = Nodes()
    there = room()
    out = Outcome(there).feed(reading(nodes, T0)).at(T0 + AFTER)
    out.take(there.status(nodes.status("c1", True, T0 + AFTER + 1), T0 + AFTER + 1))
    assert out.alarms()[SILENT].state == "UNACK"


def test_an_expected_node_that_never_spoke_is_missed_after_the_grace():
    there = room(gate=[], nodes={"expected": ["c1"]})
    out = Outcome(there).take(there.start(T0)).at(T0 + GRACE - 1)
    assert out.states() == []
    out.at(T0 + GRACE)
    assert out.states() == [(SILENT, "UNACK")]


def test_a_restart_gives_nodes_a_grace_and_then_looks_again():
    nodes = Nodes()
    before = room(gate=[])
    Outcome(before).feed(reading(nodes, T0))
    later = T0 + 3_600_000
    there = room(before.rows(), gate=[])
    out = Outcome(there).take(there.start(later)).at(later + GRACE - 1)
    assert out.states() == [], "the hour the gateway was away says nothing of the node"
    out.at(later + GRACE)
    assert out.states() == [(SILENT, "UNACK")]


def test_an_alarm_that_stood_stands_after_a_restart_and_ends_when_heard():
    nodes = Nodes()
    before = room()
    Outcome(before).feed(reading(nodes, T0)).at(T0 + AFTER)
    there = room(before.rows())
    out = Outcome(there).take(there.start(T0 + 200_000))
    assert out.alarms()[SILENT].since == T0 + AFTER
    out.feed(reading(nodes, T0 + 210_000))
    assert out.states() == [(SILENT, "RTNUN")]


def test_a_silent_node_hides_the_alarms_of_its_devices():
    nodes = Nodes()
    out = Outcome(room()).feed(nodes.node_event("c1", "sensor.lost", T0, device="t1"))
    out.at(T0 + AFTER)
    assert out.alarms()["sensor.lost:c1.t1"].state == "DSUPR"
    out.feed(reading(nodes, T0 + AFTER + 1_000))
    assert out.alarms()["sensor.lost:c1.t1"].state == "UNACK"


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (("sensor.lost", {}), ("sensor.back", {})),
        (("driver.fault", {"why": "crc"}), ("driver.ok", {})),
    ],
)
def test_a_device_is_lost_and_back(bad, good):
    nodes = Nodes()
    out = Outcome(room()).feed(nodes.node_event("c1", bad[0], T0, device="t1", **bad[1]))
    out.feed(nodes.node_event("c1", bad[0], T0 + 1, device="t1", **bad[1]))
    out.feed(nodes.node_event("c1", good[0], T0 + 1_000, device="t1", **good[1]))
    assert out.states() == [("sensor.lost:c1.t1", "UNACK"), ("sensor.lost:c1.t1", "RTNUN")]


def test_both_reports_must_be_taken_back():
    nodes = Nodes()
    story = [
        ("driver.fault", {"why": "no answer"}),
        ("sensor.lost", {}),
        ("driver.ok", {}),
    ]
    out = Outcome(room()).feed(
        nodes.node_event("c1", what, T0 + n, device="t1", **more)
        for n, (what, more) in enumerate(story)
    )
    assert out.alarms()["sensor.lost:c1.t1"].state == "UNACK"
    out.feed(nodes.node_event("c1", "sensor.back", T0 + 9, device="t1"))
    assert out.alarms()["sensor.lost:c1.t1"].state == "RTNUN"


def test_a_node_that_starts_again_reports_anew():
    nodes = Nodes()
    out = Outcome(room()).feed(nodes.node_event("c1", "sensor.lost", T0, device="t1"))
    out.feed(nodes.node_event("c1", "boot", T0 + 1_000, cause="power"))
    assert out.states()[-1] == ("sensor.lost:c1.t1", "RTNUN")


@pytest.mark.parametrize(("lane", "priority"), [("event", "high"), ("telemetry", "medium")])
def test_lost_records_stay_until_a_person_ends_it(lane, priority):
    drop = {"lane": lane, "of_boot": 1, "from": 5, "to": 9, "count": 5, "why": "full"}
    out = Outcome(room()).feed(Nodes().node_event("c1", "outbox.dropped", T0, **drop))
    alarm = out.alarms()["outbox.dropped:c1"]
    assert (alarm.state, alarm.priority) == ("LATCH_UNACK", priority)
    assert (alarm.why["from"], alarm.why["to"], alarm.why["count"]) == (5, 9, 5)


def test_a_description_is_kept_and_repeating_it_changes_nothing():
    nodes = Nodes()
    there = room()
    there.info(nodes.info("c1", T0), T0)
    assert there.states("node.description")["c1"].firmware == "1.0"
    assert there.info(nodes.info("c1", T0 + 1), T0 + 1).states == []
    assert there.info(nodes.info("c1", T0 + 2, "1.1"), T0 + 2).states != []


def test_quarantined_messages_are_one_alarm_that_becomes_quiet():
    there = room()
    out = Outcome(there)
    for n in range(1_000):
        why = {"reason": "malformed_json", "topic": "x", "count": n}
        out.take(there.fault("message.quarantined", True, T0 + n * 10, "c1", why))
    assert out.states() == [("message.quarantined:c1", "UNACK")]
    assert out.alarms()["message.quarantined:c1"].why["reason"] == "malformed_json"
    out.at(T0 + 10_000 + 300_000)
    assert out.states()[-1] == ("message.quarantined:c1", "RTNUN")


def test_not_recording_comes_and_goes():
    there = room()
    out = Outcome(there).take(there.fault("ledger.not_recording", True, T0, "", {"why": "full"}))
    assert out.alarms()["ledger.not_recording"].why["why"] == "full"
    out.take(there.fault("ledger.not_recording", True, T0 + 1, "", {"why": "full"}))
    out.take(there.fault("ledger.not_recording", False, T0 + 2))
    assert out.states() == [("ledger.not_recording", "UNACK"), ("ledger.not_recording", "RTNUN")]
