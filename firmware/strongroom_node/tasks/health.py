"""Says once that a device was lost and once that it is back."""


class Health:
    """Counts a device's failures; `limit` of them in a row make it lost."""

    def __init__(self, node, device, limit, sensor=False):
        self._node = node
        self._device = device
        self._limit = limit
        self._sensor = sensor
        self.failures = 0
        self.lost = False

    def failed(self, why):
        """Note a failure; the one that crosses the limit is reported."""
        self.failures += 1
        if self.lost or self.failures < self._limit:
            return
        self.lost = True
        self._tell("driver.fault", why)
        if self._sensor:
            self._tell("sensor.lost", None)

    def worked(self):
        """Note a success; the first after a loss is reported."""
        self.failures = 0
        if not self.lost:
            return
        self.lost = False
        self._tell("driver.ok", None)
        if self._sensor:
            self._tell("sensor.back", None)

    def _tell(self, what, why):
        fields = {"what": what, "device": self._device}
        if why is not None:
            fields["why"] = why
        self._node.emit("node", fields)
