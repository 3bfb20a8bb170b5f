"""A door, cabinet or safe contact: a reed switch on a pin.

Settings: pin, closed (the level when closed, 0 unless told: a switch to ground), pull (up unless
told).
"""

from strongroom_node.drivers import settings

ROLE = "contact"
KEYS = {
    "pin": settings.PIN,
    "closed": settings.LEVEL,
    "pull": settings.PULL,
    "poll_ms": (1, 1000),
    "samples": (1, 100),
    "alarm": str,
    "open_ms": (1000, 86400000),
}


def create(board, cfg):
    """Return the contact that node.json describes."""
    settings.check(cfg, KEYS)
    pin = board.pin_in(settings.need(cfg, "pin"), cfg.get("pull", "up"))
    return Contact(pin, cfg.get("closed", 0))


class Contact:
    """The raw contact; the task debounces it."""

    def __init__(self, pin, closed):
        self._pin = pin
        self._closed = closed

    def value(self):
        """Return whether the contact is open at this instant."""
        return self._pin.value() != self._closed
