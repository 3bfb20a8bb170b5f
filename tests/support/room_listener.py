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
from types import TracebackType
from typing import Any, Self

import msgspec
import paho.mqtt.client as mqtt
from strongroom_gateway.contract import Decoder, Info, Sensed, Status
from strongroom_gateway.errors import ContractError

from support.waiting import wait_for

Key = tuple[str, str, int, int]


class RoomListener:
    """A gateway that records nothing and decides nothing. `acks` and `clock` can be withheld."""

    def __init__(
        self, port: int, room: str, acks: bool = True, clock: bool = True, tls: Any = None
    ) -> None:
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
        self._port = port
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id="gateway", clean_session=False
        )
        if tls is not None:
            self._client.tls_set(*tls)
        self._client.on_connect = self._joined
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._heard
        self._ready = False

    def __enter__(self) -> Self:
        """Connect and wait until the subscription stands."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        wait_for(lambda: self._ready, 10, "the listener's subscription")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

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
        seconds: float = 15,
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
        self._client.publish(
            f"strongroom/v1/{self.room}/{node}/{level}", msgspec.json.encode(body), 1, retain
        )

    def _joined(self, client: mqtt.Client, *_rest: object) -> None:
        levels = ("status", "info", "event/+", "telemetry/+")
        client.subscribe([(f"strongroom/v1/{self.room}/+/{level}", 1) for level in levels])

    def _subscribed(self, *_rest: object) -> None:
        self._ready = True

    def _heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        now = int(time.time() * 1000)
        try:
            heard = self._decoder.decode(message.topic, message.payload, now)
        except ContractError as refusal:
            self.refused.append((message.topic, message.payload, str(refusal)))
            return
        if isinstance(heard, Sensed):
            self._take(heard)
        elif isinstance(heard, Info):
            self.infos.append((heard, message.retain))
            if self.clock and not message.retain:
                answer = {"id": f"clock-{heard.body.mono}", "mono": heard.body.mono, "ts": now}
                self.publish(heard.node, "command/clock", answer)
        else:
            self.status.append(heard)

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
