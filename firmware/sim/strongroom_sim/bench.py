"""The solder side of an emulated board: what hangs on its pins and buses, seen from outside.

The fake `machine` module is the chip side of the same wires. One process is one board, so there is
one `bench` object; a test starts it afresh with `bench.clear()`.

    bench.i2c[0].attach(0x44, chip)      chip.write(data), chip.read(n); OSError(19) is a NAK
    bench.spi[(2, 5)] = chip             keys: id of machine.SPI, chip-select pin; chip.xfer(data)
    bench.uart[1] = chip                 chip.feed(data) from the node, chip.take() to the node
    bench.pins[26].listen(callback)      callback(pin, level) at every change of a driven output
    bench.pins[4].drive(0)               the outside world pulls an input low; drive(None) lets go
    bench.set_clock(function)            ms for all chips; the default is the running clock
"""

import sys
import time

NAK = 19  # ENODEV: what MicroPython's I2C raises when nobody answers
BUS_TIMEOUT = 110  # ETIMEDOUT of the host; an ESP32 says 116
EXIT_RESET = 75  # exit status of a process whose board was reset
RTC_POWER_UP_MS = 946684800000  # an ESP32's clock starts at 2000-01-01
MICROPYTHON = sys.implementation.name == "micropython"


class PinState:
    """One pad: the node's latch and direction, and what the outside world does to it."""

    def __init__(self, number):
        self.number = number
        self.mode = None  # None after reset | "in" | "out" | "open_drain"
        self.pull = None  # None | 0 | 1
        self.latch = 0
        self.driven = None  # level forced from outside, None when let go
        self.held = None  # an I2cBus that holds this line low
        self.clocked = None  # an I2cBus whose clock this line is
        self.listeners = []
        self.shown = None

    def listen(self, callback):
        """Call `callback(number, level)` whenever the level the node drives changes."""
        self.listeners.append(callback)

    def drive(self, level):
        """Force the level from outside: 0, 1 or something with level(); None lets the line go."""
        self.driven = level

    def configure(self, mode, pull, value=None):
        """Set latch, then direction: the order an ESP32 uses, so that an output never glitches."""
        if value is not None:
            self.latch = value
        self.mode = mode
        self.pull = pull
        self._show()

    def set(self, value):
        """Write the latch, as the node does."""
        rising = value and not self.latch
        self.latch = value
        self._show()
        if rising and self.clocked is not None:
            self.clocked.clocked()

    @property
    def level(self):
        """The level on the wire now."""
        if self.held is not None and self.held.holds_low:
            return 0
        if self.mode == "out":
            return self.latch
        if self.mode == "open_drain" and not self.latch:
            return 0
        if self.driven is not None:
            return self.driven.level() if hasattr(self.driven, "level") else self.driven
        if self.pull is not None:
            return self.pull
        return 1 if self.mode == "open_drain" else 0  # open-drain lines have their pull-ups

    def _show(self):
        if self.mode == "out" and self.shown != self.latch:
            self.shown = self.latch
            for callback in self.listeners:
                callback(self.number, self.latch)


class Pins:
    """All pads of the board, made on first use."""

    def __init__(self):
        self._states = {}

    def __getitem__(self, number):
        if number not in self._states:
            self._states[number] = PinState(number)
        return self._states[number]

    def __iter__(self):
        return iter(sorted(self._states))


class I2cBus:
    """One I2C bus with its chips, and the fault every long cable knows: a data line held low."""

    def __init__(self):
        self.chips = {}
        self.holds_low = 0  # clocks still needed until the chip in mid-byte lets the data line go
        self.transfers = 0

    def attach(self, address, chip):
        """Solder a chip to the bus."""
        self.chips[address] = chip

    def hold_low(self, clocks=9):
        """Let a chip hold the data line low until it has seen this many clocks."""
        self.holds_low = clocks

    def clocked(self):
        """Count one rising edge of the clock line."""
        if self.holds_low:
            self.holds_low -= 1

    def chip(self, address):
        """Return the chip that answers, or raise the OSError the controller would."""
        self.transfers += 1
        if self.holds_low:
            raise OSError(BUS_TIMEOUT, "bus timeout")
        chip = self.chips.get(address)
        if chip is None:
            raise OSError(NAK, "no acknowledge")  # one argument would leave errno empty
        return chip


class Buses:
    """The I2C buses by id, made on first use."""

    def __init__(self):
        self._buses = {}

    def __getitem__(self, number):
        if number not in self._buses:
            self._buses[number] = I2cBus()
        return self._buses[number]


class Air:
    """The network as the radio or the cable sees it."""

    def __init__(self):
        self.up = True
        self.rssi = -58
        self.ssid = None  # None: any network name is in reach
        self.key = None  # None: any key is right
        self.attempts = 0


class Watchdog:
    """The watchdog timer: once started it cannot be stopped, and a late feed comes too late."""

    def __init__(self):
        self.timeout = None
        self.fed_at = 0
        self.feeds = 0
        self.worst = 0

    def gap(self, now):
        """Return the ms since the last feed; 0 when the watchdog is not running."""
        return 0 if self.timeout is None else now - self.fed_at

    def overdue(self, now):
        """Return whether the chip would have been reset by now."""
        return self.timeout is not None and self.gap(now) > self.timeout


class Bench:
    """Everything outside the chip. See the module's text for the ways in."""

    def __init__(self):
        self._clock = None
        self.clear()

    def clear(self):
        """Start with a bare board: no chips, no levels, clock unset, powered up just now."""
        self.pins = Pins()
        self.i2c = Buses()
        self.spi = {}
        self.uart = {}
        self.air = Air()
        self.wdt = Watchdog()
        self.reset_cause = "power"  # power | hard | watchdog | deepsleep | soft
        self.unique_id = b"\x24\x0a\xc4\x00\x00\x01"
        self.on_reset = None  # callable(cause) that must not return; the default leaves the process
        self.overruns = 0
        self._clock = None
        self._restart_clock()
        self._wall_offset = RTC_POWER_UP_MS - self.now_ms()

    def set_clock(self, clock):
        """Take the time from `clock()` (ms that never go backwards); None is the running clock."""
        wall = self.wall_ms()
        self._clock = clock
        self._restart_clock()
        self.set_wall(wall)

    def _restart_clock(self):
        self._mono = 0
        self._ticks = time.ticks_ms() if MICROPYTHON else 0

    def now_ms(self):
        """Return milliseconds that never go backwards and never wrap."""
        if self._clock is not None:
            return self._clock()
        if not MICROPYTHON:
            return time.monotonic_ns() // 1000000
        ticks = time.ticks_ms()
        self._mono += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._mono

    def wall_ms(self):
        """Return the real-time clock of the board, Unix ms (2000-01-01 at power-up)."""
        return self.now_ms() + self._wall_offset

    def set_wall(self, unix_ms):
        """Set the real-time clock of the board."""
        self._wall_offset = unix_ms - self.now_ms()

    def reset(self, cause):
        """Reset the chip; never returns."""
        self.reset_cause = cause
        if self.on_reset is not None:
            self.on_reset(cause)
        raise SystemExit(EXIT_RESET)


bench = Bench()
