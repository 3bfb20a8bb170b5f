"""Where up to four rolling carriages stand: draw wires on a TI ADS1115, and end stops.

Settings: bus, addr (72 to 75), full_mv (supply of the potentiometers, 3300 unless told), stop_level
(level of a pressed end stop, 0 unless told), stop_mm (how far a carriage may be from its end while
the stop is pressed, 40 unless told) and carriages, each with channel, mm_at_0 and mm_at_full (the
position where the wiper would be at 0 V and at the full supply), and for each end stop low_pin with
low_mm, high_pin with high_mm (where the carriage stands when it presses that stop); either stop may
be left out.

The potentiometer is mounted so that its wiper never reaches a rail: a value at a rail is a broken
or shorted wire (`range`). A pressed end stop far from its end is `disagree`: one of the two is
wrong.
"""

from strongroom_node.compat import const, sleep_ms
from strongroom_node.drivers import settings
from strongroom_node.drivers.i2c_device import I2cDevice
from strongroom_node.errors import ConfigError, DriverError

ROLE = "shelf"
KEYS = {
    "bus": str,
    "addr": (72, 75),
    "full_mv": (1000, 4000),
    "stop_level": settings.LEVEL,
    "stop_mm": (1, 1000),
    "carriages": list,
    "poll_ms": (20, 10000),
    "step_mm": (1, 1000),
    "noise_mm": (0, 1000),
    "settle_ms": (100, 60000),
    "fails": (1, 100),
}
_MM = (-100000, 100000)
CARRIAGE_KEYS = {
    "channel": (0, 3),
    "mm_at_0": _MM,
    "mm_at_full": _MM,
    "low_pin": settings.PIN,
    "low_mm": _MM,
    "high_pin": settings.PIN,
    "high_mm": _MM,
    "pull": settings.PULL,
}

_CONVERSION = const(0)
_CONFIG = const(1)
# Convert one single-ended input once, +-4.096 V, at 128 per second, comparator off.
_START = const(0xC383)
_IDLE = const(0x8000)
_CONVERSION_MS = const(9)
_TRIES = const(5)
_RAIL = 0.015


def create(board, cfg):
    """Return the bank of carriages that node.json describes."""
    settings.check(cfg, KEYS)
    carriages = [_carriage(board, cfg, one) for one in settings.need(cfg, "carriages")]
    if not 1 <= len(carriages) <= 4:
        raise ConfigError("shelf %s: an ADS1115 reads 1 to 4 carriages" % cfg["id"])
    chip = I2cDevice(board.i2c(cfg.get("bus", "i2c0")), cfg.get("addr", 0x48), cfg["id"])
    return Ads1115Shelf(chip, carriages, cfg.get("full_mv", 3300), cfg.get("stop_mm", 40))


def _carriage(board, cfg, one):
    where = cfg["id"] + " carriages"
    settings.check(one, CARRIAGE_KEYS, where)
    for name in ("channel", "mm_at_0", "mm_at_full"):
        settings.need(one, name, where)
    if one["mm_at_0"] == one["mm_at_full"]:
        raise ConfigError("shelf %s: mm_at_0 and mm_at_full must differ" % cfg["id"])
    stops = []
    for end in ("low", "high"):
        n = one.get(end + "_pin")
        if n is not None and one.get(end + "_mm") is None:
            raise ConfigError("shelf %s: %s_pin needs %s_mm" % (cfg["id"], end, end))
        pull = one.get("pull", "up")
        stops.append(None if n is None else Stop(board.pin_in(n, pull), cfg.get("stop_level", 0)))
    return Carriage(one, stops[0], stops[1])


class Stop:
    """An end stop."""

    def __init__(self, pin, level):
        self._pin = pin
        self._level = level

    def pressed(self):
        """Return whether the carriage is at this end."""
        return self._pin.value() == self._level


class Carriage:
    """One carriage: its channel, its calibration and its end stops (None where it has none)."""

    def __init__(self, cfg, low, high):
        self.channel = cfg["channel"]
        self.mm_at_0 = cfg["mm_at_0"]
        self.mm_at_full = cfg["mm_at_full"]
        self.stops = (("low", low), ("high", high))
        self.ends = {"low": cfg.get("low_mm"), "high": cfg.get("high_mm")}


class Ads1115Shelf:
    """The carriages of one bank, numbered from 1 in the order of the settings."""

    def __init__(self, chip, carriages, full_mv, stop_mm):
        self._chip = chip
        self._carriages = carriages
        self._full_mv = full_mv
        self._stop_mm = stop_mm

    @property
    def count(self):
        """How many carriages there are."""
        return len(self._carriages)

    def end(self, carriage):
        """Return "low", "high" or "none": the end stop this carriage presses."""
        for name, stop in self._carriages[carriage - 1].stops:
            if stop is not None and stop.pressed():
                return name
        return "none"

    async def read(self):
        """Return [(carriage, mm)] of all carriages; DriverError when one has no sound value."""
        positions = []
        for n in range(1, self.count + 1):  # MicroPython has no await in a comprehension
            positions.append((n, await self.position(n)))
        return positions

    async def position(self, carriage):
        """Return the position of one carriage in mm; DriverError when there is no sound value."""
        one = self._carriages[carriage - 1]
        share = await self._millivolts(one.channel) / self._full_mv
        if not _RAIL <= share <= 1 - _RAIL:
            raise DriverError("range", self._chip.device)
        mm = one.mm_at_0 + (one.mm_at_full - one.mm_at_0) * share
        pressed = [name for name, stop in one.stops if stop is not None and stop.pressed()]
        for name in pressed:
            if len(pressed) > 1 or abs(mm - one.ends[name]) > self._stop_mm:
                raise DriverError("disagree", self._chip.device)
        return round(mm)

    async def _millivolts(self, channel):
        config = _START | channel << 12
        await self._chip.write(bytes([_CONFIG, config >> 8, config & 0xFF]))
        for _ in range(_TRIES):
            await sleep_ms(_CONVERSION_MS)
            now = await self._register(_CONFIG)
            if (now | _IDLE) != config:
                break  # the chip lost power in between and would answer for another channel
            if now & _IDLE:
                raw = await self._register(_CONVERSION)
                return (raw - 65536 if raw & 0x8000 else raw) / 8  # 125 microvolts a step
        raise DriverError("timeout", self._chip.device)

    async def _register(self, number):
        await self._chip.write(bytes([number]))
        data = self._chip.read(2)
        return data[0] << 8 | data[1]
