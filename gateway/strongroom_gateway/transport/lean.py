"""The transport of our own: MQTT 3.1.1 with as little as possible between the socket and the gateway.

One thread owns the socket: it reads what is there in one go, takes it apart and hands it on as one
batch. Other threads put packets into a queue and wake it; acknowledgements of a whole batch are one
piece. A broker that breaks the protocol is left and tried again later.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ssl import SSLWantReadError, SSLWantWriteError
from typing import Final, TypeVar

from ..errors import TransportError
from . import packets
from .backoff import Backoff
from .packets import REFUSALS, Parser
from .port import Inbound, OnLink, OnMessages
from .settings import MqttSettings
from .wake import Waker
from .wire import Wire

CONNECT_SECONDS: Final = 10.0
STOP_SECONDS: Final = 5.0
MOST_OUTGOING: Final = 10_000
_SUBSCRIBE_ID: Final = 65_535  # our own messages use 1..65,534

Given = TypeVar("Given")
log = logging.getLogger(__name__)


class LeanTransport:
    """A persistent MQTT session; see `port.Transport`."""

    def __init__(self, settings: MqttSettings) -> None:
        self._settings = settings
        self._tls = settings.tls.context() if settings.tls else None
        self._backoff = Backoff(settings.first_pause, settings.longest_pause)
        self._waker = Waker()
        self._lock = threading.Lock()
        self._connection = 0
        self._wire: Wire | None = None
        self._up = False
        self._stopping = False
        self._queue: list[bytes] = []  # under the lock
        self._outgoing: dict[int, bytes] = {}  # under the lock: sent, not yet acknowledged
        self._last_id = 0
        self._sent_at = self._heard_at = self._pinged_at = 0.0
        self._on_messages: OnMessages | None = None
        self._on_link: OnLink | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt-lean", daemon=True)

    def start(self, on_messages: OnMessages, on_link: OnLink) -> None:
        """Connect, and stay connected; the callbacks come from one thread."""
        self._on_messages, self._on_link = on_messages, on_link
        self._thread.start()

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> bool:
        """Send a message, from any thread; False when there is no link or too much is under way."""
        with self._lock:
            if not self._up:
                return False
            number = 0
            if qos:
                if len(self._outgoing) >= MOST_OUTGOING:
                    return False
                number = self._next_id()
            packet = packets.publish(topic, payload, qos, retain, number)
            if qos:
                self._outgoing[number] = packet
            self._queue.append(packet)
        self._send_soon()
        return True

    def ack(self, messages: list[Inbound]) -> None:
        """Release messages to the broker; those of an earlier connection are ignored."""
        with self._lock:  # so that none is queued for a connection it does not belong to
            current = self._connection
            numbers = [
                message.token & 0xFFFF
                for message in messages
                if message.qos and message.token >> 16 == current
            ]
            if not numbers:
                return
            self._queue.append(packets.pubacks(numbers))
        self._send_soon()

    def stop(self) -> None:
        """Send what is waiting, disconnect and end the thread."""
        self._stopping = True
        self._waker.wake()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(STOP_SECONDS)

    # -- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        self._waker.own()
        while not self._stopping:
            try:
                self._serve(self._connect())
            except (OSError, TransportError) as error:
                level = logging.WARNING if self._up else logging.DEBUG
                log.log(level, "link to %s: %s", self._settings.host, error)
            self._disconnect()
            deadline = time.monotonic() + self._backoff.pause()
            while not self._stopping and (left := deadline - time.monotonic()) > 0:
                self._waker.wait(None, left)
        self._waker.close()

    def _connect(self) -> Parser:
        """Open a connection and a session on it; return the parser with what came behind CONNACK."""
        settings = self._settings
        with self._lock:
            self._connection += 1
            self._queue.clear()
        parser = Parser(self._connection)
        opened = socket.create_connection((settings.host, settings.port), CONNECT_SECONDS)
        if self._tls is not None:
            opened = self._tls.wrap_socket(opened, server_hostname=settings.host)
        self._wire = wire = Wire(opened)  # closed by _disconnect, whatever happens now
        will = (settings.will.topic, settings.will.payload) if settings.will else None
        wire.put(packets.connect(settings.client_id, settings.keepalive, will))
        wire.flush()
        answer = None
        while answer is None:
            data = wire.receive()
            if not data:
                raise TransportError("the broker closed the connection")
            answer = parser.connack(data)
        if answer.code:
            why = REFUSALS.get(answer.code, f"code {answer.code}")
            log.error("the broker refuses the gateway: %s", why)
            raise TransportError(f"the broker refuses the gateway: {why}")
        wire.setblocking(False)
        self._sent_at = self._heard_at = time.monotonic()
        self._backoff.reset()
        self._resume(answer.session)
        return parser

    def _resume(self, session: bool) -> None:
        """Subscribe, and send again what the broker has not acknowledged, before anything new."""
        with self._lock:
            self._queue.append(packets.subscribe(_SUBSCRIBE_ID, self._settings.subscriptions))
            for packet in self._outgoing.values():
                self._queue.append(packets.again(packet) if session else packet)
            self._up = True
        log.info("link up")
        self._call(self._on_link, True)

    def _serve(self, parser: Parser) -> None:
        """Read and write until the connection ends."""
        self._take(parser, b"")
        while not self._stopping:
            self._flush()
            if self._readable(self._until_keepalive()):
                self._take(parser, self._read())
        self._leave()

    def _take(self, parser: Parser, data: bytes) -> None:
        parsed = parser.feed(data)
        if parsed.acked:
            with self._lock:
                for number in parsed.acked:
                    self._outgoing.pop(number, None)
        if parsed.messages:
            self._call(self._on_messages, parsed.messages)

    def _readable(self, seconds: float) -> bool:
        wire = self._connected()
        return bool(wire.pending()) or self._waker.wait(wire, seconds, write=wire.wants_write)

    def _read(self) -> bytes:
        """Return what is there; b"" when TLS had nothing for us."""
        try:
            data = self._connected().receive()
        except (BlockingIOError, SSLWantReadError, SSLWantWriteError):
            return b""
        if not data:
            raise TransportError("the broker closed the connection")
        self._heard_at = time.monotonic()
        return data

    def _flush(self) -> None:
        """Send what is queued, as far as the socket takes it. Only in the socket's thread."""
        wire = self._wire
        if wire is None:
            return
        if self._queue:
            with self._lock:
                queue, self._queue = self._queue, []
            wire.put(b"".join(queue))
        if wire.flush():
            self._sent_at = time.monotonic()

    def _connected(self) -> Wire:
        if self._wire is None:
            raise TransportError("there is no connection")
        return self._wire

    def _until_keepalive(self) -> float:
        """Ping when nothing was sent or heard for long; return how long to wait for what happens."""
        now = time.monotonic()
        keepalive = self._settings.keepalive
        if now - self._heard_at > keepalive * 1.5:
            raise TransportError(f"nothing heard for {now - self._heard_at:.0f} s")
        due = max(min(self._sent_at, self._heard_at), self._pinged_at) + keepalive / 2
        if now < due:
            return due - now
        self._pinged_at = now
        with self._lock:
            self._queue.append(packets.PINGREQ)
        self._flush()
        return keepalive / 2

    def _leave(self) -> None:
        """Send what is queued, then the farewell that keeps the broker from sending the will."""
        with self._lock:
            self._queue.append(packets.DISCONNECT)
        self._flush()
        self._connected().linger = STOP_SECONDS / 2

    def _disconnect(self) -> None:
        with self._lock:
            was_up, self._up = self._up, False
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()
        if was_up:
            log.log(logging.INFO if self._stopping else logging.WARNING, "link lost")
            self._call(self._on_link, False)

    # -- small things ------------------------------------------------------------------------------

    def _send_soon(self) -> None:
        if self._waker.mine:
            with suppress(OSError):  # the loop will find out
                self._flush()
        else:
            self._waker.wake()

    def _next_id(self) -> int:
        number = self._last_id
        while True:
            number = number % (_SUBSCRIBE_ID - 1) + 1
            if number not in self._outgoing:
                self._last_id = number
                return number

    @staticmethod
    def _call(callback: Callable[[Given], None] | None, given: Given) -> None:
        """Call the gateway; a mistake there must not end the thread."""
        if callback is not None:
            try:
                callback(given)
            except Exception:  # what was not acknowledged comes again
                log.exception("the gateway failed on what the broker sent")
