"""SHT3x: 16-bit commands, single shot; refuses all traffic while it measures."""

from strongroom_sim.chips.i2c_chip import I2cChip, checksum, nak

# Measuring time in ms by command: high, medium and low repeatability, with and without stretching.
_SINGLE_SHOT = {0x2400: 15, 0x240B: 6, 0x2416: 4, 0x2C06: 15, 0x2C0D: 6, 0x2C10: 4}
_STATUS_AFTER_RESET = 0x8010


class Sht3x(I2cChip):
    """The sensor in air of `t` degrees C and `rh` %."""

    def __init__(self, t=20.0, rh=50.0):
        super().__init__()
        self.t = t
        self.rh = rh
        self.status = _STATUS_AFTER_RESET
        self._answer = None
        self._kept = None

    def do_set(self, t=None, rh=None):
        """Change the air around the sensor."""
        self.t = self.t if t is None else t
        self.rh = self.rh if rh is None else rh

    def command(self, data):
        """Act on a command; none is taken while measuring."""
        if self.busy:
            raise nak()
        if len(data) < 2:
            return
        code = data[0] << 8 | data[1]
        self._answer = None
        if code in _SINGLE_SHOT:
            self._answer = self._measure()
            self.work(_SINGLE_SHOT[code])
        elif code == 0x30A2:
            self.status = _STATUS_AFTER_RESET
            self.work(1)
        elif code == 0xF32D:
            self._answer = self._words(self.status)
        elif code == 0x3041:
            self.status &= 0x2000
        elif code in (0x306D, 0x3066):
            self.status = self.status | 0x2000 if code == 0x306D else self.status & ~0x2000

    def answer(self, n):
        """Give the answer once; a chip that has none does not acknowledge."""
        if self.busy or self._answer is None:
            raise nak()
        data, self._answer = self._answer, None
        return data[:n]

    def _measure(self):
        if "stuck" in self.faults and self._kept:
            return self._kept
        heated = 3.0 if self.status & 0x2000 else 0.0
        raw_t = min(65535, max(0, round((self.t + heated + 45) / 175 * 65535)))
        rh = 0 if "zero" in self.faults else self.rh
        raw_rh = min(65535, max(0, round(rh / 100 * 65535)))
        self._kept = self._words(raw_t, raw_rh)
        return self._kept

    def _words(self, *values):
        out = bytearray()
        for value in values:
            word = bytes([value >> 8 & 0xFF, value & 0xFF])
            out += word
            out.append(checksum(word))
        if "crc" in self.faults:
            out[-1] ^= 0x40
        return bytes(out)
