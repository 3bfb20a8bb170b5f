"""A gateway's ingest in a process of its own that dies at a chosen point: `crashing.py DB PORT POINT N`.

POINT is where it kills itself with SIGKILL, at the Nth time it comes there:
decided      a message was decided on, nothing is written
writing      rows are in the open transaction
committed    the commit is durable, nothing is acknowledged
acked        the broker has the acknowledgements of the batch, the node has none
never        it goes on until it is told to stop
"""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from strongroom_gateway.contract import Info, Sensed, Status, topics
from strongroom_gateway.ingest.pipeline import Pipeline
from strongroom_gateway.ingest.port import NOTHING, Decision, Entry
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.work import Work
from strongroom_gateway.ledger.writer import Writer
from strongroom_gateway.transport.lean import LeanTransport
from strongroom_gateway.transport.port import Inbound
from strongroom_gateway.transport.settings import MqttSettings


class Fuse:
    """Kills the process when its point was reached often enough."""

    def __init__(self, point: str, count: int) -> None:
        self.point = point
        self.left = count

    def reached(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class CountingRoom:
    """Keeps the number of the messages it decided on in its states, and records each decision."""

    def __init__(self, states: Mapping[str, str], fuse: Fuse) -> None:
        self.count = int(states.get("count", "0"))
        self.fuse = fuse

    def decide(self, event: Sensed, now: int) -> Decision:
        self.fuse.reached("decided")
        self.count += 1
        body = {"node": event.node, "boot": event.boot, "seq": event.seq, "number": self.count}
        return Decision(entries=[Entry("test.decided", body)], states=[("count", str(self.count))])

    def foresee(self, events: Sequence[Sensed]) -> None:
        pass

    def status(self, status: Status, now: int) -> Decision:
        return NOTHING

    def info(self, info: Info, now: int) -> Decision:
        return NOTHING

    def tick(self, now: int) -> Decision:
        return NOTHING

    def fault(
        self, kind: str, on: bool, now: int, subject: str = "", why: Mapping[str, Any] | None = None
    ) -> Decision:
        return NOTHING

    def settled(self) -> None:
        pass

    def unkept(self, now: int) -> Decision:
        return NOTHING

    def standing(self) -> Decision:
        return NOTHING

    def snapshot(self) -> Mapping[str, Any]:
        return {}


class FusedStorage(SqliteStorage):
    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path)
        self.fuse = fuse

    def commit(self, connection: sqlite3.Connection) -> None:
        self.fuse.reached("writing")
        super().commit(connection)


class FusedTransport(LeanTransport):
    fuse: Fuse

    def ack(self, messages: list[Inbound]) -> None:
        self.fuse.reached("committed")
        super().ack(messages)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> bool:
        if topic.endswith("/ack"):
            # Until the acknowledgements to the broker are out.
            while self._queue or (self._wire is not None and self._wire.unsent):
                time.sleep(0.001)
            self.fuse.reached("acked")
        return super().publish(topic, payload, qos, retain)


def main() -> None:
    path, port = Path(sys.argv[1]), int(sys.argv[2])
    fuse = Fuse(sys.argv[3], int(sys.argv[4]))
    store = Store(FusedStorage(path, fuse))
    store.open()
    reader = Reader(path)
    transport = FusedTransport(
        MqttSettings(
            client_id="gateway", subscriptions=tuple(topics.subscriptions("r1")), port=port,
            first_pause=0.02, longest_pause=0.1,
        )
    )  # fmt: skip
    transport.fuse = fuse

    def load(*key: Any) -> Any:
        mark = reader.mark(*key)
        return mark and (mark.high, mark.beyond, mark.decided)

    def committed(works: Sequence[Work], more: bool) -> None:
        pipeline.committed(works, more)

    writer = Writer(store, committed, lambda on, why: None)
    room = CountingRoom(reader.states(), fuse)
    pipeline = Pipeline(
        "r1", room, transport, writer.append, load, lambda: time.time_ns() // 1_000_000
    )
    writer.start()
    transport.start(pipeline.on_messages, pipeline.on_link)
    sys.stdin.read()  # until the test closes it
    pipeline.close()
    writer.stop()
    pipeline.farewell()
    transport.stop()


main()
