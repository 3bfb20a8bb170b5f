"""Any other two-state input: a button, a beam, a smoke or water detector's relay.

Settings: pin, active (the level that means on, 0 unless told), pull (up unless told).
"""

from strongroom_node.drivers import settings

ROLE = "input"
KEYS = {
    "pin": settings.PIN,
    "active": settings.LEVEL,
    "pull": settings.PULL,
    "poll_ms": (1, 1000),
    "samples": (1, 100),
}


def create(board, cfg):
    """Return the input that node.json describes."""
    settings.check(cfg, KEYS)
    pin = board.pin_in(settings.need(cfg, "pin"), cfg.get("pull", "up"))
    return DigitalInput(pin, cfg.get("active", 0))


class DigitalInput:
    """The raw input; the task debounces it."""

    def __init__(self, pin, active):
        self._pin = pin
        self._active = active

    def value(self):
        """Return whether the input is on at this instant."""
        return self._pin.value() == self._active
