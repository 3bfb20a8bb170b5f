"""A chip on an SPI bus of an ESP32."""

import machine


class SPI:
    """One chip on an SPI bus, its select line driven by hand."""

    def __init__(self, bus, cs):
        self._bus = bus
        self._cs = machine.Pin(cs, machine.Pin.OUT, value=1)

    def xfer(self, data):
        """Exchange `data` for as many bytes with the chip selected."""
        answer = bytearray(len(data))
        self._cs.value(0)
        try:
            self._bus.write_readinto(data, answer)
        finally:
            self._cs.value(1)
        return bytes(answer)
