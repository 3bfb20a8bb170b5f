import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from gateway.ingest.rig import (
    NOW,
    Rig,
    alarm,
    climate,
    decision,
    dropped,
    envelope,
    tag,
)
from strongroom_gateway.ingest.port import NOTHING, AlarmChange, Decision, Entry
from strongroom_gateway.ledger.verify import verify
from support.waiting import wait_for

PREFIX = "strongroom/v1/r1"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "ledger.db")
    yield made
    made.stop()
    assert verify(made.path).problems == []


def test_an_event_is_decided_recorded_and_acknowledged_to_broker_and_node(rig: Rig) -> None:
    rig.send(tag(1), tag(2))
    rig.wait_acked({("event", 1): 2})
    assert rig.recorded() == [("n1", 1, 1), ("n1", 1, 2)]
    assert rig.transport.unacked == {}
    assert rig.room.decided == [("n1", 1, "event", 1), ("n1", 1, "event", 2)]
    [first, _] = rig.reader.entries()
    assert (first.kind, first.at, first.body) == ("event/tag", NOW, json.loads(tag(1)))


def test_readings_go_beside_the_record(rig: Rig) -> None:
    rig.send(climate(1), climate(2), topic="telemetry/climate")
    rig.wait_acked({("telemetry", 1): 2})
    assert rig.reader.entries() == []
    assert [one.body["t"] for one in rig.reader.readings()] == [20.5, 20.5]


def test_the_acknowledgement_has_the_form_the_contract_says(rig: Rig) -> None:
    rig.send(tag(1, boot=3), tag(1, boot=4))
    rig.send(climate(1, boot=4), topic="telemetry/climate")
    rig.wait_acked({("event", 3): 1, ("event", 4): 1, ("telemetry", 4): 1})
    for one in rig.transport.published:
        if one.topic.endswith("/ack"):
            assert (one.qos, one.retain) == (1, False)
            body = json.loads(one.payload)
            assert set(body) == {"event", "telemetry", "ts"}
            assert body["ts"] == NOW


def test_a_node_with_many_boots_gets_small_acknowledgements(rig: Rig) -> None:
    rig.send(*(tag(1, boot=boot) for boot in range(1, 101)))
    rig.wait_acked({("event", boot): 1 for boot in range(1, 101)})
    assert all(len(one) <= 1024 for one in rig.transport.sent(f"{PREFIX}/n1/ack"))


def test_what_follows_from_a_decision_goes_out_before_the_commit(rig: Rig) -> None:
    rig.room.answer = lambda event: decision(event.seq)
    rig.disk.trouble = OSError("the disk is gone")
    rig.send(tag(1))
    topics = {one.topic: one for one in rig.transport.published}
    assert json.loads(topics[f"{PREFIX}/alarm/exit.no_leave:box-1"].payload)["subject"] == "box-1"
    assert topics[f"{PREFIX}/alarm/exit.no_leave:box-1"].retain
    assert json.loads(topics[f"{PREFIX}/n2/command/relay"].payload)["relay"] == "horn"
    assert not topics[f"{PREFIX}/n2/command/relay"].retain
    assert topics[f"{PREFIX}/state/items"].payload == b"[]"
    assert rig.acked() == {}
    rig.disk.trouble = None
    rig.wait_acked({("event", 1): 1})
    kinds = [(one.kind, one.node) for one in rig.reader.entries()]
    assert kinds == [("event/tag", "n1"), ("custody.left", None)]
    assert rig.reader.states() == {"last": "1"}


def test_duplicates_are_dropped_and_acknowledged_again(rig: Rig) -> None:
    rig.send(tag(1), tag(2))
    rig.wait_acked({("event", 1): 2})
    rig.transport.published.clear()
    rig.send(tag(1))
    rig.wait_acked({("event", 1): 2})
    assert rig.recorded() == [("n1", 1, 1), ("n1", 1, 2)]
    assert rig.pipeline.counters.duplicates == 1
    assert len(rig.room.decided) == 2
    assert rig.transport.unacked == {}


def test_duplicates_are_known_after_a_restart(rig: Rig) -> None:
    rig.send(tag(1), tag(2), tag(5))
    rig.send(climate(1), topic="telemetry/climate")
    rig.settle()
    rig.restart()
    rig.send(tag(1), tag(2), tag(5), tag(3))
    rig.send(climate(1), climate(2), topic="telemetry/climate")
    rig.settle()
    assert rig.recorded() == [("n1", 1, seq) for seq in (1, 2, 5, 3)]
    assert rig.room.decided == [("n1", 1, "event", 3), ("n1", 1, "telemetry", 2)]
    assert len(rig.reader.readings()) == 2


