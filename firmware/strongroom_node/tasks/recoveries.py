"""Says that a reader keeps having to be started afresh although nobody noticed yet."""

from strongroom_node.compat import const

_ENOUGH = const(3)
_EVERY_MS = const(600000)


class Recoveries:
    """Counts a driver's fresh starts; told as a fault that is over, at most once in ten minutes.

    One fresh start is what the watchdog is for. Several of them mean a bad supply or cable, or a
    reader at its end, and would be invisible otherwise: a fresh start takes but a moment. Those of a
    failure that was reported anyway (`limit` failed looks in a row) are not told again.
    """

    def __init__(self, node, device, limit):
        self._node = node
        self._device = device
        self._limit = limit
        self._failures = 0
        self._told = 0
        self._due = 0

    def failed(self):
        """Note a failed look."""
        self._failures += 1

    def worked(self, starts, now):
        """Note a good look, at `now` (ms); `starts` is the count of fresh starts so far."""
        if self._failures >= self._limit:
            self._told = starts
        self._failures = 0
        more = starts - self._told
        if more < _ENOUGH or now < self._due:
            return
        self._told, self._due = starts, now + _EVERY_MS
        self._node.report("driver.fault", self._device, "it works again, fresh starts: %d" % more)
        self._node.report("driver.ok", self._device)
