"""The node's voice: a buzzer, a lamp, or both.

Settings: pin (the buzzer), led (a lamp), active (the level that sounds or shines, 1 unless told);
one of pin and led may be left out.
"""

from strongroom_node.drivers import settings
from strongroom_node.errors import ConfigError

ROLE = "signal"
KEYS = {"pin": settings.PIN, "led": settings.PIN, "active": settings.LEVEL}


def create(board, cfg):
    """Return the signal that node.json describes."""
    settings.check(cfg, KEYS)
    active = cfg.get("active", 1)
    outputs = []
    for key in ("pin", "led"):
        n = cfg.get(key)
        outputs.append(None if n is None else board.pin_out(n, 1 - active))
    if outputs == [None, None]:
        raise ConfigError("signal %s needs a pin, a led or both" % cfg["id"])
    return Signal(outputs[0], outputs[1], active)


class Signal:
    """Buzzer and lamp, each of which may be missing."""

    def __init__(self, buzzer, led, active):
        self._buzzer = buzzer
        self._led = led
        self._active = active

    def set(self, sound, light):
        """Switch the buzzer and the lamp."""
        for pin, on in ((self._buzzer, sound), (self._led, light)):
            if pin is not None:
                pin.set(self._active if on else 1 - self._active)
