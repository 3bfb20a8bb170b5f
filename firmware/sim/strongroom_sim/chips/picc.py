"""A proximity card as ISO/IEC 14443-3 type A describes it: states, cascade levels, bits."""

_SEL = (0x93, 0x95, 0x97)
_SIZES = {4: 0, 7: 1, 10: 2}


def crc_a(data):
    """Return the two CRC_A bytes: x16+x12+x5+1, each byte's low bit first, the same way out."""
    register = 0xC6C6
    for byte in data:
        for i in range(8):
            top = (register >> 15) ^ (byte >> i & 1)
            register = register << 1 & 0xFFFF
            if top:
                register ^= 0x1021
    out = [0, 0]
    for i in range(16):
        out[i // 8] |= (register >> (15 - i) & 1) << i % 8
    return bytes(out)


class Picc:
    """A card with an id of 4, 7 or 10 bytes. Frames are (bytes, number of bits).

    strict  it goes back to sleep when an anticollision frame means somebody else, as the standard
            draws it; many cards stay and listen
    """

    def __init__(self, uid, sak=0x08, strict=True):
        self.uid = uid
        self.strict = strict
        self._atqa = bytes([0x04 | _SIZES[len(uid)] << 6, 0x00])
        self._sak = sak
        rest = uid
        self._levels = []
        while rest:
            part = rest if len(rest) == 4 else b"\x88" + rest[:3]
            rest = b"" if len(rest) == 4 else rest[3:]
            self._levels.append(part + bytes([part[0] ^ part[1] ^ part[2] ^ part[3]]))
        self.power()

    def power(self):
        """Begin anew, as after a while without a field."""
        self.state = "idle"
        self._starred = False  # woken out of HALT: READY* and ACTIVE*
        self._level = 0

    def hear(self, data, bits):
        """Take a frame; return the answer as (number, bits), first bit lowest, or None."""
        if bits == 7:
            return self._request(data[0] & 0x7F)
        if self.state in ("idle", "halt"):
            return None
        if self.state == "active":
            # Whatever is not a right HLTA ends the session as well.
            halted = bits == 32 and data == b"\x50\x00" + crc_a(b"\x50\x00")
            self.state = "halt" if halted or self._starred else "idle"
            return None
        return self._ready(data, bits)

    def _request(self, command):
        if self.state in ("ready", "active"):
            self._back()
            return None
        if command == 0x52 or (command == 0x26 and self.state == "idle"):
            self._starred = self.state == "halt"
            self.state = "ready"
            self._level = 0
            return _bits(self._atqa)
        return None

    def _ready(self, data, bits):
        mine = self._levels[self._level]
        if bits < 16 or data[0] != _SEL[self._level]:
            return self._back()
        if data[1] == 0x70:
            if bits != 72 or data[2:7] != mine or data[7:] != crc_a(data[:7]):
                return self._back()
            self._level += 1
            last = self._level == len(self._levels)
            if last:
                self.state = "active"
            sak = bytes([self._sak & ~0x04 if last else 0x04])
            return _bits(sak + crc_a(sak))
        known = (data[1] >> 4) * 8 + (data[1] & 0x0F) - 16
        if data[1] & 0x0F > 7 or not 0 <= known < 40 or known != bits - 16:
            return self._back()
        whole = _bits(mine)[0]
        asked = _bits(data[2:])[0]
        if (whole ^ asked) & ((1 << known) - 1):
            return self._back() if self.strict else None  # somebody else is meant
        return whole >> known, 40 - known

    def _back(self):
        self.state = "halt" if self._starred else "idle"


def _bits(data):
    value = 0
    for i in range(len(data)):
        value |= data[i] << 8 * i
    return value, 8 * len(data)
