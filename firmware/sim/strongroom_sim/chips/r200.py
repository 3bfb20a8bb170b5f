"""An R200 UHF reader with the tags in its field, on a serial line.

Faults: split (frames arrive in pieces), garbage (other bytes between frames), checksum (frames that do not check),
air (notices whose air CRC does not fit), silent (says nothing).
"""

from strongroom_sim.bench import bench

ROUND_MS = 50
READS = 5  # in a round, of tags in turn: 100 reads a second are what such a reader manages
BUFFER = 1024  # bytes that wait to be sent; what does not fit is never said
_VERSION = b"M100 26dBm V1.0"


def _sum(data):
    total = 0
    for byte in data:
        total = (total + byte) % 256
    return total


def message(kind, command, params=b""):
    """Return a frame as the reader sends it."""
    size = len(params)
    inside = bytes((kind, command, size // 256, size % 256)) + bytes(params)
    return b"\xbb" + inside + bytes((_sum(inside),)) + b"\x7e"


def air_crc(data):
    """Return the two CRC bytes of PC and EPC (EPC Gen2, annex F), computed bit by bit."""
    register = 0xFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            feedback = (register >> 15) ^ (byte >> bit & 1)
            register = register << 1 & 0xFFFF
            if feedback:
                register ^= 0x1021
    register ^= 0xFFFF
    return bytes((register >> 8, register & 0xFF))


class R200:
    """The reader. `feed` takes the controller's bytes, `take` returns what has arrived since."""

    FAULTS = ("split", "garbage", "checksum", "air", "silent")
    baud = 115200

    def __init__(self):
        self.field = {}  # EPC as hex -> RSSI in dBm
        self.faults = set()
        self.power = 2600
        self.commands = []  # of whole commands understood
        self._in = b""
        self._out = b""
        self._late = b""
        self._rounds = 0  # left in multi-poll
        self._next = None
        self._turn = 0  # which tag is read first

    def do_enter(self, epc, rssi=-50):
        """A tag comes into the field, or is heard at another strength."""
        self.field[epc] = rssi

    def do_leave(self, epc):
        """A tag leaves the field."""
        self.field.pop(epc, None)

    def do_fault(self, kind, on=True):
        """Begin or end a fault."""
        if kind not in self.FAULTS:
            raise ValueError("an R200 has no fault %s" % kind)
        (self.faults.add if on else self.faults.discard)(kind)

    def feed(self, data):
        """Take bytes from the controller."""
        self._in += data
        while True:
            start = self._in.find(b"\xbb")
            if start < 0:
                self._in = b""
                return
            self._in = self._in[start:]
            if len(self._in) < 5:
                return
            end = 5 + self._in[3] * 256 + self._in[4] + 2
            if len(self._in) < end:
                return
            whole, self._in = self._in[:end], self._in[end:]
            if whole[-1] == 0x7E and _sum(whole[1:-2]) == whole[-2]:
                self._obey(whole[2], whole[5:-2])

    def take(self):
        """Return the bytes that have arrived by now."""
        self._run(bench.now_ms())
        if "silent" in self.faults:
            self._out = self._late = b""
        out, self._out = self._late + self._out, b""
        cut = max(len(self._late), len(out) * 2 // 5) if "split" in self.faults else len(out)
        self._late = out[cut:]  # still on its way
        return out[:cut]

    def _obey(self, command, params):
        self.commands.append(command)
        if command == 0x22:
            self._inventory()
        elif command == 0x27:
            self._rounds = params[1] * 256 + params[2]
            self._next = bench.now_ms()
        elif command == 0x28:
            self._rounds = 0
            self._say(1, 0x28, b"\x00")
        elif command == 0xB6:
            self.power = params[0] * 256 + params[1]
            self._say(1, 0xB6, b"\x00")
        elif command == 0x03:
            self._say(1, 0x03, b"\x00" + _VERSION)
        else:
            self._say(1, 0xFF, b"\x17")

    def _run(self, now):
        while self._rounds and now >= self._next:
            self._rounds -= 1
            self._next += ROUND_MS
            if (
                now - self._next > 20 * ROUND_MS
            ):  # nobody listened for a second: that much was never sent
                self._next = now
            self._inventory()

    def _inventory(self):
        if not self.field:
            self._say(1, 0xFF, b"\x15")
            return
        numbers = sorted(self.field)
        for n in range(min(READS, len(numbers))):
            self._notice(numbers[(self._turn + n) % len(numbers)])
        self._turn = (self._turn + READS) % len(numbers)

    def _notice(self, epc):
        number = bytes([int(epc[n : n + 2], 16) for n in range(0, len(epc), 2)])
        coded = bytes((len(number) // 2 * 8, 0)) + number
        crc = air_crc(coded)
        if "air" in self.faults:
            crc = bytes((crc[0] ^ 0x10, crc[1]))
        self._say(2, 0x22, bytes((self.field[epc] % 256,)) + coded + crc)

    def _say(self, kind, command, params):
        frame = message(kind, command, params)
        if "checksum" in self.faults:
            frame = frame[:-2] + bytes(((frame[-2] + 1) % 256,)) + frame[-1:]
        if "garbage" in self.faults:
            frame = b"\x7e\xbb\x02\x00" + frame + b"\xbb\x00\xff"
        if len(self._out) + len(frame) <= BUFFER:
            self._out += frame
