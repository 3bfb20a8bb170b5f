"""The `network` module of an emulated ESP32 whose cable is in another process: an Ethernet port."""

from strongroom_sim import wiring


class LAN:
    def __init__(self, id=0, **pins):
        self._active = False

    def active(self, is_active=None):
        if is_active is not None:
            self._active = bool(is_active)
        return self._active

    def isconnected(self):
        return self._active and wiring.far.is_up()


def hostname(name=None):
    return name
