"""One MQTT client with a certificate, for tests that ask a real broker what it lets through."""

import ssl
import threading
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt

from support.waiting import wait_for


class RefusedError(Exception):
    """The broker did not let the client in."""


class TlsClient:
    """A paho client with the certificate in a folder; it remembers what it receives."""

    def __init__(
        self,
        port: int,
        folder: Path | None,
        *,
        ca: Path | None = None,
        client_id: str = "test",
        clean: bool = True,
        will: tuple[str, bytes] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        """Connect and wait for the answer; raises RefusedError when the broker does not let it in.

        folder   holds ca.pem, cert.pem and key.pem; None connects without a certificate of its own
        ca       the authority to trust instead of the folder's
        """
        self.received: list[tuple[str, bytes]] = []
        self._answer: object = None
        self._acknowledged: set[int] = set()
        self._lock = threading.Lock()
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean
        )
        trusted = ca or (folder / "ca.pem" if folder else None)
        assert trusted is not None, "a client needs an authority to trust"
        context = ssl.create_default_context(cafile=str(trusted))
        if folder is not None:
            context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.client.tls_set_context(context)
        if will is not None:
            self.client.will_set(will[0], will[1], qos=1)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_publish = self._on_acknowledged
        self.client.on_subscribe = self._on_acknowledged
        self._refusal: BaseException | None = None
        self.client.on_disconnect = self._on_disconnect
        try:
            self.client.connect(host, port)
        except OSError as error:
            raise RefusedError(str(error)) from error
        self.client.loop_start()
        try:
            wait_for(lambda: self._answer is not None, 15, "an answer to CONNECT")
        finally:
            if self._answer != "Success":
                self.client.loop_stop()
        if self._answer != "Success":
            raise RefusedError(str(self._answer))

    def publish(self, topic: str, payload: bytes = b"x", retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the broker's PUBACK."""
        self._wait(self.client.publish(topic, payload, qos=1, retain=retain).mid)

    def subscribe(self, *filters: str) -> None:
        """Subscribe with QoS 1 and wait for the broker's answer."""
        for topic in filters:
            _, mid = self.client.subscribe(topic, qos=1)
            assert mid is not None
            self._wait(mid)

    def topics(self) -> list[str]:
        """Return the topics of all messages received so far."""
        with self._lock:
            return [topic for topic, _ in self.received]

    def close(self) -> None:
        """Disconnect as the protocol asks."""
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """Drop the connection without a word, so that the broker sends the will."""
        self.client.loop_stop()
        socket = self.client.socket()
        assert socket is not None
        socket.close()

    def __enter__(self) -> Self:
        """Return the connected client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def _wait(self, mid: int) -> None:
        wait_for(lambda: mid in self._acknowledged, 15, f"the answer to packet {mid}")

    def _on_connect(self, *arguments: object) -> None:
        self._answer = str(arguments[3])

    def _on_disconnect(self, *arguments: object) -> None:
        if self._answer is None:
            self._answer = f"closed: {arguments[3]}"

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._lock:
            self.received.append((message.topic, message.payload))

    def _on_acknowledged(self, *arguments: object) -> None:
        self._acknowledged.add(int(str(arguments[2])))
