"""Part of `machine`, loaded by boards that use it."""

from machine import _ask


class UART:
    def __init__(self, id, baudrate, *, tx=None, rx=None, rxbuf=256, timeout=0):
        self.id = id
        self.arrived = b""
        _ask("U", id, 0, baudrate.to_bytes(4, "little") + rxbuf.to_bytes(4, "little"))

    def any(self):
        if not self.arrived:
            self.arrived = _ask("u", self.id)
        return len(self.arrived)

    def read(self, nbytes=-1):
        arrived, self.arrived = self.arrived, b""  # all of it, which is what `any` has said
        return arrived or None

    def write(self, buf):
        _ask("w", self.id, 0, buf)
