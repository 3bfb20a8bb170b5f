"""A relay: dehumidifier, humidifier, fan, lamp.

Settings: pin, active (the level that switches on, 1 unless told). The pin is off from its first
moment; the leases and waiting times are the task's.
"""

ROLE = "relay"


def create(board, cfg):
    """Return the relay that node.json describes."""
    active = cfg.get("active", 1)
    return Relay(board.pin_out(cfg["pin"], 1 - active), active)


class Relay:
    """The relay; `on` is what it was last told."""

    def __init__(self, pin, active):
        self._pin = pin
        self._active = active
        self.on = False

    def set(self, on):
        """Switch the relay."""
        self._pin.set(self._active if on else 1 - self._active)
        self.on = bool(on)
