"""An I2C bus of an ESP32, with the way out when a chip holds its data line."""

import time

import machine


def _pause():
    """Wait half a clock of a slow bus."""
    if hasattr(time, "sleep_us"):
        time.sleep_us(5)


class I2C:
    """An I2C controller that knows how to free a data line a chip holds low."""

    def __init__(self, wiring):
        self._wiring = wiring
        self._open()

    def _open(self):
        w = self._wiring
        self._bus = machine.I2C(
            w["id"],
            scl=machine.Pin(w["scl"]),
            sda=machine.Pin(w["sda"]),
            freq=w["freq"],
            timeout=5000,  # us: tried twice, it still leaves the others their 20 ms
        )

    def write(self, addr, data):
        """Write to the chip at `addr`; OSError when it does not answer."""
        self._bus.writeto(addr, data)

    def read(self, addr, n):
        """Read `n` bytes from the chip at `addr`; OSError when it does not answer."""
        return self._bus.readfrom(addr, n)

    def recover(self):
        """Clock a chip that stopped in mid-byte to its end; return whether the bus is free.

        A chip that lost its place holds the data line until it has shifted out the rest of a byte
        and seen no acknowledge: nine clocks at the most. A STOP ends the exchange.
        """
        w = self._wiring
        scl = machine.Pin(w["scl"], machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
        sda = machine.Pin(w["sda"], machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
        for _ in range(9):
            if sda.value():
                break
            scl.value(0)
            _pause()
            scl.value(1)
            _pause()
        sda.value(0)  # STOP: data rises while the clock is high
        _pause()
        sda.value(1)
        _pause()
        free = bool(sda.value() and scl.value())
        self._open()
        return free
