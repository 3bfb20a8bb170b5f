"""A console on the broker: which alarms of the room are to be seen there now."""

import json
import threading
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt


class Watcher:
    """Sees what any subscriber sees. A broker that comes back is believed, not remembered."""

    def __init__(self, port: int, room: str) -> None:
        """Prepare; nothing is connected yet."""
        self._prefix = f"strongroom/v1/{room}/alarm/"
        self._alarms: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="watcher")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._joined
        self._client.on_message = self._heard
        self._port = port

    def __enter__(self) -> Self:
        """Connect, and again whenever the broker is back."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def standing(self) -> set[str]:
        """Return the ids of the alarms that stand."""
        with self._lock:
            return set(self._alarms)

    def _joined(self, client: mqtt.Client, *_: Any) -> None:
        with self._lock:
            self._alarms.clear()
        client.subscribe(f"{self._prefix}#", qos=1)

    def _heard(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        name = message.topic.removeprefix(self._prefix)
        with self._lock:
            if message.payload:
                self._alarms[name] = json.loads(message.payload)
            else:
                self._alarms.pop(name, None)
