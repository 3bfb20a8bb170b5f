"""Sensirion SHT30, SHT31, SHT35: temperature and humidity over I2C (address 0x44 or 0x45).

Settings: bus, addr (68 or 69). A single shot of high repeatability without clock stretching; the
chip refuses to be read until it is done.
"""

from strongroom_node.compat import const, sleep_ms
from strongroom_node.drivers import settings
from strongroom_node.drivers.crc import crc8
from strongroom_node.drivers.i2c_device import I2cDevice
from strongroom_node.errors import DriverError

ROLE = "climate"
KEYS = {
    "bus": str,
    "addr": (0x44, 0x45),
    "every_ms": (200, 3600000),
    "fails": (1, 100),
    "alarm": str,
}

_SINGLE_SHOT_HIGH = const(b"\x24\x00")
_SOFT_RESET = const(b"\x30\xa2")  # also switches off a heater that would falsify the reading
_RESET_MS = const(2)
_MEASURE_MS = const(16)  # datasheet: at most 15 ms
_DEADLINE_MS = const(50)


def create(board, cfg):
    """Return the sensor that node.json describes."""
    settings.check(cfg, KEYS)
    return Sht3x(board.i2c(cfg.get("bus", "i2c0")), cfg.get("addr", 0x44), cfg["id"])


def words(data, device):
    """Return the 16-bit words of a Sensirion answer; `crc` when one of them is damaged."""
    values = []
    for i in range(0, len(data), 3):
        if crc8(data[i : i + 2]) != data[i + 2]:
            raise DriverError("crc", device)
        values.append(data[i] << 8 | data[i + 1])
    return values


def plausible(t, raw_rh):
    """Return whether a Sensirion chip that works can have said this."""
    return -40 <= t <= 125 and 0 < raw_rh < 0xFFFF


class Sht3x:
    """The sensor; it is reset before the first reading and after each failed one."""

    def __init__(self, bus, addr, device):
        self._chip = I2cDevice(bus, addr, device)
        self._ready = False

    async def read(self):
        """Return {"t": degrees C, "rh": %}; DriverError when there is no sound reading."""
        if not self._ready:
            await self._chip.write(_SOFT_RESET)
            await sleep_ms(_RESET_MS)
        self._ready = False
        await self._chip.write(_SINGLE_SHOT_HIGH)
        await sleep_ms(_MEASURE_MS)
        answer = await self._chip.read_when_ready(6, _DEADLINE_MS)
        raw_t, raw_rh = words(answer, self._chip.device)
        t = -45 + 175 * raw_t / 65535
        if not plausible(t, raw_rh):
            raise DriverError("range", self._chip.device)
        self._ready = True
        return {"t": round(t, 2), "rh": round(100 * raw_rh / 65535, 2)}
