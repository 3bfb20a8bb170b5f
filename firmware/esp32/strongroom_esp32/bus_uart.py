"""A serial port of an ESP32."""

import machine
from strongroom_node.compat import const

_UART_BUFFER = const(4096)  # 350 ms of a reader at 115200 baud: longer than the loop is ever away


class Uart:
    """A serial port that never waits."""

    def __init__(self, wiring, baud):
        self._uart = machine.UART(
            wiring["id"],
            baud,
            tx=machine.Pin(wiring["tx"]),
            rx=machine.Pin(wiring["rx"]),
            rxbuf=_UART_BUFFER,
            timeout=0,
        )

    def read(self):
        """Return the bytes that have arrived, b"" when there are none."""
        waiting = self._uart.any()
        return (self._uart.read(waiting) or b"") if waiting else b""

    def write(self, data):
        """Send `data`; it leaves in the background."""
        self._uart.write(data)
