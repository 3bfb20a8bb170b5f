"""Stands where the gateway stands: hears everything in a room, acknowledges, and gives orders.

with Listener(broker.port, "r1") as room:
    room.acking = True              # acknowledge as a gateway does; False: hear and say nothing
    wait_for(lambda: room.kinds("event") ...)
    room.say("n1", "command/relay", {...})
"""

import json
import threading
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from strongroom_gateway.contract import Decoder
from strongroom_gateway.errors import ContractError

from support.subscriber import Subscriber

ROOT = "strongroom/v1"


class Listener(Subscriber):
    """A client with a persistent session that knows which records it has.

    Everything nodes say has to pass the gateway's contract; what does not fails the test at the end.
    """

    def __init__(self, port: int, room: str, *, acking: bool = True) -> None:
        """Prepare to hear `room` through the broker on `port`."""
        super().__init__(port, "listener", [f"{ROOT}/{room}/#"], keepalive=5)
        self.room = room
        self.acking = acking
        self.messages: list[tuple[str, bytes, bool]] = []  # topic, payload, retained
        self.records: dict[tuple[str, str, int, int], dict[str, Any]] = {}
        self.copies = 0
        self.refused: list[str] = []
        self._decoder = Decoder(room)
        self._marks: dict[tuple[str, str, int], int] = {}
        self._lock = threading.Lock()

    def say(self, node: str, what: str, body: Any, *, retain: bool = False) -> None:
        """Publish to a node; bytes go out as they are, everything else as JSON."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        topic = f"{ROOT}/{self.room}/{node}/{what}"
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def of(self, node: str, lane: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the records of a node's lane without copies, by boot and seq."""
        with self._lock:
            keys = sorted(key for key in self.records if key[:2] == (node, lane))
            found = [self.records[key] for key in keys]
        return [record for record in found if kind in (None, record["kind"])]

    def last(self, node: str, what: str) -> bytes | None:
        """Return the last payload of status, info ... of a node."""
        topic = f"{ROOT}/{self.room}/{node}/{what}"
        with self._lock:
            found = [payload for heard, payload, _ in self.messages if heard == topic]
        return found[-1] if found else None

    def order(self, node: str) -> list[tuple[str, int, int]]:
        """Return (lane, boot, seq) of everything a node said, in the order it came, copies too."""
        found = []
        with self._lock:
            for topic, payload, _ in self.messages:
                levels = topic.split("/")
                if levels[3] == node and levels[4] in ("event", "telemetry"):
                    record = json.loads(payload)
                    found.append((levels[4], record["boot"], record["seq"]))
        return found

    def acknowledge(self, node: str) -> None:
        """Publish the marks of a node."""
        with self._lock:
            body: dict[str, Any] = {"event": [], "telemetry": [], "ts": 1800000000000}
            for (name, lane, boot), seq in self._marks.items():
                if name == node and seq:
                    body[lane].append([boot, seq])
        self.client.publish(f"{ROOT}/{self.room}/{node}/ack", json.dumps(body), qos=1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave; fails on what does not fit the contract."""
        super().__exit__(kind, error, trace)
        if kind is None:
            assert not self.refused, self.refused

    def heard(self, message: mqtt.MQTTMessage) -> None:
        """Keep it, check it, acknowledge it."""
        levels = message.topic.split("/")
        with self._lock:
            self.messages.append((message.topic, message.payload, bool(message.retain)))
            if levels[4] in ("status", "info", "event", "telemetry"):
                self._check(message)
            if levels[4] not in ("event", "telemetry"):
                return
            node, lane, kind = levels[3], levels[4], levels[5]
            record = json.loads(message.payload) | {"kind": kind}
            key = (node, lane, record["boot"], record["seq"])
            self.copies += key in self.records
            self.records.setdefault(key, record)
            mark = (node, lane, record["boot"])
            high = self._marks.get(mark, 0)
            while (*key[:3], high + 1) in self.records:
                high += 1
            self._marks[mark] = high
        if self.acking:
            self.acknowledge(node)

    def _check(self, message: mqtt.MQTTMessage) -> None:
        try:
            self._decoder.decode(message.topic, message.payload, 0)
        except ContractError as error:
            self.refused.append(f"{message.topic} {message.payload!r}: {error}")
