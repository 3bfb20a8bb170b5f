"""The transport on paho-mqtt 2: proven, and about two thirds as fast as our own.

Messages are acknowledged by hand, so that the broker keeps them until they are on the disk. Paho is
driven by a loop of ours (its "external event loop"): it reads all that has come before the gateway is
given one batch, and an exception in a callback cannot end the thread for good. Between paho and its
socket is a `Wire`, so that a packet does not cost four system calls.
"""

import logging
import threading
import time
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from . import packets
from .backoff import Backoff
from .port import Inbound, OnLink, OnMessages
from .settings import MqttSettings
from .wake import Waker
from .wire import Wire

MOST_OUTGOING: Final = 10_000
MOST_IN_BATCH: Final = 512
STOP_SECONDS: Final = 5.0
_TICK: Final = 1.0

log = logging.getLogger(__name__)


class WiredClient(mqtt.Client):
    """A paho client that speaks through a `Wire`.

    `_create_socket` is where paho itself puts its WebSocket between packets and connection; nothing
    else that is not public is touched. A paho without it would work as before, at its own speed.
    """

    def _create_socket(self) -> Any:
        connection: Any = super()._create_socket()
        return Wire(connection)


class PahoTransport:
    """MQTT 3.1.1 through paho-mqtt; see `port.Transport`."""

    def __init__(self, settings: MqttSettings) -> None:
        self._settings = settings
        self._backoff = Backoff(settings.first_pause, settings.longest_pause)
        self._waker = Waker()
        self._lock = threading.Lock()
        self._connection = 0
        self._up = False
        self._announce = False
        self._stopping = False
        self._published = self._delivered = 0
        self._batch: list[Inbound] = []
        self._acks: list[int] = []  # under the lock: packet ids of this connection
        self._wire: Wire  # of the connection there is; from `_opened` on
        self._on_messages: OnMessages | None = None
        self._on_link: OnLink | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt-paho", daemon=True)
        self._client = self._new_client()

    def start(self, on_messages: OnMessages, on_link: OnLink) -> None:
        """Connect, and stay connected; the callbacks come from one thread."""
        self._on_messages, self._on_link = on_messages, on_link
        self._thread.start()

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> bool:
        """Send a message, from any thread; False when there is no link or too much is under way."""
        if not self._up:
            return False
        with self._lock:
            info = self._client.publish(topic, payload, qos, retain)
            sent = info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS
            self._published += sent
        return sent

    def ack(self, messages: list[Inbound]) -> None:
        """Release messages to the broker; those of an earlier connection are ignored."""
        with self._lock:  # so that none is queued for a connection it does not belong to
            current = self._connection
            self._acks += [m.token & 0xFFFF for m in messages if m.qos and m.token >> 16 == current]
        self._waker.wake()

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
                self._connect()
            except OSError as error:
                log.debug("no broker at %s: %s", self._settings.host, error)
            else:
                self._serve()
            if not self._stopping:
                self._pause(self._backoff.pause())
        self._waker.close()

    def _connect(self) -> None:
        with self._lock:
            self._connection += 1
            self._acks.clear()
        settings = self._settings
        self._client.connect(settings.host, settings.port, settings.keepalive)

    def _serve(self) -> None:
        """Read and write until the connection ends."""
        client = self._client
        next_misc = time.monotonic() + _TICK
        while client.socket() is not None and not self._stopping:
            if self._readable(next_misc - time.monotonic()):
                self._read()
            self._write()
            if time.monotonic() >= next_misc:
                client.loop_misc()
                next_misc = time.monotonic() + _TICK
        if self._stopping:
            self._leave()
        self._hand_on()
        self._set_link(False)

    def _readable(self, seconds: float) -> bool:
        """Wait for something to read, for room to write what is waiting, or for a wake-up."""
        wire = self._wire
        if wire.pending():
            return True
        write = wire.wants_write if wire.unsent else self._client.want_write()
        return self._waker.wait(wire, seconds, write=write)

    def _read(self) -> None:
        """Read what has come, and hand it on."""
        while not self._client.loop_read():
            if not self._wire.pending() or len(self._batch) >= MOST_IN_BATCH:
                break
        self._hand_on()
        if self._announce:
            self._announce = False
            self._set_link(True)

    def _write(self) -> None:
        """Give the socket all that there is to send, as far as it takes it."""
        if self._client.want_write():
            self._client.loop_write()
        try:
            if self._acks:
                self._write_acks()
            self._wire.flush()
        except OSError as error:
            log.debug("writing failed: %s", error)
            self._client.loop_read()  # fails on the wire too: so paho learns of it

    def _write_acks(self) -> None:
        """Acknowledge a batch in one piece: paho would build and queue each by itself.

        It keeps no state for them, and a wire takes packets whole, so these never come inside one of
        paho's. On another socket they go through paho.
        """
        with self._lock:
            acks, self._acks = self._acks, []
        if self._client.socket() is self._wire:
            self._wire.put(packets.pubacks(acks))
        else:
            for number in acks:
                self._client.ack(number, 1)

    def _leave(self) -> None:
        """Wait until the broker has what was published, then say farewell: no will is sent.

        Paho closes its socket right behind the farewell: the wire sees to it that all arrives.
        """
        deadline = time.monotonic() + STOP_SECONDS / 2
        client = self._client
        while client.socket() is not None and time.monotonic() < deadline:
            waiting = client.want_write() or self._acks or self._wire.unsent
            if not waiting and self._published == self._delivered:
                break
            if self._readable(0.05):
                client.loop_read()
            self._write()
        self._wire.linger = STOP_SECONDS / 2
        client.disconnect()
        client.loop_write()

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopping and (left := deadline - time.monotonic()) > 0:
            self._waker.wait(None, left)

    def _hand_on(self) -> None:
        if self._batch and self._on_messages is not None:
            batch, self._batch = self._batch, []
            try:
                self._on_messages(batch)
            except Exception:  # the messages stay unacknowledged and come again
                log.exception("a batch of %d messages failed", len(batch))

    def _set_link(self, up: bool) -> None:
        if up == self._up:
            return
        self._up = up
        log.log(logging.INFO if up else logging.WARNING, "link %s", "up" if up else "lost")
        if self._on_link is not None:
            try:
                self._on_link(up)
            except Exception:
                log.exception("link %s failed", up)

    # -- paho --------------------------------------------------------------------------------------

    def _new_client(self) -> mqtt.Client:
        settings = self._settings
        client = WiredClient(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        client.max_inflight_messages_set(MOST_OUTGOING)
        client.max_queued_messages_set(MOST_OUTGOING)
        if settings.tls is not None:
            client.tls_set_context(settings.tls.context())
        if settings.will is not None:
            client.will_set(settings.will.topic, settings.will.payload, qos=1, retain=True)
        client.on_connect = self._connected
        client.on_message = self._received
        client.on_publish = self._delivered_one
        client.on_socket_open = self._opened
        client.on_socket_register_write = self._wants_to_write
        return client

    def _opened(self, _client: mqtt.Client, _data: Any, opened: Any) -> None:
        self._wire = opened if isinstance(opened, Wire) else Wire(opened)

    def _wants_to_write(self, _client: mqtt.Client, _data: Any, _socket: Any) -> None:
        self._waker.wake()

    def _connected(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            log.error("the broker refuses the gateway: %s", reason)
            return
        self._backoff.reset()
        client.subscribe([(topic, 1) for topic in self._settings.subscriptions])
        # Paho sends again what was not acknowledged only after this callback; what stands now must
        # come behind it, or an old alarm would overwrite a newer one.
        self._announce = True

    def _delivered_one(
        self, _client: mqtt.Client, _data: Any, _id: int, _reason: Any, _properties: Any
    ) -> None:
        self._delivered += 1

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "\ufffd"  # quarantined like any other topic that is not of the contract
        token = self._connection << 16 | message.mid
        self._batch.append(
            Inbound(topic, bytes(message.payload), message.qos, message.retain, message.dup, token)
        )
