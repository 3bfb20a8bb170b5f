"""Stands in for the gateway in tests of nodes: hears everything, checks it against the contract,
acknowledges.

    with RoomListener(broker.port, "room-1") as room:
        tag = room.wait("event", "tag", lambda sensed: sensed.body.act == "seen")

Every message is decoded with the gateway's own strict decoder; what it refuses is kept in
`refused`.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from strongroom_gateway.contract import Decoder, Info, Sensed, Status
from strongroom_gateway.errors import ContractError

from support.subscriber import Subscriber
from support.waiting import wait_for

Key = tuple[str, str, int, int]


class RoomListener(Subscriber):
    """A gateway that records nothing and decides nothing. `acks` and `clock` can be withheld."""

    def __init__(
        self, port: int, room: str, acks: bool = True, clock: bool = True, tls: Any = None
    ) -> None:
        levels = ("status", "info", "event/+", "telemetry/+")
        filters = [f"strongroom/v1/{room}/+/{level}" for level in levels]
        super().__init__(port, "gateway", filters, tls=tls)
        self.room = room
        self.acks = acks
        self.clock = clock
        self.sensed: list[Sensed] = []
        self.infos: list[tuple[Info, bool]] = []
        self.status: list[Status] = []
        self.refused: list[tuple[str, bytes, str]] = []
        self._decoder = Decoder(room)
        self._seen: set[Key] = set()
        self._high: dict[tuple[str, str, int], int] = defaultdict(int)

    @property
    def keys(self) -> set[Key]:
        """The messages heard, each once, as (node, lane, boot, seq)."""
        return set(self._seen)

    def of(self, lane: str, kind: str, node: str | None = None) -> list[Sensed]:
        """Return the messages of a kind, in the order of their first hearing."""
        return [
            one
            for one in list(self.sensed)
            if (one.lane, one.kind) == (lane, kind) and node in (None, one.node)
        ]

    def wait(
        self,
        lane: str,
        kind: str,
        which: Callable[[Any], bool] = lambda _body: True,
        seconds: float = 30,
        node: str | None = None,
    ) -> Sensed:
        """Wait for a message whose body pleases `which` and return it; fails after some seconds."""
        return wait_for(
            lambda: next((one for one in self.of(lane, kind, node) if which(one.body)), None),
            seconds,
            lambda: (
                f"{lane}/{kind}; heard {[one.body for one in self.sensed][-12:]}; refused {self.refused}"
            ),
        )

    def publish(self, node: str, level: str, body: dict[str, Any], retain: bool = False) -> None:
        """Publish a command, ack or config to a node."""
        self.client.publish(
            f"strongroom/v1/{self.room}/{node}/{level}", msgspec.json.encode(body), 1, retain
        )

    def heard(self, message: mqtt.MQTTMessage) -> None:
        """Decode it, answer as a gateway does, keep it."""
        now = int(time.time() * 1000)
        try:
            said = self._decoder.decode(message.topic, message.payload, now)
        except ContractError as refusal:
            self.refused.append((message.topic, message.payload, str(refusal)))
            return
        if isinstance(said, Sensed):
            self._take(said)
        elif isinstance(said, Info):
            self.infos.append((said, message.retain))
            if self.clock and not message.retain:
                answer = {"id": f"clock-{said.body.mono}", "mono": said.body.mono, "ts": now}
                self.publish(said.node, "command/clock", answer)
        else:
            self.status.append(said)

    def _take(self, heard: Sensed) -> None:
        key = (heard.node, heard.lane, heard.boot, heard.seq)
        if key not in self._seen:
            self._seen.add(key)
            self.sensed.append(heard)
        if not self.acks:
            return
        lane = (heard.node, heard.lane, heard.boot)
        while (*lane, self._high[lane] + 1) in self._seen:
            self._high[lane] += 1
        ack: dict[str, Any] = {"event": [], "telemetry": [], "ts": heard.received}
        if self._high[lane]:
            ack[heard.lane] = [[heard.boot, self._high[lane]]]
        self.publish(heard.node, "ack", ack)
