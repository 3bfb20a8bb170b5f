"""NXP MFRC522 (RC522 boards): reader for cards and labels of ISO/IEC 14443 type A, on SPI.

Settings: bus, cs, rst (pin of the reset line), gain (of the receiver, dB); reader, poll_ms, misses,
fails and feedback belong to the task. The chip is known to go deaf after hours or weeks, so each
poll looks at its registers first and starts it afresh when they are not what was written.
"""

from strongroom_node.compat import const, sleep_ms, ticks_diff, ticks_ms
from strongroom_node.drivers import iso14443a, settings
from strongroom_node.errors import DriverError

ROLE = "hf"
KEYS = {
    "bus": str,
    "cs": settings.PIN,
    "rst": settings.PIN,
    "gain": (18, 23, 33, 38, 43, 48),
    "reader": str,
    "poll_ms": (50, 10000),
    "misses": (1, 100),
    "fails": (1, 100),
    "feedback": str,
}

_COMMAND = const(0x01)
_COM_IRQ = const(0x04)
_ERROR = const(0x06)
_FIFO = const(0x09)
_FIFO_LEVEL = const(0x0A)
_CONTROL = const(0x0C)
_FRAMING = const(0x0D)
_COLL = const(0x0E)
_MODE = const(0x11)
_TX_CONTROL = const(0x14)
_TX_ASK = const(0x15)
_RF_CFG = const(0x26)
_VERSION = const(0x37)

_IDLE, _TRANSCEIVE, _SOFT_RESET = 0, 0x0C, 0x0F
_ANTENNA_ON, _ANTENNA_OFF = 0x83, 0x80
_SETUP = (
    (0x12, 0),  # TxMode, RxMode: 106 kbit/s, checksums by us
    (0x13, 0),
    (0x24, 0x26),  # ModWidth
    (0x2A, 0x80),  # timer: starts by itself at the end of sending, 25 us a step ...
    (0x2B, 0xA9),
    (0x2C, 0x00),  # ... 200 steps: a card answers within 0.1 ms, so 5 ms of silence are silence
    (0x2D, 0xC8),
    (_TX_ASK, 0x40),
    (_MODE, 0x3D),
    (_COLL, 0x00),  # no bits after a collision
    (_TX_CONTROL, _ANTENNA_ON),
)
_FIELD_MS = const(6)  # the standard: off for 5 ms resets a card, 5 ms after on it must listen
_START_MS = const(50)
_DEADLINE_MS = const(20)
_HOUR_MS = const(3600000)
_MOST = const(16)
_TRIES = const(3)


def create(board, cfg):
    """Return the reader that node.json describes."""
    settings.check(cfg, KEYS)
    spi = board.spi(cfg.get("bus", "spi0"), settings.need(cfg, "cs"))
    rst = board.pin_out(cfg["rst"], 1) if "rst" in cfg else None
    return Mfrc522(spi, rst, cfg["id"], cfg.get("gain", 33))


