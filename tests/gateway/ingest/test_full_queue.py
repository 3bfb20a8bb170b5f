"""A real room while too much waits for the disk: its rows are those of the record all the same, and
nothing is decided twice or lost, whenever the gateway dies.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.ingest.rig import ROOM, Rig
from strongroom_gateway.assembly import open_room
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.contract import Sensed
from strongroom_gateway.ledger import writer as writer_module
from strongroom_gateway.ledger.verify import verify
from strongroom_gateway.replaying import replay
from strongroom_gateway.room.core import Room
from strongroom_gateway.room.model import Where
from strongroom_gateway.room.rows import Rows
from strongroom_gateway.transport.port import Inbound
from support.sensing import PLAIN, T0, Nodes
from support.waiting import wait_for

FULL = sqlite3.OperationalError("database or disk is full")
WANG, BOX1, BOX2 = "04aabbccdd0002", "04110001", "04110002"
LIMIT = 8


class Custody(Rig):
    """The rig with a room that follows custody; messages are kept as a node would keep them."""

    room: Room  # type: ignore[assignment]  # a real one in place of one that is told what to say

    def __init__(self, path: Path) -> None:
        self.nodes = Nodes()
        self.outbox: list[Sensed] = []
        super().__init__(path, LIMIT)

    def _open(self) -> None:
        self.now = max(self.now, T0)
        states = self.reader.states() if self.path.exists() else {}
        made = settings(typed(PLAIN, Config))
        self.room = open_room(made, states, rows=self.reader)
        super()._open()
        self.pipeline.act(self.room.start)
        self.settle()

    def say(self, *messages: Sensed) -> None:
        """A node senses and sends; what is not acknowledged it keeps."""
        for message in messages:
            self.outbox.append(message)
            self.now = max(self.now, message.received)
            self.deliver(message)

    def deliver(self, *messages: Sensed) -> None:
        for m in messages:
            topic = f"strongroom/v1/{ROOM}/{m.node}/{m.lane}/{m.kind}"
            self.transport.deliver(Inbound(topic, m.raw, 1, False, False, 0))

    def resend(self) -> None:
        """The node's patience is over: it sends all that was never acknowledged, in order."""
        for _ in range(20):
            left = [m for m in self.outbox if m.seq > self.acked(m.node).get((m.lane, m.boot), 0)]
            if not left:
                return
            for message in left:
                self.deliver(message)
                self.settle()
        raise AssertionError(f"never acknowledged: {[(m.node, m.seq) for m in left]}")

    def broken(self) -> None:
        """The disk takes nothing, and as much waits for it as may."""
        self.disk.trouble = FULL
        for n in range(LIMIT + 2):
            self.say(self.nodes.climate("c9/t1", 20, 50, self.now + n))
        wait_for(lambda: not self.pipeline.is_recording, 10, "not recording")

    def mended(self) -> None:
        self.disk.trouble = None
        wait_for(lambda: self.pipeline.is_recording, 10, "recording")
        self.pipeline.tick()
        self.settle()

    def tap(self, *tags: str, every: int = 1_000) -> None:
        for tag in tags:
            self.now += every
            self.say(self.nodes.tap(tag, self.now))

    def flood(self, many: int) -> None:
        """Boxes without a badge: each is refused, and that is an entry."""
        for _ in range(many):
            self.tap(BOX1, every=100)

    def on_disk(self, item: str) -> Where | None:
        return Rows(self.reader).get(Where, item)

    def movements(self) -> list[tuple[str, str]]:
        found = self.reader.entries(limit=1000)
        moved = [one for one in found if one.kind.startswith("movement.")]
        return [(one.kind.removeprefix("movement."), one.body["item"]) for one in moved]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Custody]:
    made = Custody(tmp_path / "ledger.db")
    yield made
    made.disk.trouble = None
    made.resend()
    made.settle()
    for item in ("HX-H-01", "HX-H-02"):
        assert made.room.ctx.where(item) == made.on_disk(item), "memory says what the disk says"
    made.stop()
    assert replay(made.path).different == [], "and the disk what the record says"
    assert verify(made.path).problems == []


