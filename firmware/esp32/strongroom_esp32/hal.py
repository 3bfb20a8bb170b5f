"""The ports of the runtime on an ESP32, built on `machine` and `network`.

    board.i2c(name)             write(addr, data), read(addr, n): OSError on a NAK; recover()->bool
    board.spi(name, cs)         xfer(data) -> bytes
    board.uart(name, baud)      read() -> the bytes here now (b"" when none), write(data)
    board.pin_in(n, pull)       value() -> 0 or 1; pull is "up", "down" or None
    board.pin_out(n, safe)      set(0 or 1); the pin shows `safe` from the moment it is an output
    board.wdt(ms)               feed(); cannot be stopped once asked for
    board.reset_cause()         power, hard, watchdog, deepsleep or soft
    board.reset(), board.store(), board.settings(), board.network(), board.name

Mistakes in the settings (no such bus, a pin that must not switch, a pin with two users) are a
ConfigError.
"""

import json
import time

import machine
from strongroom_node.errors import ConfigError

from strongroom_esp32 import pins

UART_BUFFER = 4096  # 350 ms of a reader at 115200 baud: longer than the loop is ever away


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


class Uart:
    """A serial port that never waits."""

    def __init__(self, wiring, baud):
        self._uart = machine.UART(
            wiring["id"],
            baud,
            tx=machine.Pin(wiring["tx"]),
            rx=machine.Pin(wiring["rx"]),
            rxbuf=UART_BUFFER,
            timeout=0,
        )

    def read(self):
        """Return the bytes that have arrived, b"" when there are none."""
        waiting = self._uart.any()
        return (self._uart.read(waiting) or b"") if waiting else b""

    def write(self, data):
        """Send `data`; it leaves in the background."""
        self._uart.write(data)


class PinIn:
    """A digital input."""

    def __init__(self, n, pull):
        pulls = {"up": machine.Pin.PULL_UP, "down": machine.Pin.PULL_DOWN, None: None}
        self._pin = machine.Pin(n, machine.Pin.IN, pulls[pull])

    def value(self):
        """Return the level, 0 or 1."""
        return self._pin.value()


class PinOut:
    """A digital output that is safe before it is an output."""

    def __init__(self, n, safe):
        # `value` goes to the latch before the direction changes: the other level never shows.
        self._pin = machine.Pin(n, machine.Pin.OUT, value=safe)

    def set(self, level):
        """Drive the pin to 0 or 1."""
        self._pin.value(level)


class Board:
    """An ESP32 as its node.json describes it."""

    def __init__(self, settings="/node.json", flash="/data"):
        self._settings_path = settings
        self._flash = flash
        self._settings = None
        self._used = {}
        self._buses = {}
        self._network = None

    @property
    def name(self):
        """The board's name in node.json: the key of its pin map."""
        return self.settings().get("board", "esp32-devkit")

    def settings(self):
        """Return node.json; ConfigError when it cannot be read."""
        if self._settings is None:
            try:
                with open(self._settings_path) as file:
                    self._settings = json.load(file)
            except (OSError, ValueError) as e:
                raise ConfigError("cannot read %s: %s" % (self._settings_path, e))
        return self._settings

    def store(self):
        """Return the store that outlives power."""
        from strongroom_node.store import FileStore

        return FileStore(self._flash)

    def i2c(self, name):
        """Return the bus of this name; the same object each time."""
        if name not in self._buses:
            wiring = self._claim_bus(name, ("scl", "sda"))
            self._buses[name] = I2C(wiring)
        return self._buses[name]

    def spi(self, name, cs):
        """Return the chip on this bus that is selected by pin `cs`."""
        pins.check_select(cs)
        if name not in self._buses:
            w = self._claim_bus(name, ("sck", "mosi", "miso"))
            self._buses[name] = machine.SPI(
                w["id"],
                w["baud"],
                polarity=0,
                phase=0,
                sck=machine.Pin(w["sck"]),
                mosi=machine.Pin(w["mosi"]),
                miso=machine.Pin(w["miso"]),
            )
        self._claim(cs, "chip select on %s" % name)
        return SPI(self._buses[name], cs)

    def uart(self, name, baud):
        """Return the serial port of this name at `baud`."""
        return Uart(self._claim_bus(name, ("tx", "rx")), baud)

    def pin_in(self, n, pull=None):
        """Return an input."""
        pins.check_input(n, pull)
        self._claim(n, "input")
        return PinIn(n, pull)

    def pin_out(self, n, safe):
        """Return an output that shows `safe` from its first moment."""
        pins.check_output(n)
        self._claim(n, "output")
        return PinOut(n, safe)

    def wdt(self, ms):
        """Start the watchdog."""
        return machine.WDT(timeout=ms)

    def reset_cause(self):
        """Return why the chip started; a brown-out looks like power."""
        names = {
            machine.PWRON_RESET: "power",
            machine.HARD_RESET: "hard",
            machine.WDT_RESET: "watchdog",
            machine.DEEPSLEEP_RESET: "deepsleep",
            machine.SOFT_RESET: "soft",
        }
        return names.get(machine.reset_cause(), "unknown")

    def reset(self):
        """Restart the chip; does not return."""
        machine.reset()

    def network(self):
        """Return the local network: Wi-Fi when node.json has it, else the board's Ethernet."""
        if self._network is None:
            from strongroom_esp32 import network

            self._network = network.open_network(self.settings(), pins.BOARDS.get(self.name, {}))
        return self._network

    def _claim_bus(self, name, roles):
        wiring = pins.bus(self.name, name)
        for role in roles:
            self._claim(wiring[role], "%s (%s)" % (name, role))
        return wiring

    def _claim(self, pin, user):
        """Note the user of a pin; a second one with another purpose is a ConfigError."""
        if pin in pins.BOARDS.get(self.name, {}).get("taken", ()):
            raise ConfigError("pin %d of %s belongs to its Ethernet" % (pin, self.name))
        known = self._used.setdefault(pin, user)
        if known != user:
            raise ConfigError("pin %d cannot be %s: it is already %s" % (pin, user, known))
