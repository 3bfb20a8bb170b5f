"""A console on the broker: which alarms of the room are to be seen there now."""

import json
import threading
from typing import Any

import paho.mqtt.client as mqtt
from support.subscriber import Subscriber


class Watcher(Subscriber):
    """Sees what any subscriber sees. A broker that comes back is believed, not remembered."""

    def __init__(self, port: int, room: str) -> None:
        """Prepare; nothing is connected yet."""
        self._prefix = f"strongroom/v1/{room}/alarm/"
        super().__init__(port, "watcher", [f"{self._prefix}#"], keeps_session=False)
        self._alarms: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def standing(self) -> set[str]:
        """Return the ids of the alarms that stand."""
        with self._lock:
            return set(self._alarms)

    def joined(self) -> None:
        """Forget what was there before: the broker says anew what stands."""
        with self._lock:
            self._alarms.clear()

    def heard(self, message: mqtt.MQTTMessage) -> None:
        """An alarm stands, or no longer does."""
        name = message.topic.removeprefix(self._prefix)
        with self._lock:
            if message.payload:
                self._alarms[name] = json.loads(message.payload)
            else:
                self._alarms.pop(name, None)
