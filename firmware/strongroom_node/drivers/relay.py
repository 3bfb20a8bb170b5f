"""A relay: dehumidifier, humidifier, fan, lamp.

Settings: pin, active (the level that switches on, 1 unless told). The pin is off from its first
moment; needs, fresh_ms,
min_off_ms, min_on_ms and max_on_ms are the rules it is kept under (failsafe.py); alone_by, alone_on, alone_off and
alone_after_ms what it does by itself when the gateway is away (alone.py).
"""

from strongroom_node.drivers import settings
from strongroom_node.errors import ConfigError

ROLE = "relay"
KEYS = {
    "pin": settings.PIN,
    "active": settings.LEVEL,
    "needs": str,
    "fresh_ms": settings.MS,
    "min_off_ms": settings.MS,
    "min_on_ms": settings.MS,
    "max_on_ms": settings.MS,
    "alone_by": ("t", "rh", None),
    "alone_on": (-40, 100),
    "alone_off": (-40, 100),
    "alone_after_ms": settings.MS,
}


def create(board, cfg):
    """Return the relay that node.json describes."""
    settings.check(cfg, KEYS)
    if cfg.get("alone_by") is not None:
        for name in ("needs", "alone_on", "alone_off"):
            settings.need(cfg, name)
        if cfg["alone_on"] == cfg["alone_off"]:
            raise ConfigError("%s: alone_on and alone_off are the same" % cfg["id"])
    active = cfg.get("active", 1)
    return Relay(board.pin_out(settings.need(cfg, "pin"), 1 - active), active)


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
