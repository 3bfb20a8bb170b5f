"""The `machine` module of an emulated ESP32: the same names and errors, wired to `strongroom_sim.bench`."""

from strongroom_sim.bench import bench

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_CAUSES = {
    "power": PWRON_RESET,
    "hard": HARD_RESET,
    "watchdog": WDT_RESET,
    "deepsleep": DEEPSLEEP_RESET,
    "soft": SOFT_RESET,
}
_INPUT_ONLY = (34, 35, 36, 37, 38, 39)


def reset_cause():
    return _CAUSES[bench.reset_cause]


def reset():
    bench.reset("hard")


def unique_id():
    return bench.unique_id


def freq(hz=None):
    return 240000000


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2

    def __init__(self, number, mode=-1, pull=-1, *, value=None):
        if not isinstance(number, int) or not 0 <= number <= 39 or number in (20, 24, 28, 29, 30, 31):
            raise ValueError("invalid pin")
        self.number = number
        self.state = bench.pins[number]
        if mode != -1 or pull != -1 or value is not None:
            self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        if mode in (Pin.OUT, Pin.OPEN_DRAIN) and self.number in _INPUT_ONLY:
            raise ValueError("pin can only be input")
        names = {Pin.IN: "in", Pin.OUT: "out", Pin.OPEN_DRAIN: "open_drain", -1: self.state.mode}
        if pull == -1:
            level = self.state.pull
        else:
            level = {None: None, Pin.PULL_DOWN: 0, Pin.PULL_UP: 1}[pull]
        if self.number in _INPUT_ONLY:
            level = None  # these pads have no resistors
        self.state.configure(names[mode], level, None if value is None else int(bool(value)))

    def value(self, level=None):
        if level is None:
            return self.state.level
        self.state.set(int(bool(level)))
        return None

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class I2C:
    """Hardware controller."""

    def __init__(self, id=-1, *, scl=None, sda=None, freq=400000, timeout=50000):
        self.bus = bench.i2c[id]
        self.freq = freq
        if scl is not None:
            # The controller takes the pads over: as open-drain lines with both released.
            for pin in (scl, sda):
                pin.state.configure("open_drain", 1, 1)
            sda.state.held = self.bus
            scl.state.clocked = self.bus

    def writeto(self, addr, buf, stop=True):
        self.bus.chip(addr).write(bytes(buf))
        return len(buf)

    def readfrom(self, addr, nbytes, stop=True):
        data = self.bus.chip(addr).read(nbytes)
        return (bytes(data) + b"\xff" * nbytes)[:nbytes]  # a released data line reads as ones

    def readfrom_into(self, addr, buf, stop=True):
        buf[:] = self.readfrom(addr, len(buf))

    def scan(self):
        found = []
        for address in range(0x08, 0x78):
            try:
                self.bus.chip(address).write(b"")
                found.append(address)
            except OSError:
                pass
        return found


class SPI:
    MSB = 0
    LSB = 1

    def __init__(self, id, baudrate=500000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None, miso=None):
        if id not in (1, 2):
            raise ValueError("SPI(%s) doesn't exist" % id)
        self.id = id
        self.mode = (polarity, phase)

    def write_readinto(self, write_buf, read_buf):
        answer = None
        for key in bench.spi:
            if key[0] == self.id and bench.pins[key[1]].mode == "out" and not bench.pins[key[1]].level:
                heard = bench.spi[key].xfer(bytes(write_buf))
                # Two chips selected at once pull against each other: a zero wins.
                answer = heard if answer is None else bytes([a & b for a, b in zip(answer, heard)])
        read_buf[:] = answer if answer is not None else b"\xff" * len(write_buf)

    def write(self, buf):
        self.write_readinto(buf, bytearray(len(buf)))

    def read(self, nbytes, write=0):
        answer = bytearray(nbytes)
        self.write_readinto(bytes([write]) * nbytes, answer)
        return bytes(answer)

    def deinit(self):
        pass


class UART:
    def __init__(self, id, baudrate=115200, *, bits=8, parity=None, stop=1, tx=None, rx=None, rxbuf=256, txbuf=256, timeout=0, timeout_char=0):
        if id not in (0, 1, 2):
            raise ValueError("UART(%s) does not exist" % id)
        self.id = id
        self.baudrate = baudrate
        self.rxbuf = rxbuf
        self.buffer = b""

    def _garbled(self, chip, data):
        """Both sides at different speeds: the bytes that arrive have nothing to do with those sent."""
        if getattr(chip, "baud", self.baudrate) == self.baudrate:
            return data
        return bytes([(byte * 7 + 0x81) & 0xFE for byte in data])

    def any(self):
        chip = bench.uart.get(self.id)
        if chip is not None:
            self.buffer += self._garbled(chip, chip.take())
            if len(self.buffer) > self.rxbuf:
                bench.overruns += 1
                self.buffer = self.buffer[: self.rxbuf]
        return len(self.buffer)

    def read(self, nbytes=-1):
        waiting = self.any()
        if not waiting:
            return None
        count = waiting if nbytes is None or nbytes < 0 else min(nbytes, waiting)
        data = self.buffer[:count]
        self.buffer = self.buffer[count:]
        return data

    def write(self, buf):
        chip = bench.uart.get(self.id)
        if chip is not None:
            chip.feed(self._garbled(chip, bytes(buf)))
        return len(buf)

    def flush(self):
        pass

    def txdone(self):
        return True

    def deinit(self):
        pass


class WDT:
    def __init__(self, id=0, timeout=5000):
        bench.wdt.timeout = timeout
        bench.wdt.fed_at = bench.now_ms()

    def feed(self):
        now = bench.now_ms()
        if bench.wdt.overdue(now):
            bench.reset("watchdog")  # on the real chip this had already happened
        bench.wdt.worst = max(bench.wdt.worst, bench.wdt.gap(now))
        bench.wdt.feeds += 1
        bench.wdt.fed_at = now


def _days(year, month, day):
    """Return days from 1970-01-01 in the Gregorian calendar."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _date(days):
    """Return (year, month, day) of a day counted from 1970-01-01."""
    days += 719468
    era = days // 146097
    of_era = days - era * 146097
    of_year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    day_of_year = of_era - (365 * of_year + of_year // 4 - of_year // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return (of_year + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1)


class RTC:
    """The clock that starts at 2000-01-01 when the board gets power."""

    def __init__(self, id=0):
        pass

    def datetime(self, when=None):
        if when is not None:
            seconds = _days(when[0], when[1], when[2]) * 86400 + when[4] * 3600 + when[5] * 60 + when[6]
            bench.set_wall(seconds * 1000 + when[7] // 1000)
            return None
        now = bench.wall_ms()
        seconds = now // 1000
        year, month, day = _date(seconds // 86400)
        weekday = (seconds // 86400 + 3) % 7
        return (year, month, day, weekday, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, now % 1000 * 1000)

    def init(self, when):
        self.datetime(when)