def test_the_same_numbers_of_another_boot_lane_or_node_are_other_messages(rig: Rig) -> None:
    rig.send(tag(1, boot=1), tag(1, boot=2))
    rig.send(tag(1), node="n2")
    rig.send(climate(1), topic="telemetry/climate")
    rig.settle()
    assert rig.pipeline.counters.duplicates == 0
    assert len(rig.recorded()) == 3


def test_a_gap_holds_the_acknowledgement_until_it_closes(rig: Rig) -> None:
    rig.send(tag(1), tag(2), tag(4), tag(5))
    rig.wait_acked({("event", 1): 2})
    assert rig.pipeline.missing() == 1
    assert rig.reader.gaps() == [("n1", 1, "event", 3, 3)]
    rig.send(tag(3))
    rig.wait_acked({("event", 1): 5})
    assert rig.pipeline.missing() == 0
    assert rig.reader.gaps() == []


def test_nothing_contiguous_is_nothing_acknowledged(rig: Rig) -> None:
    rig.send(tag(3))
    rig.settle()
    assert rig.transport.sent(f"{PREFIX}/n1/ack") == []
    assert rig.transport.unacked == {}


def test_a_range_reported_dropped_fills_the_gap(rig: Rig) -> None:
    rig.send(climate(1), climate(8), topic="telemetry/climate")
    rig.send(dropped(1, "telemetry", 1, 2, 7), topic="event/node")
    rig.wait_acked({("event", 1): 1, ("telemetry", 1): 8})
    assert rig.reader.gaps() == []
    assert rig.room.decided[-1] == ("n1", 1, "event", 1)


def test_drops_of_an_earlier_boot_close_that_boot(rig: Rig) -> None:
    rig.send(tag(1, boot=4), tag(2, boot=4))
    rig.send(dropped(1, "event", 4, 3, 9, boot=5), topic="event/node")
    rig.wait_acked({("event", 4): 9, ("event", 5): 1})


def test_an_anchor_dates_what_came_before_it(rig: Rig) -> None:
    rig.send(tag(1), tag(2))
    anchor = {"what": "clock.anchor", "of_boot": 1, "at_mono": 520, "at_ts": NOW, "source": "ntp"}
    rig.send(envelope(3, **anchor), topic="event/node")
    rig.settle()
    times = [(one.time, one.time_source) for one in rig.reader.entries()]
    assert times[:2] == [(NOW - 510, "anchor"), (NOW - 500, "anchor")]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (f"{PREFIX}/n1/event/tag", b"{", "malformed_json"),
        (f"{PREFIX}/n1/event/tag", b"\xff\x00", "malformed_json"),
        (f"{PREFIX}/n1/event/tag", tag(1).replace(b"-50", b"NaN"), "malformed_json"),
        (f"{PREFIX}/n1/event/tag", tag(1) + b" " * 2000, "oversized"),
        (f"{PREFIX}/n1/event/tag", b"[" * 500 + b"]" * 500, "too_deep"),
        (f"{PREFIX}/n1/event/tag", b"[]", "not_an_object"),
        (f"{PREFIX}/n1/event/tag", tag(1, extra=1), "unknown_field"),
        (f"{PREFIX}/n1/event/tag", tag(1, tag_id="88112233"), "bad_id"),
        (f"{PREFIX}/n1/event/tag", tag(0), "out_of_range"),
        (f"{PREFIX}/n1/event/tag", tag(1, n="1"), "wrong_type"),
        (f"{PREFIX}/n1/event/cat", tag(1), "bad_topic"),
        ("strongroom/v1/r2/n1/event/tag", tag(1), "wrong_room"),
        ("strongroom/v1/r1/N1/event/tag", tag(1), "bad_topic"),
        (f"{PREFIX}/n1/status", b"perhaps", "out_of_range"),
        (f"{PREFIX}/n1/info", b"{}", "missing_field"),
        ("\ufffd", b"", "bad_topic"),
    ],
)
def test_bad_input_is_quarantined_with_its_reason_and_released(
    rig: Rig, topic: str, payload: bytes, reason: str
) -> None:
    rig.transport.receive(topic, payload)
    rig.settle()
    [refused] = rig.reader.quarantined()
    assert (refused.reason, refused.topic, refused.size) == (reason, topic, len(payload))
    assert payload.startswith(refused.payload)
    assert rig.transport.unacked == {}
    assert rig.room.decided == []
    [(kind, on, subject, why)] = rig.room.faults
    assert (kind, on, why["reason"]) == ("message.quarantined", True, reason)
    assert subject in ("n1", "")
    rig.send(tag(7))
    rig.settle()
    assert rig.recorded() == [("n1", 1, 7)]


