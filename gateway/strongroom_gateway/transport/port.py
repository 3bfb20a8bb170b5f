"""What the gateway asks of an MQTT client."""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Inbound(msgspec.Struct, gc=False):
    """One received message. ``token`` belongs to the connection it came on."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    token: int


OnMessages = Callable[[list[Inbound]], None]
OnLink = Callable[[bool], None]


class Transport(Protocol):
    """At-least-once MQTT: a message is the broker's until ``ack`` was called with it."""

    def start(self, on_messages: OnMessages, on_link: OnLink) -> None:
        """Connect, and stay connected; the callbacks come from one thread of the transport's."""
        ...

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> bool:
        """Send a message, from any thread; False when there is no link or no room for it."""
        ...

    def ack(self, messages: list[Inbound]) -> None:
        """Release messages to the broker; those of an earlier connection are ignored."""
        ...

    def stop(self) -> None:
        """Disconnect and end the thread."""
        ...
