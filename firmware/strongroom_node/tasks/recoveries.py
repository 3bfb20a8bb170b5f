"""Says that a reader had to be started afresh although nobody was kept waiting for it."""

_EVERY_MS = 600000


class Recoveries:
    """Counts a driver's fresh starts; they are told as a fault that is over, once in ten minutes.

    A reader that falls silent once a week needs a look at its supply and its cable; one that does so
    every hour needs another reader. Both would be invisible otherwise: a fresh start takes a moment.
    """

    def __init__(self, node, device):
        self._node = node
        self._device = device
        self._told = 0
        self._due = 0

    def update(self, count, now):
        """Take the count of fresh starts so far, at `now` (ms); the reader works at this moment."""
        if count == self._told or now < self._due:
            return
        more, self._told, self._due = count - self._told, count, now + _EVERY_MS
        why = "it works again, fresh starts: %d" % more
        self._node.report("driver.fault", self._device, why)
        self._node.report("driver.ok", self._device)
