"""Aosong AHT20: temperature and humidity over I2C (address 0x38).

Settings: bus. The chip answers reads while it measures, with a busy bit; it can lose its
calibration; and it is known to answer 0 % now and then, which no room has.
"""

from strongroom_node.compat import const, sleep_ms
from strongroom_node.drivers import settings
from strongroom_node.drivers.crc import crc8
from strongroom_node.drivers.i2c_device import I2cDevice
from strongroom_node.errors import DriverError

ROLE = "climate"
KEYS = {
    "bus": str,
    "addr": (0x38, 0x39),
    "every_ms": (200, 3600000),
    "fails": (1, 100),
    "alarm": str,
}

_STATUS = const(b"\x71")
_INIT = const(b"\xbe\x08\x00")
_MEASURE = const(b"\xac\x33\x00")
_SOFT_RESET = const(b"\xba")
_BUSY = const(0x80)
_CALIBRATED = const(0x08)
_RESET_MS = const(20)
_INIT_MS = const(10)
_MEASURE_MS = const(80)
_BUSY_TRIES = const(10)
_ZERO_TRIES = const(3)


def create(board, cfg):
    """Return the sensor that node.json describes."""
    settings.check(cfg, KEYS)
    return Aht20(board.i2c(cfg.get("bus", "i2c0")), cfg.get("addr", 0x38), cfg["id"])


class Aht20:
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
        await self._calibrate()
        for _ in range(_ZERO_TRIES):
            data = await self._measure()
            if not data[0] & _CALIBRATED:
                break
            raw_rh = data[1] << 12 | data[2] << 4 | data[3] >> 4
            raw_t = (data[3] & 0x0F) << 16 | data[4] << 8 | data[5]
            t = raw_t * 200 / 1048576 - 50
            if raw_rh and -40 <= t <= 85:
                self._ready = True
                return {"t": round(t, 2), "rh": round(raw_rh * 100 / 1048576, 2)}
        raise DriverError("range", self._chip.device)

    async def _calibrate(self):
        await self._chip.write(_STATUS)
        if self._chip.read(1)[0] & _CALIBRATED:
            return
        await self._chip.write(_INIT)
        await sleep_ms(_INIT_MS)

    async def _measure(self):
        await self._chip.write(_MEASURE)
        await sleep_ms(_MEASURE_MS)
        for _ in range(_BUSY_TRIES):
            data = self._chip.read(7)
            if not data[0] & _BUSY:
                if crc8(data[:6]) != data[6]:
                    raise DriverError("crc", self._chip.device)
                return data
            await sleep_ms(10)
        raise DriverError("busy", self._chip.device)
