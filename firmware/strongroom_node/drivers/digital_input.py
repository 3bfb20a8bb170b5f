"""Any other two-state input: a button, a beam, a smoke or water detector's relay.

Settings: pin, active (the level that means on, 0 unless told), pull (up unless told).
"""

ROLE = "input"


def create(board, cfg):
    """Return the input that node.json describes."""
    return DigitalInput(board.pin_in(cfg["pin"], cfg.get("pull", "up")), cfg.get("active", 0))


class DigitalInput:
    """The raw input; the task debounces it."""

    def __init__(self, pin, active):
        self._pin = pin
        self._active = active

    def value(self):
        """Return whether the input is on at this instant."""
        return self._pin.value() == self._active