def test_a_visit_to_the_desk_counts_once_though_nothing_could_be_kept_of_its_taps(
    rig: Custody,
) -> None:
    rig.broken()
    rig.tap(WANG, BOX1, BOX2, WANG)
    assert rig.pipeline.counters.shed > 0
    assert rig.room.ctx.where("HX-H-01").holder == "wang"
    rig.mended()
    assert rig.on_disk("HX-H-01") == rig.room.ctx.where("HX-H-01")
    rig.resend()
    assert rig.movements() == [("check_out", "HX-H-01"), ("check_out", "HX-H-02")]


def test_what_follows_from_a_visit_has_more_room_than_what_is_only_said(rig: Custody) -> None:
    rig.broken()
    rig.flood(3 * LIMIT)
    unkept = rig.pipeline.counters.unkept_decisions
    assert unkept > 0
    rig.tap(WANG, BOX1, every=10_000)
    assert rig.pipeline.counters.unkept_decisions == unkept
    rig.mended()
    assert rig.on_disk("HX-H-01").holder == "wang"
    rig.resend()
    assert rig.movements() == [("check_out", "HX-H-01")]


def test_what_cannot_be_kept_at_all_is_forgotten_and_decided_when_it_comes_again(
    rig: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom_gateway.ingest.backlog.MOST_HELD", 1)
    rig.broken()
    rig.flood(3 * LIMIT)
    rig.tap(WANG, BOX1, every=10_000)
    assert rig.room.ctx.where("HX-H-01").holder is None, "nobody may believe what is not on record"
    rig.mended()
    assert rig.on_disk("HX-H-01").holder is None
    rig.resend()
    assert rig.movements() == [("check_out", "HX-H-01")]


def test_an_alarm_whose_decision_cannot_be_kept_sounds_and_stands_and_its_movement_follows(
    rig: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom_gateway.ingest.backlog.MOST_HELD", 1)
    rig.broken()
    rig.flood(3 * LIMIT)
    walk = [("inner", 0), ("inner", 200), ("outer", 400), ("outer", 600), ("outer", 800)]
    at = rig.now + 1_000
    rig.say(*(rig.nodes.read("e2000002", side, at + ms, rssi=-45) for side, ms in walk))
    topic = f"strongroom/v1/{ROOM}/alarm/exit.no_leave:HX-H-02"
    assert topic in rig.transport.retained
    assert "exit.no_leave:HX-H-02" in {c.id for c in rig.room.standing().alarms}
    assert rig.room.ctx.where("HX-H-02").place == "A-2"
    sounded = len(rig.transport.sent(topic))
    rig.deliver(*rig.outbox)
    assert len(rig.transport.sent(topic)) == sounded, "once, not each time it is sent again"
    rig.mended()
    rig.resend()
    assert ("exit_without_leave", "HX-H-02") in rig.movements()
    raised = [e.body["alarm"] for e in rig.reader.entries(limit=1000, kind="alarm.raised")]
    assert "exit.no_leave:HX-H-02" in raised


def test_a_gateway_that_dies_before_the_messages_come_again_knows_what_it_decided(
    rig: Custody,
) -> None:
    rig.broken()
    rig.tap(WANG, BOX1, BOX2)
    rig.now += 6_000
    rig.tap(WANG)
    rig.mended()
    assert rig.on_disk("HX-H-01").holder == "wang", "decided, and on record before its messages"
    rig.restart()
    rig.resend()
    assert rig.movements() == [("check_out", "HX-H-01"), ("check_out", "HX-H-02")]
    assert rig.reader.mark("d1", 1, "event").decided == [], "nothing is left over"
    rig.restart()
    rig.now += 60_000
    rig.tap(WANG, BOX1, WANG)
    rig.settle()
    assert rig.movements()[2:] == [("handed_in", "HX-H-01")]


def test_a_lane_that_cannot_be_looked_up_is_decided_on_when_it_can(
    rig: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*key: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(rig.pipeline._marks, "_load", unreadable)
        rig.tap(WANG, BOX1, WANG)
    assert rig.room.ctx.where("HX-H-01").holder is None
    rig.resend()
    assert rig.movements() == [("check_out", "HX-H-01")]
