"""What the shared suite drives: a transport with everything that came out of it."""

import threading
from collections.abc import Callable

from strongroom_gateway.transport.lean import LeanTransport
from strongroom_gateway.transport.paho import PahoTransport
from strongroom_gateway.transport.port import Inbound, Transport
from strongroom_gateway.transport.settings import MqttSettings, Tls, Will
from support.waiting import wait_for

MAKERS: dict[str, Callable[[MqttSettings], Transport]] = {
    "paho": PahoTransport,
    "lean": LeanTransport,
}


class Client:
    """One transport under test; acknowledges at once while ``acking``."""

    def __init__(
        self,
        kind: str,
        port: int,
        client_id: str = "gateway",
        subscriptions: tuple[str, ...] = ("in/#",),
        will: Will | None = None,
        acking: bool = True,
        tls: Tls | None = None,
        keepalive: int = 30,
        host: str = "127.0.0.1",
    ) -> None:
        self.received: list[Inbound] = []
        self.batches = 0
        self.links: list[bool] = []
        self.acking = acking
        self.on_up: Callable[[], None] = lambda: None
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = False
        self.threads: set[int] = set()
        self.transport = MAKERS[kind](
            MqttSettings(
                client_id=client_id,
                subscriptions=subscriptions,
                host=host,
                port=port,
                tls=tls,
                keepalive=keepalive,
                will=will,
                first_pause=0.05,
                longest_pause=0.2,
            )
        )

    def start(self) -> "Client":
        self.transport.start(self._on_messages, self._on_link)
        return self

    def _on_messages(self, messages: list[Inbound]) -> None:
        self.threads.add(threading.get_ident())
        self.batches += 1
        self.waiting = not self.gate.is_set()
        assert self.gate.wait(20), "the gate stays shut"
        self.received += messages
        if self.acking:
            self.transport.ack(messages)

    def _on_link(self, up: bool) -> None:
        self.threads.add(threading.get_ident())
        self.links.append(up)
        if up:
            self.on_up()

    def wait_up(self) -> None:
        wait_for(lambda: self.links and self.links[-1], 10, lambda: f"the link: {self.links}")

    def wait_down(self) -> None:
        wait_for(lambda: self.links and not self.links[-1], 10, lambda: f"no link: {self.links}")

    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.received]

    def wait_payloads(self, *expected: bytes, seconds: float = 10) -> None:
        wait_for(
            lambda: self.payloads() == list(expected),
            seconds,
            lambda: f"{expected[:5]}..., there are {len(self.received)}: {self.payloads()[:5]}",
        )
