"""UHF readers of the R200 family (YRM100, JRD-4035, M100) on a serial line, 115200 8N1.

Settings: bus, baud, power (dBm), and what the task takes (tasks/uhf.py).
A frame is BB, type, command, length (2 bytes), parameters, checksum, 7E. It is cut by its length: 7E
may stand inside a tag's number. What does not check is skipped byte by byte, never guessed at.
"""

from strongroom_node.compat import ticks_diff, ticks_ms
from strongroom_node.drivers import settings
from strongroom_node.errors import ConfigError, DriverError

ROLE = "uhf"
KEYS = {
    "bus": str,
    "baud": (9600, 921600),
    "reader": str,
    "ant": str,
    "power": (0, 33),
    "poll_ms": (20, 1000),
    "age_out_ms": (200, 60000),
    "fails": (1, 100),
}

_HEAD, _END = 0xBB, 0x7E
_NOTICE, _ANSWER = 0x02, 0x01
_TAG, _ERROR, _NO_TAG = 0x22, 0xFF, 0x15
_MULTI, _STOP, _POWER = 0x27, 0x28, 0xB6
_LONGEST = 128  # parameters; the longest tag notice has 67
_MOST_WAITING = 2048  # bytes without a whole frame: no reader says so much at once
_SILENT_MS = 2000  # in multi-poll a reader without a tag says so, several times a second
_RESTART_MS = 300000  # multi-poll ends after 65,535 rounds
_SHORTEST_ID, _LONGEST_ID = 4, 31


def create(board, cfg):
    """Return the reader that node.json describes."""
    settings.check(cfg, KEYS)
    if "bus" not in cfg:
        raise ConfigError("%s: bus is missing" % cfg["id"])
    return R200(board.uart(cfg["bus"], cfg.get("baud", 115200)), cfg["id"], cfg.get("power"))


def frame(command, params=b""):
    """Return a command frame."""
    body = bytes([0, command, len(params) >> 8, len(params) & 0xFF]) + params
    return bytes([_HEAD]) + body + bytes([sum(body) & 0xFF, _END])


class Frames:
    """Cuts a stream of bytes into frames (type, command, params). Counts the bytes it had to skip."""

    def __init__(self):
        self._buffer = b""
        self.skipped = 0

    def feed(self, data):
        """Take bytes; return the whole frames that they complete."""
        self._buffer += data
        found = []
        while True:
            start = self._buffer.find(b"\xbb")
            if start < 0:
                start = len(self._buffer)
            self._skip(start)
            if len(self._buffer) < 5:
                break
            length = self._buffer[3] << 8 | self._buffer[4]
            if length > _LONGEST:
                self._skip(1)
                continue
            total = length + 7
            if len(self._buffer) < total:
                if len(self._buffer) > _MOST_WAITING:
                    self._skip(1)
                    continue
                break
            body = self._buffer[1 : total - 2]
            if self._buffer[total - 1] != _END or sum(body) & 0xFF != self._buffer[total - 2]:
                self._skip(1)
                continue
            found.append((body[0], body[1], body[4:]))
            self._buffer = self._buffer[total:]
        return found

    def _skip(self, count):
        self.skipped += count
        self._buffer = self._buffer[count:]


def crc16(data):
    """Return the CRC-16 of a tag's PC and EPC as sent over the air (x16+x12+x5+1, ones, inverted)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021) & 0xFFFF if value & 0x8000 else value << 1
    return value ^ 0xFFFF


def tag(params):
    """Return (id as hex, RSSI in dBm) of a tag notice; None when it does not hold together.

    RSSI, PC (2), EPC, CRC (2). The PC's upper five bits are the EPC's length in words.
    """
    if len(params) < 5:
        return None
    body, size = params[1:-2], (params[1] >> 3) * 2
    if len(body) != size + 2 or crc16(body) != params[-2] << 8 | params[-1]:
        return None
    if not _SHORTEST_ID <= size <= _LONGEST_ID:
        return None
    rssi = params[0] - 256 if params[0] > 127 else params[0]
    return "".join("%02x" % b for b in body[2:]), rssi


class R200:
    """The reader, in multi-poll: it talks by itself and is listened to."""

    def __init__(self, uart, device, power=None):
        self._uart = uart
        self._device = device
        self._power = power
        self._frames = Frames()
        self._heard = None  # ticks of the last frame; None: not started
        self._started = 0
        self.bad_tags = 0  # notices that did not hold together
        self.restarts = 0

    @property
    def skipped(self):
        """Bytes that belonged to no frame."""
        return self._frames.skipped

    async def poll(self):
        """Return [(id, RSSI in dBm)] of the reads since the last call; DriverError when the reader is silent."""
        now = ticks_ms()
        if self._heard is None or ticks_diff(now, self._started) > _RESTART_MS:
            self._start(now)
        reads = []
        for kind, command, params in self._frames.feed(self._received()):
            self._heard = now
            if kind == _NOTICE and command == _TAG:
                read = tag(params)
                if read is None:
                    self.bad_tags += 1
                else:
                    reads.append(read)
        if ticks_diff(now, self._heard) > _SILENT_MS:
            self.restarts += 1
            self._heard = None
            raise DriverError("timeout", self._device)
        return reads

    def _received(self):
        try:
            return self._uart.read()
        except OSError as error:  # an adapter that was unplugged
            self._heard = None
            raise DriverError("absent", self._device, str(error))

    def _start(self, now):
        self._heard = self._started = now
        try:
            self._uart.write(frame(_STOP))
            if self._power is not None:
                level = self._power * 100
                self._uart.write(frame(_POWER, bytes([level >> 8, level & 0xFF])))
            self._uart.write(frame(_MULTI, b"\x22\xff\xff"))
        except OSError as error:
            self._heard = None
            raise DriverError("absent", self._device, str(error))
