"""SHT4x: one-byte commands, answers T, CRC, RH, CRC; refuses to be read while it measures."""

from strongroom_sim.chips.i2c_chip import I2cChip, checksum, nak

_MEASURE = {0xFD: 8.3, 0xF6: 4.5, 0xE0: 1.6}
_HEATERS = {0x39: 1100, 0x32: 110, 0x2F: 1100, 0x24: 110, 0x1E: 1100, 0x15: 110}


class Sht4x(I2cChip):
    """The sensor in air of `t` degrees C and `rh` %."""

    def __init__(self, t=20.0, rh=50.0, serial=0x0F1E2D3C):
        super().__init__()
        self.t = t
        self.rh = rh
        self.serial = serial
        self._answer = None
        self._kept = None

    def do_set(self, t=None, rh=None):
        """Change the air around the sensor."""
        self.t = self.t if t is None else t
        self.rh = self.rh if rh is None else rh

    def command(self, data):
        """Act on a command; a measuring chip takes none but the reset."""
        if not data:
            return
        code = data[0]
        if self.busy and code != 0x94:
            raise nak()
        self._answer = None
        if code in _MEASURE:
            self._answer = self._measure(0.0)
            self.work(_MEASURE[code])
        elif code in _HEATERS:
            self._answer = self._measure(30.0)
            self.work(_HEATERS[code])
        elif code == 0x89:
            self._answer = self._words(self.serial >> 16, self.serial & 0xFFFF)
        elif code == 0x94:
            self.work(1)
        else:
            raise nak()

    def answer(self, n):
        """Give the answer once; a chip that has none does not acknowledge."""
        if self.busy or self._answer is None:
            raise nak()
        data, self._answer = self._answer, None
        return data[:n]

    def _measure(self, heated):
        if "stuck" in self.faults and self._kept:
            return self._kept
        raw_t = min(65535, max(0, round((self.t + heated + 45) * 65535 / 175)))
        raw_rh = min(65535, max(0, round((self.rh + 6) * 65535 / 125)))
        if "zero" in self.faults:
            raw_rh = 0
        self._kept = self._words(raw_t, raw_rh)
        return self._kept

    def _words(self, first, second):
        out = bytearray()
        for value in (first, second):
            word = bytes([value >> 8 & 0xFF, value & 0xFF])
            out += word
            out.append(checksum(word))
        if "crc" in self.faults:
            out[2] ^= 0x01
        return bytes(out)