class Mfrc522:
    """The reader.

    unsure   in the last look something answered that could not be made out: nobody may be counted
             as missing
    resets   how often the chip had to be started afresh
    refused  cards that showed half an id
    """

    def __init__(self, spi, rst, device, gain=33):
        self._spi = spi
        self._rst = rst
        self._device = device
        self._gain = (KEYS["gain"].index(gain) + 2) << 4
        self._since = None  # ticks of the last good start
        self._begun = False
        self._answered = False  # cards may be halted; only a reset of the field frees them all
        self.unsure = False
        self.resets = 0
        self.refused = 0
        self._version = None  # of the chip when it was last started

    async def poll(self):
        """Return the ids (hex) of the cards in the field; DriverError absent, deaf or timeout."""
        self.unsure = False
        try:
            await self._ready()
            return await self._look()
        except OSError as error:
            self._since = None
            raise DriverError("absent", self._device, str(error))

    async def _look(self):
        found, seen, failed, silent = [], [], 0, 0
        request = iso14443a.WUPA
        while True:
            answer = await self._exchange(request, 7)
            request = iso14443a.REQA
            if answer is None:
                silent += 1
                # A card in the middle of something spends one request on leaving it.
                if silent == 2 or not self._answered:
                    return found
                continue
            silent = 0
            self._answered = True
            if failed > _TRIES or len(seen) == _MOST:
                self.unsure = True
                return found
            uid = await iso14443a.identify(self._exchange)
            if uid is None:
                self.unsure = True
                failed += 1
                continue
            await iso14443a.halt(self._exchange)
            if uid in seen:
                failed += 1  # it did not hear that it was to halt
                continue
            seen.append(uid)
            failed = 0
            if iso14443a.is_half(uid):
                self.refused += 1
            else:
                found.append("".join(["%02x" % byte for byte in uid]))

    async def _ready(self):
        """Start the chip when it lost its registers or an hour has passed; free halted cards."""
        if self._since is not None and self._sound():
            if ticks_diff(ticks_ms(), self._since) > _HOUR_MS:
                await self._start()
            elif self._answered:
                # A halted card that was woken and not chosen halts again and hears no request, so
                # every look begins with cards that have just been powered.
                self._write(_TX_CONTROL, _ANTENNA_OFF)
                await sleep_ms(_FIELD_MS)
                self._write(_TX_CONTROL, _ANTENNA_ON)
                await sleep_ms(_FIELD_MS)
        else:
            self.resets += self._begun
            self._begun = True
            await self._start()
        self._answered = False

    async def _start(self):
        self._since = None
        if self._rst is not None:
            self._rst.set(0)
            await sleep_ms(2)
            self._rst.set(1)
            await sleep_ms(2)
        self._write(_COMMAND, _SOFT_RESET)
        started = ticks_ms()
        await sleep_ms(_FIELD_MS)  # the field is off now: cards forget
        while self._read(_COMMAND)[0] & 0x10 and ticks_diff(ticks_ms(), started) < _START_MS:
            await sleep_ms(2)
        self._write(_RF_CFG, self._gain | 0x08)
        for register, value in _SETUP:
            self._write(register, value)
        await sleep_ms(_FIELD_MS)
        self._version = self._read(_VERSION)[0]
        if self._version in (0, 0xFF):
            raise DriverError("absent", self._device)
        if not self._sound():
            raise DriverError("deaf", self._device)
        self._since = ticks_ms()

    def _sound(self):
        version, antenna, ask, mode = self._read(_VERSION, _TX_CONTROL, _TX_ASK, _MODE)
        return version == self._version and antenna & 3 == 3 and ask == 0x40 and mode == 0x3D

    async def _exchange(self, data, last=0, align=0):
        """Send and listen; see iso14443a."""
        framing = align << 4 | last
        self._write(_COMMAND, _IDLE)
        self._write(_COM_IRQ, 0x7F)
        self._write(_FIFO_LEVEL, 0x80)
        self._spi.xfer(bytes([_FIFO << 1]) + data)
        self._write(_FRAMING, framing)
        self._write(_COMMAND, _TRANSCEIVE)
        self._write(_FRAMING, 0x80 | framing)
        started = ticks_ms()
        while True:
            await sleep_ms(1)
            late = ticks_diff(ticks_ms(), started) > _DEADLINE_MS
            irq = self._read(_COM_IRQ)[0]
            if irq & 0x30:
                break
            if irq & 0x01:
                return None
            if late:
                self._since = None
                raise DriverError("timeout", self._device)
        error, control, coll, level = self._read(_ERROR, _CONTROL, _COLL, _FIFO_LEVEL)
        data = self._read(*[_FIFO] * min(level, 64)) if level else b""
        state = iso14443a.CLEAN
        if error & 0x08:
            state = iso14443a.COLLIDED if coll & 0x20 else (coll & 0x1F) or 32
        elif error & 0x13:
            state = iso14443a.GARBLED
        return data, control & 7, state

    def _read(self, *registers):
        """Return the bytes of the registers, read in one transfer."""
        return self._spi.xfer(bytes([0x80 | r << 1 for r in registers] + [0]))[1:]

    def _write(self, register, value):
        self._spi.xfer(bytes([register << 1, value]))
