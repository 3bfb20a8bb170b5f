"""What emulated I2C chips share: a chip that is away, refuses or repeats itself."""

from strongroom_sim.bench import NAK, bench


def nak():
    """Return the error a controller raises when a chip does not acknowledge."""
    return OSError(NAK, "no acknowledge")  # one argument would leave errno empty on CPython


def crc_table(polynomial):
    """Return the 16-entry table that advances an MSB-first CRC-8 by half a byte."""
    table = []
    for high in range(16):
        value = high << 4
        for _bit in range(4):
            value = value << 1 ^ (0x100 | polynomial) if value & 0x80 else value << 1
        table.append(value & 0xFF)
    return bytes(table)


_TABLE = crc_table(0x31)


def checksum(data):
    """Return the CRC-8 that Sensirion and Aosong print: x8+x5+x4+1, all ones at the start."""
    value = 0xFF
    for byte in data:
        value ^= byte
        value = (value << 4 & 0xFF) ^ _TABLE[value >> 4]
        value = (value << 4 & 0xFF) ^ _TABLE[value >> 4]
    return value


class I2cChip:
    """A chip that can be missing, refuse, or send a damaged checksum.

    Faults: absent (nobody answers), nak (refuses to be read), crc (damages the last checksum), stuck
    (repeats the reading it has), zero (the lowest humidity it can send).
    """

    FAULTS = ("absent", "nak", "crc", "stuck", "zero")

    def __init__(self):
        self.faults = set()
        self.busy_until = 0
        self.reads = 0
        self.writes = 0

    def do_fault(self, kind, on=True):
        """Switch a fault on or off."""
        if kind not in self.FAULTS:
            raise ValueError("no fault %r; there are %s" % (kind, ", ".join(self.FAULTS)))
        if on:
            self.faults.add(kind)
        else:
            self.faults.discard(kind)

    @property
    def busy(self):
        """Whether the chip is still at its last command."""
        return bench.now_ms() < self.busy_until

    def work(self, ms):
        """Be busy for this long; a millisecond clock needs one more to be sure it has passed."""
        self.busy_until = bench.now_ms() + ms

    def write(self, data):
        """Take bytes from the controller."""
        self.writes += 1
        if "absent" in self.faults:
            raise nak()
        self.command(data)

    def read(self, n):
        """Give bytes to the controller."""
        self.reads += 1
        if "absent" in self.faults or "nak" in self.faults:
            raise nak()
        return self.answer(n)