def test_a_refused_message_with_numbers_counts_as_dealt_with(rig: Rig) -> None:
    rig.send(tag(1), tag(2, tag_id="88000000"), tag(3))
    rig.wait_acked({("event", 1): 3})
    rig.send(tag(2, tag_id="88000000"))
    rig.settle()
    assert len(rig.reader.quarantined()) == 1
    assert rig.pipeline.counters.duplicates == 1


def test_a_flood_of_refused_messages_is_counted_to_the_last_one(rig: Rig) -> None:
    for _ in range(10):
        rig.send(*[b"garbage"] * 100)
    rig.send(*[b"garbage"] * 5, node="n2")
    rig.settle()
    assert len(rig.reader.quarantined(limit=1000)) == 60 + 5
    assert rig.reader.quarantine_counts() == {
        ("n1", "malformed_json"): 1000,
        ("n2", "malformed_json"): 5,
    }
    assert rig.pipeline.refused_by_reason() == {"malformed_json": 1005}
    assert len(rig.room.faults) == 65
    rig.now += 60_000
    rig.send(b"garbage")
    rig.settle()
    assert len(rig.reader.quarantined(limit=1000)) == 66


def test_every_received_message_ends_in_one_counter(rig: Rig) -> None:
    rig.send(tag(1), tag(1), b"x", tag(2))
    rig.send(climate(1), topic="telemetry/climate")
    rig.transport.receive(f"{PREFIX}/n1/status", b"online")
    rig.transport.receive(f"{PREFIX}/alarm/a", b"{}")
    rig.settle()
    counters = rig.pipeline.counters
    ends = (
        counters.events, counters.readings, counters.duplicates,
        counters.quarantined, counters.shed, counters.presence,
    )  # fmt: skip
    assert ends == (2, 1, 1, 1, 0, 2)
    assert counters.received == sum(ends)


def info(**more: object) -> bytes:
    body = {
        "room": "r1", "node": "n1", "firmware": "1", "board": "b", "boot": 3, "cause": "power",
        "mono": 77, "config": 0, "capabilities": [{"id": "t1", "type": "sht4x", "role": "climate"}],
    }  # fmt: skip
    return msgspec.json.encode(body | more)


def test_a_live_info_is_answered_with_the_time_and_a_retained_one_is_not(rig: Rig) -> None:
    rig.transport.receive(f"{PREFIX}/n1/info", info(), retain=True)
    assert rig.transport.sent(f"{PREFIX}/n1/command/clock") == []
    rig.transport.receive(f"{PREFIX}/n1/info", info())
    [answer] = rig.transport.sent(f"{PREFIX}/n1/command/clock")
    assert json.loads(answer) == {"id": "clock-3-77", "mono": 77, "ts": NOW}
    assert len(rig.room.presence) == 2
    assert rig.transport.unacked == {}


def test_a_node_that_was_there_first_is_greeted_so_that_it_sends_again(rig: Rig) -> None:
    rig.transport.receive(f"{PREFIX}/n1/info", info())
    assert rig.transport.sent(f"{PREFIX}/n1/ack") == []
    rig.transport.receive(f"{PREFIX}/n1/info", info(), retain=True)
    [greeting] = rig.transport.sent(f"{PREFIX}/n1/ack")
    assert json.loads(greeting) == {"event": [], "telemetry": [], "ts": NOW}


def test_an_info_that_names_another_node_is_refused(rig: Rig) -> None:
    rig.transport.receive(f"{PREFIX}/n1/info", info(node="n2"))
    rig.settle()
    assert [one.reason for one in rig.reader.quarantined()] == ["wrong_room"]


def test_a_broker_that_forgot_everything_gets_all_that_stands(rig: Rig) -> None:
    rig.room.stands = Decision(alarms=[alarm()], views=[("items", b"[1]")])
    rig.transport.link(False)
    rig.transport.link(True, empty=True)
    assert set(rig.transport.retained) == {
        f"{PREFIX}/alarm/exit.no_leave:box-1",
        f"{PREFIX}/state/items",
        f"{PREFIX}/state/gateway",
    }
    state = json.loads(rig.transport.retained[f"{PREFIX}/state/gateway"])
    assert state == {"status": "online", "recording": True, "why": None}


