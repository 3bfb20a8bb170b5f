"""Says once that a device was lost and once that it is back."""

from strongroom_node.failsafe import SensorRule


class Health:
    """A device and its failures; `limit` of them in a row make it lost.

    `sensor` adds the words other rules listen to: sensor.lost and sensor.back.
    """

    def __init__(self, node, device, limit, sensor=False):
        self._node = node
        self._device = device
        self._rule = SensorRule(limit)
        self._sensor = sensor

    def failed(self, why):
        """Note a failure; the one that crosses the limit is reported."""
        if self._rule.feed(False) == "lost":
            self._node.emit("node", {"what": "driver.fault", "device": self._device, "why": why})
            self._tell_sensor("sensor.lost")

    def worked(self):
        """Note a success; the first after a loss is reported."""
        if self._rule.feed(True) == "back":
            self._node.emit("node", {"what": "driver.ok", "device": self._device})
            self._tell_sensor("sensor.back")

    def _tell_sensor(self, what):
        if self._sensor:
            self._node.emit("node", {"what": what, "device": self._device})
