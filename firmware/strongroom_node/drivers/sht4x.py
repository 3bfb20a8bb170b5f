"""Sensirion SHT40, SHT41, SHT45: temperature and humidity over I2C (address 0x44, 0x45 or 0x46).

Settings: bus, addr. Commands are one byte; the chip refuses to be read until it is done.
"""

from strongroom_node.compat import const, sleep_ms
from strongroom_node.drivers import settings
from strongroom_node.drivers.i2c_device import I2cDevice
from strongroom_node.drivers.sht3x import plausible, words
from strongroom_node.errors import DriverError

ROLE = "climate"
KEYS = {
    "bus": str,
    "addr": (0x44, 0x46),
    "every_ms": (200, 3600000),
    "fails": (1, 100),
    "alarm": str,
}

_MEASURE_HIGH = const(b"\xfd")
_SOFT_RESET = const(b"\x94")
_RESET_MS = const(2)
_MEASURE_MS = const(10)  # datasheet: at most 8.3 ms
_DEADLINE_MS = const(50)


def create(board, cfg):
    """Return the sensor that node.json describes."""
    settings.check(cfg, KEYS)
    return Sht4x(board.i2c(cfg.get("bus", "i2c0")), cfg.get("addr", 0x44), cfg["id"])


class Sht4x:
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
        await self._chip.write(_MEASURE_HIGH)
        await sleep_ms(_MEASURE_MS)
        answer = await self._chip.read_when_ready(6, _DEADLINE_MS)
        raw_t, raw_rh = words(answer, self._chip.device)
        t = -45 + 175 * raw_t / 65535
        if not plausible(t, raw_rh):
            raise DriverError("range", self._chip.device)
        self._ready = True
        # The formula reaches from -6 to 119 %; the datasheet asks for the crop.
        rh = min(100, max(0, -6 + 125 * raw_rh / 65535))
        return {"t": round(t, 2), "rh": round(rh, 2)}
