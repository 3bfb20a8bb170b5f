"""The ports of the runtime on an ESP32, built on `machine` and `network`.

    board.i2c(name)             write(addr, data), read(addr, n): OSError on a NAK; recover()->bool
    board.spi(name, cs)         xfer(data) -> bytes
    board.uart(name, baud)      read() -> the bytes here now (b"" when none), write(data)
    board.pin_in(n, pull)       value() -> 0 or 1; pull is "up", "down" or None
    board.pin_out(n, safe)      set(0 or 1); the pin shows `safe` from the moment it is an output
    board.wdt(ms)               feed(); cannot be stopped once asked for
    board.reset_cause()         power, hard, watchdog, deepsleep or soft
    board.set_wall(ms)          sets the board's own clock to Unix ms
    board.settled()             all devices are made; what only that needed may go
    board.reset(), board.store(), board.settings(), board.network(), board.name

Mistakes in the settings (no such bus, a pin that must not switch, a pin with two users) are a
ConfigError.
"""

import json

import machine
from strongroom_node.compat import calendar, forget
from strongroom_node.errors import ConfigError


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
            from strongroom_esp32.bus_i2c import I2C

            wiring = self._claim_bus(name, ("scl", "sda"))
            self._buses[name] = I2C(wiring)
        return self._buses[name]

    def spi(self, name, cs):
        """Return the chip on this bus that is selected by pin `cs`."""
        from strongroom_esp32 import pins
        from strongroom_esp32.bus_spi import SPI

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
        from strongroom_esp32.bus_uart import Uart

        return Uart(self._claim_bus(name, ("tx", "rx")), baud)

    def pin_in(self, n, pull=None):
        """Return an input."""
        from strongroom_esp32 import pins

        pins.check_input(n, pull)
        self._claim(n, "input")
        return PinIn(n, pull)

    def pin_out(self, n, safe):
        """Return an output that shows `safe` from its first moment."""
        from strongroom_esp32 import pins

        pins.check_output(n)
        self._claim(n, "output")
        return PinOut(n, safe)

    def wdt(self, ms):
        """Start the watchdog."""
        return machine.WDT(timeout=ms)

    def set_wall(self, ms):
        """Set the chip's own clock to Unix ms; a reset leaves it running."""
        machine.RTC().datetime(calendar(ms))

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
            from strongroom_esp32 import network, pins

            self._network = network.open_network(self.settings(), pins.BOARDS.get(self.name, {}))
            forget("strongroom_esp32.network")
        return self._network

    def settled(self):
        """Let go of what is needed only until all devices are made."""
        forget("strongroom_esp32.pins")

    def _claim_bus(self, name, roles):
        from strongroom_esp32 import pins

        wiring = pins.bus(self.name, name)
        for role in roles:
            self._claim(wiring[role], "%s (%s)" % (name, role))
        return wiring

    def _claim(self, pin, user):
        """Note the user of a pin; a second one with another purpose is a ConfigError."""
        from strongroom_esp32 import pins

        if pin in pins.BOARDS.get(self.name, {}).get("taken", ()):
            raise ConfigError("pin %d of %s belongs to its Ethernet" % (pin, self.name))
        known = self._used.setdefault(pin, user)
        if known != user:
            raise ConfigError("pin %d cannot be %s: it is already %s" % (pin, user, known))