def test_an_alarm_that_ended_without_a_link_is_taken_down_later(rig: Rig) -> None:
    rig.room.answer = lambda event: Decision(alarms=[alarm()])
    rig.send(tag(1))
    topic = f"{PREFIX}/alarm/exit.no_leave:box-1"
    assert topic in rig.transport.retained
    rig.transport.link(False)
    rig.pipeline.act(lambda now: Decision(alarms=[AlarmChange("exit.no_leave:box-1", None)]))
    rig.transport.link(True)
    assert topic not in rig.transport.retained


def test_a_retained_alarm_of_an_earlier_life_is_taken_down(rig: Rig) -> None:
    rig.room.stands = Decision(alarms=[alarm("stands")])
    rig.transport.link(False)
    rig.transport.link(True)
    for name in ("stands", "gone"):
        rig.transport.receive(f"{PREFIX}/alarm/{name}", b"{}", retain=True)
    assert rig.transport.sent(f"{PREFIX}/alarm/gone") == [b""]
    assert b"" not in rig.transport.sent(f"{PREFIX}/alarm/stands")
    assert rig.transport.unacked == {}


def test_acknowledgements_without_a_link_are_sent_when_it_is_back(rig: Rig) -> None:
    rig.disk.trouble = OSError("later")
    rig.send(tag(1))
    rig.transport.link(False, empty=True)
    rig.disk.trouble = None
    rig.settle()
    rig.transport.link(True)
    rig.wait_acked({("event", 1): 1})


def test_a_rule_that_fails_loses_neither_the_message_nor_the_next_one(rig: Rig) -> None:
    def fail(event: object) -> Decision:
        raise KeyError("no such box")

    rig.room.answer = fail
    rig.send(tag(1))
    rig.room.answer = lambda event: NOTHING
    rig.send(tag(2))
    rig.settle()
    kinds = [one.kind for one in rig.reader.entries()]
    assert kinds == ["event/tag", "gateway.rule_failed", "event/tag"]
    assert "no such box" in rig.reader.entries()[1].body["error"]
    assert rig.pipeline.counters.rule_failures == 1


@pytest.mark.parametrize(
    "entry", [Entry("custody.left", {"x": float("nan")}), Entry('a"b', {}), Entry("ok", {}, "N 1")]
)
def test_a_decision_that_cannot_be_written_still_sounds_and_is_said(rig: Rig, entry: Entry) -> None:
    rig.room.answer = lambda event: Decision(alarms=[alarm()], entries=[entry])
    rig.send(tag(1))
    rig.settle()
    assert f"{PREFIX}/alarm/exit.no_leave:box-1" in rig.transport.retained
    assert [one.kind for one in rig.reader.entries()] == ["event/tag", "gateway.rule_failed"]


def test_the_number_of_an_input_is_recorded_as_the_standard_writes_it(rig: Rig) -> None:
    rig.send(
        b'{"boot":1,"seq":1,"mono":1,"ts":null,"clk":"none","input":"float","on":true,"value":5.0}',
        b'{"boot":1,"seq":2,"mono":1,"ts":null,"clk":"none","input":"float","on":true,"value":1e-7}',
        topic="event/input",
    )
    rig.settle()
    first, second = rig.reader.entries()
    assert (first.body["value"], second.body["value"]) == (5, 1e-7)


def test_closing_takes_no_more_and_commits_what_came(rig: Rig) -> None:
    rig.send(tag(1))
    rig.pipeline.close()
    rig.send(tag(2))
    rig.writer.stop()
    rig.pipeline.farewell()
    assert rig.recorded() == [("n1", 1, 1)]
    assert len(rig.transport.unacked) == 1
    state = json.loads(rig.transport.retained[f"{PREFIX}/state/gateway"])
    assert state["status"] == "offline"


def test_marks_that_are_not_in_use_are_read_again_from_the_ledger(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom_gateway.ingest.marks.MOST_MARKS", 10)
    for boot in range(1, 101):
        rig.send(tag(1, boot=boot))
        rig.settle()
    wait_for(lambda: len(rig.pipeline._marks._marks) <= 20, 10, "fewer marks")
    for boot in range(1, 101):
        rig.send(tag(1, boot=boot))
    rig.settle()
    assert rig.pipeline.counters.duplicates == 100
    assert len(rig.recorded()) == 100
