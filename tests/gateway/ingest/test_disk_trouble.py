"""With the ledger unwritable alarms still go out, nothing is acknowledged, and nothing is lost."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.ingest.rig import Rig, alarm, climate, decision, dropped, tag
from strongroom_gateway.ingest.port import AlarmChange, Decision
from strongroom_gateway.ledger import writer as writer_module
from strongroom_gateway.ledger.verify import verify
from support.waiting import wait_for

PREFIX = "strongroom/v1/r1"
FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "ledger.db", pending_limit=50)
    made.room.fault_answer = lambda kind, on: Decision(
        alarms=[alarm(kind) if on else AlarmChange(kind, None)]
    )
    yield made
    made.disk.trouble = None
    made.stop()
    assert verify(made.path).problems == []


def not_recording(rig: Rig) -> None:
    wait_for(lambda: not rig.pipeline.is_recording, 10, "not recording")
    topic = f"{PREFIX}/alarm/ledger.not_recording"
    wait_for(lambda: topic in rig.transport.retained, 10, "the alarm")


def recording(rig: Rig) -> None:
    wait_for(lambda: rig.pipeline.is_recording, 10, "recording")
    topic = f"{PREFIX}/alarm/ledger.not_recording"
    wait_for(lambda: topic not in rig.transport.retained, 10, "no alarm")
    rig.settle()


def test_alarms_go_out_nothing_is_acknowledged_and_all_is_recorded_later(rig: Rig) -> None:
    rig.room.answer = lambda event: decision(event.seq)
    rig.disk.trouble = FULL
    for seq in range(1, 21):
        rig.send(tag(seq))
    not_recording(rig)
    assert len(rig.transport.sent(f"{PREFIX}/alarm/exit.no_leave:box-1")) == 20
    state = json.loads(rig.transport.retained[f"{PREFIX}/state/gateway"])
    assert state["recording"] is False
    assert "full" in state["why"]
    assert rig.acked() == {}
    assert rig.transport.acked == []
    assert rig.recorded() == []
    rig.disk.trouble = None
    recording(rig)
    rig.wait_acked({("event", 1): 20})
    assert rig.recorded() == [("n1", 1, seq) for seq in range(1, 21)]
    assert rig.transport.unacked == {}
    assert rig.reader.states() == {"last": "20"}
    state = json.loads(rig.transport.retained[f"{PREFIX}/state/gateway"])
    assert state["recording"] is True


def test_what_is_too_much_to_keep_is_decided_once_and_comes_again(rig: Rig) -> None:
    rig.room.answer = lambda event: decision(event.seq)
    rig.disk.trouble = FULL
    rig.send(tag(1))
    not_recording(rig)
    for seq in range(2, 81):
        rig.send(tag(seq))
    counters = rig.pipeline.counters
    assert counters.shed > 0
    assert counters.events + counters.shed == 80
    assert len(rig.room.decided) == 80
    shed = counters.shed
    for seq in range(81 - shed, 81):  # the node's patience is over
        rig.send(tag(seq))
    assert len(rig.room.decided) == 80
    assert counters.shed == 2 * shed
    assert rig.acked() == {}
    rig.disk.trouble = None
    recording(rig)
    rig.wait_acked({("event", 1): 80 - shed})
    for seq in range(81 - shed, 81):
        rig.send(tag(seq))
        rig.settle()
    rig.wait_acked({("event", 1): 80})
    assert len(rig.room.decided) == 80
    assert rig.recorded() == [("n1", 1, seq) for seq in range(1, 81)]
    left = [one for one in rig.reader.entries(limit=1000) if one.kind == "custody.left"]
    assert sorted(one.body["seq"] for one in left) == list(range(1, 81))
    assert rig.reader.states() == {"last": "80"}


def test_decisions_there_is_no_room_for_are_taken_again_with_the_message(rig: Rig) -> None:
    rig.room.answer = lambda event: decision(event.seq)
    rig.disk.trouble = FULL
    rig.send(tag(1))
    not_recording(rig)
    for seq in range(2, 201):
        rig.send(tag(seq))
    assert rig.pipeline.counters.unkept_decisions > 0
    assert len(rig.transport.sent(f"{PREFIX}/alarm/exit.no_leave:box-1")) == 200
    rig.disk.trouble = None
    recording(rig)
    for seq in range(1, 201):
        rig.send(tag(seq))
        rig.settle()
    assert sorted(rig.recorded()) == [("n1", 1, seq) for seq in range(1, 201)]
    left = [one for one in rig.reader.entries(limit=1000) if one.kind == "custody.left"]
    assert sorted(one.body["seq"] for one in left) == list(range(1, 201))


def test_refused_messages_are_counted_also_when_there_is_no_room(rig: Rig) -> None:
    rig.disk.trouble = FULL
    rig.send(tag(1))
    not_recording(rig)
    for _ in range(200):
        rig.send(b"garbage")
    rig.disk.trouble = None
    recording(rig)
    rig.pipeline.tick()
    rig.settle()
    assert rig.reader.quarantine_counts() == {("n1", "malformed_json"): 200}


def test_shed_messages_are_released_to_the_broker(rig: Rig) -> None:
    rig.disk.trouble = FULL
    rig.send(climate(1), topic="telemetry/climate")
    not_recording(rig)
    for seq in range(2, 101):
        rig.send(climate(seq), topic="telemetry/climate")
    assert len(rig.transport.acked) == rig.pipeline.counters.shed
    assert len(rig.transport.unacked) <= 51


def test_a_new_lane_while_the_ledger_cannot_even_be_read_is_decided_and_sent_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*key: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    rig.room.answer = lambda event: Decision(alarms=[alarm()])
    with monkeypatch.context() as patched:
        patched.setattr(rig.pipeline._marks, "_load", unreadable)
        rig.send(tag(1))
        assert f"{PREFIX}/alarm/exit.no_leave:box-1" in rig.transport.retained
    rig.settle()
    assert rig.acked() == {}
    rig.send(tag(1))
    rig.wait_acked({("event", 1): 1})
    assert rig.recorded() == [("n1", 1, 1)]


def test_drop_reports_without_end_are_bounded_too(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom_gateway.ingest.marks.MOST_RANGES", 5)
    for seq in range(1, 11):
        rig.send(dropped(seq, "telemetry", 1, seq * 10, seq * 10 + 1), topic="event/node")
    rig.settle()
    assert len(rig.reader.marks()["n1", 1, "telemetry"].beyond) == 5
    assert rig.pipeline.counters.shed == 5
    rig.wait_acked({("event", 1): 5})
    rig.send(dropped(6, "telemetry", 1, 1, 60), topic="event/node")
    rig.wait_acked({("event", 1): 6, ("telemetry", 1): 60})


def test_a_node_that_opens_gaps_without_end_is_bounded_and_heard_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom_gateway.ingest.marks.MOST_RANGES", 5)
    rig.send(*(tag(seq) for seq in range(2, 40, 2)))
    rig.settle()
    assert len(rig.reader.marks()["n1", 1, "event"].beyond) == 5
    assert rig.pipeline.counters.shed == 14
    for _ in range(2):
        for seq in range(1, 40):
            rig.send(tag(seq))
    rig.wait_acked({("event", 1): 39})
    assert sorted(rig.recorded()) == [("n1", 1, seq) for seq in range(1, 40)]
    assert len(set(rig.room.decided)) == 39


def test_a_room_without_memory_sounds_and_hears_everything_again_in_its_order(rig: Rig) -> None:
    """Started while the ledger could not be read: what follows from rows is decided with them."""
    rig.room.answer = lambda event: decision(event.seq)
    rig.pipeline.without_memory()
    rig.send(tag(1), tag(2))
    assert f"{PREFIX}/alarm/exit.no_leave:box-1" in rig.transport.retained
    rig.settle()
    assert (rig.acked(), rig.recorded()) == ({}, [])
    greetings = len(rig.transport.sent(f"{PREFIX}/n1/ack"))
    rig.pipeline.remember(lambda _: Decision())
    assert len(rig.transport.sent(f"{PREFIX}/n1/ack")) == greetings + 1, "asked to send again"
    rig.room.decided.clear()
    rig.send(tag(3))
    assert rig.room.decided == [], "what was said before it is not there yet"
    rig.send(tag(1), tag(2), tag(3))
    rig.wait_acked({("event", 1): 3})
    assert [seq for *_, seq in rig.room.decided] == [1, 2, 3]


def test_what_does_not_come_again_is_not_waited_for_without_end(rig: Rig) -> None:
    rig.pipeline.without_memory()
    rig.send(tag(1))
    rig.pipeline.remember(lambda _: Decision())
    rig.send(tag(2))
    rig.now += 61_000
    rig.send(tag(2))
    rig.settle()
    assert rig.recorded() == [("n1", 1, 2)]
