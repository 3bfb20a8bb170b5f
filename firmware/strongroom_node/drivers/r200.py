"""UHF readers of the R200 family (YRM100, JRD-4035, M100) on a serial line, 115200 8N1.

Settings: bus, baud, power (dBm), mode ("multi": the reader talks by itself; "single": it is asked at
each poll), and what the task takes (tasks/uhf.py).

A frame is BB, type, command, length (2 bytes), parameters, checksum, 7E. It is cut by its length: 7E
may stand inside a tag's number. What does not check is skipped byte by byte, never guessed at.
"""

from strongroom_node.compat import const, sleep_ms, ticks_diff, ticks_ms
from strongroom_node.drivers import settings
from strongroom_node.errors import DriverError

ROLE = "uhf"
KEYS = {
    "bus": str,
    "baud": (9600, 921600),
    "reader": str,
    "ant": str,
    "power": (0, 33),
    "mode": ("multi", "single", None),
    "poll_ms": (20, 1000),
    "age_out_ms": (200, 60000),
    "fails": (1, 100),
    "feedback": str,
    "alarm": str,
}

_HEAD, _END = 0xBB, 0x7E
_NOTICE, _ANSWER = 0x02, 0x01
_TAG = const(0x22)
_SINGLE, _MULTI, _STOP, _POWER = 0x22, 0x27, 0x28, 0xB6
_LONGEST = const(128)  # parameters; the longest tag notice has 67
# The longest frame takes 12 ms: what is incomplete for so long never was a frame.
_GAP_MS = const(150)
_QUIET_MS = const(1000)  # a reader without a tag says so, several times a second
_SILENT_MS = const(2000)
_RESTART_MS = const(300000)  # multi-poll ends after 65,535 rounds
_PAUSE_MS = const(20)  # between commands: a reader that is busy with one does not hear the next
_SHORTEST_ID, _LONGEST_ID = 4, 31


def create(board, cfg):
    """Return the reader that node.json describes."""
    settings.check(cfg, KEYS)
    uart = board.uart(settings.need(cfg, "bus"), cfg.get("baud", 115200))
    return R200(uart, cfg["id"], cfg.get("power"), cfg.get("mode") == "single")


def frame(command, params=b""):
    """Return a command frame."""
    body = bytes([0, command, len(params) >> 8, len(params) & 0xFF]) + params
    return bytes([_HEAD]) + body + bytes([sum(body) & 0xFF, _END])


class Frames:
    """Cuts a stream of bytes into frames (type, command, params). Counts the bytes it had to skip."""

    def __init__(self):
        self._buffer = b""
        self.skipped = 0

    @property
    def waiting(self):
        """Whether the beginning of a frame is waiting for its end."""
        return bool(self._buffer)

    def feed(self, data):
        """Take bytes; return the whole frames that they complete."""
        self._buffer += data
        found = []
        while True:
            start = self._buffer.find(b"\xbb")
            self._skip(len(self._buffer) if start < 0 else start)
            if len(self._buffer) < 5:
                return found
            length = self._buffer[3] << 8 | self._buffer[4]
            total = length + 7
            if length > _LONGEST or self._buffer[1] not in (_ANSWER, _NOTICE):
                self._skip(1)
            elif len(self._buffer) < total:
                return found
            elif self._is_whole(total):
                found.append((self._buffer[1], self._buffer[2], self._buffer[5 : total - 2]))
                self._buffer = self._buffer[total:]
            else:
                self._skip(1)

    def give_up(self):
        """Stop waiting for the end of what began: return the frames that stand behind it."""
        found = []
        while self._buffer:
            self._skip(1)
            found.extend(self.feed(b""))
        return found

    def _is_whole(self, total):
        body = self._buffer[1 : total - 2]
        return self._buffer[total - 1] == _END and sum(body) & 0xFF == self._buffer[total - 2]

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
    """Return (EPC, RSSI in dBm) of a tag notice; None when it does not hold together.

    RSSI, PC (2), EPC, CRC (2). The PC's upper five bits are the EPC's length in words, 0 to 31.
    """
    if len(params) < 5:
        return None
    body, size = params[1:-2], (params[1] >> 3) * 2
    if len(body) != size + 2 or crc16(body) != params[-2] << 8 | params[-1]:
        return None
    return body[2:], params[0] - 256 if params[0] > 127 else params[0]


class R200:
    """The reader.

    sound     whether it has been heard lately: an empty field is one only while this is true
    bad_tags  notices that did not hold together; refused: EPCs that are no id of the contract
    restarts  how often it was started again because it was silent
    """

    def __init__(self, uart, device, power=None, single=False):
        self._uart = uart
        self._device = device
        self._power = power
        self._single = single
        self._frames = Frames()
        self._started = None  # ticks of the start; None: to be started
        self._heard = 0  # ticks of the last frame, or of the start
        self._fed = 0  # ticks of the last bytes
        self.sound = False
        self.bad_tags = 0
        self.refused = 0
        self.restarts = 0

    @property
    def skipped(self):
        """Bytes that belonged to no frame."""
        return self._frames.skipped

    async def poll(self):
        """Return [(id as hex, RSSI in dBm)] of the reads since the last call.

        DriverError: timeout (the reader is silent and will be started again), absent (its serial
        port is gone).
        """
        try:
            return await self._poll()
        except OSError as error:  # an adapter that was unplugged
            self._started = None
            self.sound = False
            raise DriverError("absent", self._device, str(error))

    async def _poll(self):
        if self._started is None or ticks_diff(ticks_ms(), self._started) > _RESTART_MS:
            await self._start()
        elif self._single:
            self._uart.write(frame(_SINGLE))
        now = ticks_ms()
        reads = []
        for kind, command, params in self._received(now):
            self._heard = now
            self.sound = True
            if kind == _NOTICE and command == _TAG:
                self._take(tag(params), reads)
        silence = ticks_diff(now, self._heard)
        if silence > _QUIET_MS:
            self.sound = False
        if silence > _SILENT_MS:
            self.restarts += 1
            self._started = None
            raise DriverError("timeout", self._device)
        return reads

    def _take(self, read, reads):
        if read is None:
            self.bad_tags += 1
        elif not _SHORTEST_ID <= len(read[0]) <= _LONGEST_ID:
            self.refused += 1
        else:
            reads.append(("".join(["%02x" % byte for byte in read[0]]), read[1]))

    def _received(self, now):
        data = self._uart.read()
        if data:
            self._fed = now
            return self._frames.feed(data)
        if self._frames.waiting and ticks_diff(now, self._fed) > _GAP_MS:
            return self._frames.give_up()
        return []

    async def _start(self):
        commands = [frame(_STOP)]
        if self._power is not None:
            level = self._power * 100
            commands.append(frame(_POWER, bytes([level >> 8, level & 0xFF])))
        commands.append(frame(_SINGLE) if self._single else frame(_MULTI, b"\x22\xff\xff"))
        for command in commands:
            self._uart.write(command)
            await sleep_ms(_PAUSE_MS)
        fresh = self._started is None
        self._started = ticks_ms()
        if fresh:
            self._heard = self._started
