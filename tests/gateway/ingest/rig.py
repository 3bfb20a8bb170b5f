"""A pipeline with a real ledger, a fake broker and a room that a test tells what to decide."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from gateway.ledger.disks import BadDisk
from strongroom_gateway.contract import Alarm, Info, RelayCommand, Sensed, Status
from strongroom_gateway.ingest.backlog import PENDING_LIMIT
from strongroom_gateway.ingest.pipeline import Pipeline
from strongroom_gateway.ingest.port import NOTHING, AlarmChange, Command, Decision, Entry
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.writer import Writer
from strongroom_gateway.transport.fake import FakeTransport
from support.waiting import wait_for

ROOM = "r1"
NOW = 1_800_000_000_000


class RecordingRoom:
    """Decides what ``answer`` says; remembers all it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[Sensed], Decision] = lambda event: NOTHING
        self.decided: list[tuple[str, int, str, int]] = []
        self.foreseen: list[tuple[list[int], int]] = []
        """The numbers of each batch, and how many messages had been decided on before it."""
        self.presence: list[Status | Info] = []
        self.faults: list[tuple[str, bool, str, Mapping[str, Any]]] = []
        self.fault_answer: Callable[[str, bool], Decision] = lambda kind, on: NOTHING
        self.stands = Decision()
        self.last = NOTHING

    def decide(self, event: Sensed, now: int) -> Decision:
        self.decided.append((event.node, event.boot, event.lane, event.seq))
        self.last = self.answer(event)
        return self.last

    def foresee(self, events: Sequence[Sensed]) -> None:
        self.foreseen.append(([event.seq for event in events], len(self.decided)))

    def status(self, status: Status, now: int) -> Decision:
        self.presence.append(status)
        return NOTHING

    def info(self, info: Info, now: int) -> Decision:
        self.presence.append(info)
        return NOTHING

    def tick(self, now: int) -> Decision:
        return NOTHING

    def fault(
        self, kind: str, on: bool, now: int, subject: str = "", why: Mapping[str, Any] | None = None
    ) -> Decision:
        self.faults.append((kind, on, subject, why or {}))
        return self.fault_answer(kind, on)

    def settled(self) -> None:
        pass

    def unkept(self, now: int) -> Decision:
        return Decision(alarms=self.last.alarms)

    def standing(self) -> Decision:
        return self.stands

    def snapshot(self) -> Mapping[str, Any]:
        return {}


class Rig:
    """Everything of one gateway but the broker and the rules; ``restart`` starts it anew."""

    def __init__(self, path: Path, pending_limit: int = PENDING_LIMIT) -> None:
        self.path = path
        self.limit = pending_limit
        self.disk = BadDisk(path)
        self.room = RecordingRoom()
        self.transport = FakeTransport()
        self.reader = Reader(path)
        self.now = NOW
        self._open()

    def _open(self) -> None:
        store = Store(self.disk)
        store.open()
        self.writer = Writer(store, self._committed, self._recording)
        self.pipeline = Pipeline(
            ROOM,
            self.room,
            self.transport,
            self.writer.append,
            self._mark,
            lambda: self.now,
            self.limit,
        )
        self.writer.start()
        self.transport.start(self.pipeline.on_messages, self.pipeline.on_link)
        self.transport.link(True)

    def _mark(self, *key: Any) -> Any:
        mark = self.reader.mark(*key)
        return mark and (mark.high, mark.beyond, mark.decided)

    def _committed(self, works: Any, more: bool) -> None:
        self.pipeline.committed(works, more)

    def _recording(self, on: bool, why: str) -> None:
        self.pipeline.recording(on, why)

    def restart(self) -> None:
        """Stop and start again: what is in memory is gone, the ledger and the broker stay."""
        self.stop()
        self.room = RecordingRoom()
        self._open()

    def stop(self) -> None:
        self.pipeline.close()
        assert self.writer.stop()
        self.transport.link(False)

    # -- what a node sends ---------------------------------------------------------------------------

    def send(self, *payloads: bytes, node: str = "n1", topic: str = "event/tag") -> None:
        from strongroom_gateway.transport.port import Inbound

        full = f"strongroom/v1/{ROOM}/{node}/{topic}"
        self.transport.deliver(*(Inbound(full, one, 1, False, False, 0) for one in payloads))

    def settle(self) -> None:
        """Wait until all that was sent is committed."""
        wait_for(lambda: self.pipeline.pending == 0, 10, lambda: f"pending {self.pipeline.pending}")

    def acked(self, node: str = "n1") -> dict[tuple[str, int], int]:
        """Return the newest application acknowledgement by (lane, boot)."""
        found: dict[tuple[str, int], int] = {}
        for payload in self.transport.sent(f"strongroom/v1/{ROOM}/{node}/ack"):
            ack = msgspec.json.decode(payload)
            for lane, (boot, seq) in itertools.chain(
                (("event", pair) for pair in ack["event"]),
                (("telemetry", pair) for pair in ack["telemetry"]),
            ):
                found[lane, boot] = seq
        return found

    def wait_acked(self, expected: dict[tuple[str, int], int], node: str = "n1") -> None:
        wait_for(
            lambda: self.acked(node) == expected,
            10,
            lambda: f"acknowledged {expected}, there is {self.acked(node)}",
        )

    def recorded(self, node: str | None = None) -> list[tuple[str | None, int | None, int | None]]:
        return [
            (one.node, one.boot, one.seq)
            for one in self.reader.entries(limit=1000, node=node)
            if one.boot is not None
        ]


def envelope(seq: int, boot: int = 1, **fields: Any) -> bytes:
    record = {"boot": boot, "seq": seq, "mono": seq * 10, "ts": None, "clk": "none"}
    return msgspec.json.encode(record | fields)


def tag(seq: int, boot: int = 1, tag_id: str = "e2801160", **more: Any) -> bytes:
    fields: dict[str, Any] = {
        "reader": "gate", "id": tag_id, "act": "seen", "tech": "uhf",
        "ant": None, "rssi": -50, "n": 1, "span": 0,
    }  # fmt: skip
    return envelope(seq, boot, **(fields | more))


def climate(seq: int, boot: int = 1, t: float = 20.5) -> bytes:
    return envelope(seq, boot, sensor="t1", t=t, rh=50.0)


def dropped(seq: int, lane: str, of_boot: int, first: int, last: int, boot: int = 1) -> bytes:
    fields = {"lane": lane, "of_boot": of_boot, "from": first, "to": last}
    return envelope(seq, boot, what="outbox.dropped", count=last - first + 1, why="full", **fields)


def alarm(name: str = "exit.no_leave:box-1") -> AlarmChange:
    body = Alarm(
        id=name, code="exit.no_leave", state="UNACK", priority="high", since=NOW, count=1,
        subject="box-1", why={"reads": 3}, text="left",
    )  # fmt: skip
    return AlarmChange(name, body)


def decision(seq: int = 0) -> Decision:
    relay = RelayCommand(id=f"c{seq}", exp=NOW + 1000, relay="horn", on=True, lease=5000)
    return Decision(
        alarms=[alarm()],
        commands=[Command("n2", relay)],
        entries=[Entry("custody.left", {"item": "box-1", "seq": seq})],
        states=[("last", str(seq))],
        views=[("items", b"[]")],
    )
