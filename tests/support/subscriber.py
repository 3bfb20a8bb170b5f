"""What all listeners of the tests share: a paho client that subscribes again whenever the broker is back."""

from collections.abc import Sequence
from typing import Any, Self

import paho.mqtt.client as mqtt

from support.waiting import wait_for


class Subscriber:
    """Hears some topics from the moment the `with` block begins. Subclasses say what to do with them."""

    def __init__(
        self,
        port: int,
        name: str,
        filters: Sequence[str],
        *,
        keeps_session: bool = True,
        keepalive: int = 60,
        tls: tuple[Any, ...] | None = None,
    ) -> None:
        """Prepare; nothing is connected yet. `tls` is paho's ca, certificate and key."""
        self._address = ("127.0.0.1", port, keepalive)
        self._filters = [(topic, 1) for topic in filters]
        self._subscribed = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=not keeps_session
        )
        if tls is not None:
            self.client.tls_set(*tls)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message

    def joined(self) -> None:
        """The broker answers, for the first time or again; called before anything is heard."""

    def heard(self, message: mqtt.MQTTMessage) -> None:
        """A message came; called from the client's thread."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Connect and wait until the subscription stands."""
        self.client.connect(*self._address)
        self.client.loop_start()
        wait_for(lambda: self._subscribed, 10, "the listener's subscription")
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the broker."""
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        self.joined()
        client.subscribe(self._filters)

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed = True

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        self.heard(message)
