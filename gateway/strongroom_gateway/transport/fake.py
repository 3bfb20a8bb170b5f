"""A transport without a broker, for tests: messages are put in by hand, what goes out is kept."""

import threading

import msgspec

from .port import Inbound, OnLink, OnMessages


class Published(msgspec.Struct):
    """One message that went out."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


class FakeTransport:
    """Behaves like a broker with one persistent session for the gateway."""

    def __init__(self) -> None:
        self.published: list[Published] = []
        self.retained: dict[str, bytes] = {}
        self.acked: list[Inbound] = []
        self.unacked: dict[int, Inbound] = {}
        self.up = False
        self._connection = 0
        self._token = 0
        self._lock = threading.Lock()
        self._on_messages: OnMessages | None = None
        self._on_link: OnLink | None = None

    def start(self, on_messages: OnMessages, on_link: OnLink) -> None:
        """Take the callbacks; the link comes up with `link`."""
        self._on_messages, self._on_link = on_messages, on_link

    def stop(self) -> None:
        """Take the link down for good."""
        if self.up:
            self.link(False)
        self._on_messages = self._on_link = None

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> bool:
        """Keep what goes out; False while the link is down."""
        with self._lock:
            if not self.up:
                return False
            self.published.append(Published(topic, payload, qos, retain))
            if retain and payload:
                self.retained[topic] = payload
            elif retain:
                self.retained.pop(topic, None)
            return True

    def ack(self, messages: list[Inbound]) -> None:
        """Forget messages of this connection."""
        with self._lock:
            for message in messages:
                if self.unacked.pop(message.token, None) is not None:
                    self.acked.append(message)

    # -- the other side ----------------------------------------------------------------------------

    def link(self, up: bool, *, empty: bool = False) -> None:
        """Bring the link up or down; what was not acknowledged comes again, unless ``empty``."""
        again: list[Inbound] = []
        with self._lock:
            self.up = up
            if up:
                if empty:
                    self.retained.clear()
                else:
                    again = [msgspec.structs.replace(m, dup=True) for m in self.unacked.values()]
                self.unacked.clear()
        if self._on_link is not None:
            self._on_link(up)
        if again:
            self.deliver(*again)

    def receive(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Deliver one message."""
        self.deliver(Inbound(topic, payload, 1, retain, False, 0))

    def deliver(self, *messages: Inbound) -> None:
        """Deliver messages as one batch, with tokens of this connection."""
        with self._lock:
            batch = []
            for message in messages:
                self._token += 1
                numbered = msgspec.structs.replace(message, token=self._token)
                self.unacked[self._token] = numbered
                batch.append(numbered)
        if self._on_messages is not None:
            self._on_messages(batch)

    def sent(self, topic: str) -> list[bytes]:
        """Return the payloads that went out on a topic."""
        with self._lock:
            return [one.payload for one in self.published if one.topic == topic]
