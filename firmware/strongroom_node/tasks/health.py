"""Says once that a device was lost and once that it is back."""

from strongroom_node.failsafe import SensorRule


class Health:
    """A device of one or more parts; `limit` failures in a row make a part lost.

    The device is well again when all of its parts are. `sensor` adds the words other rules listen
    to: sensor.lost and sensor.back.
    """

    def __init__(self, node, device, limit, parts=1, sensor=False):
        self._node = node
        self._device = device
        self._parts = [SensorRule(limit) for _ in range(parts)]
        self._sensor = sensor

    @property
    def lost(self):
        """Whether a part of it is lost."""
        return any(rule.lost for rule in self._parts)

    def failed(self, why, part=0):
        """Note a failure; the one that crosses the limit is reported."""
        if self._parts[part].feed(False) == "lost":
            self._node.emit("node", {"what": "driver.fault", "device": self._device, "why": why})
            self._tell_sensor("sensor.lost")

    def worked(self, part=0):
        """Note a success; the one that makes the device whole again is reported."""
        back = self._parts[part].feed(True) == "back"
        if back and not self.lost:
            self._node.emit("node", {"what": "driver.ok", "device": self._device})
            self._tell_sensor("sensor.back")

    def _tell_sensor(self, what):
        if self._sensor:
            self._node.emit("node", {"what": what, "device": self._device})
