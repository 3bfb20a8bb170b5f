"""AHT20: a status byte with busy and calibrated bits, two 20-bit values and a CRC."""

from strongroom_sim.chips.i2c_chip import I2cChip, checksum

_MEASURE_MS = 75


class Aht20(I2cChip):
    """The sensor in air of `t` degrees C and `rh` %.

    Further faults: zero_once (one reading of 0 %), busy (never finishes), uncalibrated (lost its
    calibration and keeps losing it until told otherwise).
    """

    FAULTS = I2cChip.FAULTS + ("zero_once", "busy", "uncalibrated")  # noqa: RUF005  MicroPython

    def __init__(self, t=20.0, rh=50.0, calibrated=True):
        super().__init__()
        self.t = t
        self.rh = rh
        self.calibrated = calibrated
        self.inits = 0
        self._data = bytes(6)

    def do_set(self, t=None, rh=None):
        """Change the air around the sensor."""
        self.t = self.t if t is None else t
        self.rh = self.rh if rh is None else rh

    def do_fault(self, kind, on=True):
        """Switch a fault on or off; a chip that loses its calibration loses it at once."""
        super().do_fault(kind, on)
        if kind == "uncalibrated" and on:
            self.calibrated = False

    def command(self, data):
        """Act on a command; a busy chip hears nothing but the reset."""
        if data[:1] == b"\xba":
            self._data = bytes(6)
            self.work(20)
        elif self.busy:
            return
        elif data == b"\xbe\x08\x00":
            self.inits += 1
            self.calibrated = "uncalibrated" not in self.faults
            self.work(10)
        elif data == b"\xac\x33\x00":
            if "stuck" not in self.faults or self._data == bytes(6):
                self._data = self._measure()
            self.work(_MEASURE_MS)

    def answer(self, n):
        """Give status, humidity, temperature and checksum; any number of bytes may be read."""
        status = 0x10 | (0x08 if self.calibrated else 0)
        if self.busy or "busy" in self.faults:
            status |= 0x80
        out = bytearray([status])
        out += self._data[1:]
        out.append(checksum(out))
        if "crc" in self.faults:
            out[6] ^= 0x10
        return bytes(out[:n])

    def _measure(self):
        rh = self.rh
        if "zero" in self.faults or "zero_once" in self.faults:
            self.faults.discard("zero_once")
            rh = 0
        # An uncalibrated chip answers, and wrongly.
        scale = 1.0 if self.calibrated else 0.5
        humidity = min(0xFFFFF, max(0, round(rh * scale / 100 * 0x100000)))
        temperature = min(0xFFFFF, max(0, round((self.t + 50) / 200 * 0x100000)))
        both = humidity << 20 | temperature
        return bytes([0]) + bytes([both >> shift & 0xFF for shift in (32, 24, 16, 8, 0)])
