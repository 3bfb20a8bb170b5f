"""Part of `machine`, loaded by boards that use it."""

from machine import _ask


class I2C:
    def __init__(self, id, *, scl, sda, freq=400000, timeout=50000):
        self.id = id
        _ask("I", id, 0, bytes((scl.number, sda.number)))

    def writeto(self, addr, buf):
        _ask("W", self.id, addr, buf)

    def readfrom(self, addr, nbytes):
        return _ask("R", self.id, addr, bytes((nbytes,)))
