"""MFRC522: registers, FIFO, timer and antenna on SPI, with cards whose answers overlap bit by bit."""

from strongroom_sim.bench import bench
from strongroom_sim.chips.picc import Picc

_COMMAND, _COM_IRQ, _ERROR, _FIFO, _FIFO_LEVEL = 0x01, 0x04, 0x06, 0x09, 0x0A
_CONTROL, _FRAMING, _COLL, _TX_CONTROL, _TX_ASK = 0x0C, 0x0D, 0x0E, 0x14, 0x15
_T_MODE, _T_PRESCALER, _T_RELOAD_HIGH, _T_RELOAD_LOW, _VERSION = 0x2A, 0x2B, 0x2C, 0x2D, 0x37
_RX, _IDLE, _ERR, _TIMER = 0x20, 0x10, 0x02, 0x01
_AFTER_RESET = {
    _COMMAND: 0x20,
    0x02: 0x80,
    _COM_IRQ: 0x14,
    0x07: 0x21,
    0x0B: 0x08,
    _CONTROL: 0x10,
    _COLL: 0xA0,
    0x11: 0x3F,
    _TX_CONTROL: 0x80,
    0x16: 0x10,
    0x17: 0x84,
    0x18: 0x84,
    0x19: 0x4D,
    0x1C: 0x62,
    0x1F: 0xEB,
    0x21: 0xFF,
    0x22: 0xFF,
    0x24: 0x26,
    0x26: 0x48,
    0x27: 0x88,
    0x28: 0x20,
    0x29: 0x20,
}
_READ_ONLY = (_ERROR, 0x07, 0x08, _VERSION)
_WAKE_MS = 1
_FIELD_MS = 5  # a card forgets within this time without a field, and listens within it after


class Mfrc522:
    """The reader and the cards on it.

    Faults: absent (the line floats high), deaf (every register reads 0; then the chip is as after
    a reset), hung (every register reads 0 until the reset line is pulled), version (it says to be
    another chip), quiet (the antenna is off until a reset), noise (bits flip on the air), drop (every
    third answer loses its first bit), slip (once, a card leaves in the middle of anticollision).
    """

    FAULTS = ("absent", "deaf", "hung", "version", "quiet", "noise", "drop", "slip")

    def __init__(self, counts_from="level"):
        """counts_from  where CollReg begins to count; the datasheet leaves it open

        level  from the first bit of the cascade level
        bytes  from the first byte in the FIFO, in which the answer begins at RxAlign
        frame  from the first bit received
        """
        self.faults = set()
        self.cards = {}
        self.transfers = 0
        self.counts_from = counts_from
        self._seed = 1
        self._field_on = None  # ms since when, None without a field
        self._field_off = 0
        self.reset()

    def do_place(self, uid, strict=True):
        """Lay a card on the reader."""
        uid = uid.lower()
        if uid not in self.cards:
            self.cards[uid] = Picc(
                bytes([int(uid[i : i + 2], 16) for i in range(0, len(uid), 2)]), strict=strict
            )

    def do_remove(self, uid):
        """Take a card away."""
        self.cards.pop(uid.lower(), None)

    def do_fault(self, kind, on=True):
        """Switch a fault on or off."""
        if kind not in self.FAULTS:
            raise ValueError("no fault %r; there are %s" % (kind, ", ".join(self.FAULTS)))
        if on:
            self.faults.add(kind)
            if kind == "quiet":
                self._put(_TX_CONTROL, 0x80)
        elif kind in self.faults:
            self.faults.remove(kind)
            if kind == "deaf":
                self.reset()

    def rst(self, _pin, level):
        """Follow the reset line."""
        if not level:
            self.faults.discard("hung")
            self.reset()

    def reset(self):
        """Do what the reset line or the command does."""
        self.faults.discard("quiet")
        self._registers = bytearray(64)
        for register, value in _AFTER_RESET.items():
            self._registers[register] = value
        self._fifo = b""
        self._pending = None  # ms when it is due, interrupt bits, FIFO, Error, Control, Coll
        self._awake_at = bench.now_ms() + _WAKE_MS
        self._field(False)

    def xfer(self, data):
        """Exchange bytes while the chip is selected."""
        self.transfers += 1
        if "absent" in self.faults:
            return b"\xff" * len(data)
        answer = bytearray(len(data))
        if "deaf" in self.faults or "hung" in self.faults:
            return bytes(answer)
        if data[0] & 0x80:
            for i in range(1, len(data)):
                if data[i - 1] & 0x80:
                    answer[i] = self._get(data[i - 1] >> 1 & 0x3F)
        else:
            for byte in data[1:]:
                self._put(data[0] >> 1 & 0x3F, byte)
        return bytes(answer)

    def _get(self, register):
        self._settle()
        if register == _VERSION:
            return 0x5A if "version" in self.faults else 0x92
        if register == _FIFO_LEVEL:
            return len(self._fifo)
        if register == _FIFO:
            byte, self._fifo = (self._fifo[0] if self._fifo else 0), self._fifo[1:]
            return byte
        if register == _COMMAND and bench.now_ms() < self._awake_at:
            return self._registers[_COMMAND] | 0x10
        return self._registers[register]

    def _put(self, register, value):
        self._settle()
        if register in _READ_ONLY or bench.now_ms() < self._awake_at:
            return
        if register in (_FIFO, _FIFO_LEVEL):
            self._fill(register, value)
            return
        if register == _COM_IRQ:
            old = self._registers[_COM_IRQ]
            value = (old | value if value & 0x80 else old & ~value) & 0x7F
        elif register == _CONTROL:
            value = self._registers[_CONTROL] & 7
        elif register == _COLL:
            value = (value & 0x80) | (self._registers[_COLL] & 0x7F)
        elif register == _TX_CONTROL:
            value = value & ~3 if "quiet" in self.faults else value
            self._field(value & 3 == 3)
        self._registers[register] = value
        if register == _COMMAND:
            self._run(value & 0x0F)
        elif register == _FRAMING and value & 0x80:
            self._registers[_FRAMING] = value & 0x7F
            if self._registers[_COMMAND] & 0x0F == 0x0C:
                self._transceive()

    def _fill(self, register, value):
        if register == _FIFO_LEVEL:
            self._fifo = b"" if value & 0x80 else self._fifo
        elif len(self._fifo) == 64:
            self._registers[_ERROR] |= 0x10
        else:
            self._fifo += bytes([value])

    def _run(self, command):
        if command == 0x0F:
            self.reset()
        elif command == 0:
            self._pending = None
        elif command != 0x0C:
            raise ValueError("command 0x%02x is not emulated" % command)

    def _field(self, on):
        now = bench.now_ms()
        if on and self._field_on is None:
            self._field_on = now
            if now - self._field_off >= _FIELD_MS:
                for card in self.cards.values():
                    card.power()
        elif not on and self._field_on is not None:
            self._field_on = None
            self._field_off = now

    def _settle(self):
        """Let what is due happen."""
        if self._pending is None or bench.now_ms() < self._pending[0]:
            return
        _, irq, fifo, error, last, coll = self._pending
        self._pending = None
        self._registers[_COM_IRQ] |= irq | (_ERR if error else 0)
        if irq & _RX:
            self._fifo = fifo
            self._registers[_ERROR] = error
            self._registers[_CONTROL] = last
            self._registers[_COLL] = (self._registers[_COLL] & 0x80) | coll

    def _transceive(self):
        framing = self._registers[_FRAMING]
        data, self._fifo = self._fifo, b""
        bits = len(data) * 8 - (8 - (framing & 7) if framing & 7 else 0)
        self._registers[_ERROR] = 0
        answers = self._on_air(data, bits)
        now = bench.now_ms()
        if answers:
            align = framing >> 4 & 7
            fifo, error, last, coll = self._receive(answers, align, max(0, bits - 16))
            self._pending = (now + 1, _RX, fifo, error, last, coll)
        elif self._registers[_T_MODE] & 0x80:
            prescaler = (self._registers[_T_MODE] & 0x0F) << 8 | self._registers[_T_PRESCALER]
            reload = self._registers[_T_RELOAD_HIGH] << 8 | self._registers[_T_RELOAD_LOW]
            ms = (2 * prescaler + 1) * (reload + 1) // 13560 + 1
            self._pending = (now + ms, _TIMER, b"", 0, 0, 0)

    def _on_air(self, data, bits):
        """Return what the cards answer to a frame."""
        listening = self._field_on is not None and (
            bench.now_ms() - self._field_on >= _FIELD_MS and self._registers[_TX_ASK] & 0x40
        )
        if not listening or not data:
            return []
        if bits > 7 and "noise" in self.faults and self._random(8) == 0:
            at = self._random(bits)
            data = bytearray(data)
            data[at // 8] ^= 1 << at % 8
            data = bytes(data)
        answers = []
        for uid in sorted(self.cards):
            answer = self.cards[uid].hear(data, bits)
            if answer is None:
                continue
            answers.append(answer)
            if "slip" in self.faults and bits >= 16:
                self.faults.remove("slip")
                del self.cards[uid]
        return answers

    def _receive(self, answers, align, known):
        """Return FIFO, Error, Control and Coll for answers that lie on top of each other."""
        error, coll = 0, 0x20
        value, bits = answers[0]
        clash = 0
        for other, length in answers[1:]:
            clash |= value ^ other
            value |= other
            bits = max(bits, length)
        if clash:
            at = 0
            while not clash >> at & 1:
                at += 1
            error = 0x08
            place = at + 1 + {"level": known, "bytes": align, "frame": 0}[self.counts_from]
            coll = place & 0x1F if place <= 32 else 0x20
            if not self._registers[_COLL] & 0x80:
                value = value & ((1 << at) - 1) | self._random(2) << at
        if "noise" in self.faults and self._random(2):
            for _ in range(1 + self._random(3)):
                value ^= 1 << self._random(bits)
            if self._random(2):
                error |= 0x02
        if "drop" in self.faults and not self._random(3):
            value, bits = value >> 1, bits - 1
        value <<= align
        total = bits + align
        fifo = bytes([value >> 8 * i & 0xFF for i in range((total + 7) // 8)])
        return fifo, error, total % 8, coll

    def _random(self, n):
        self._seed = (self._seed * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._seed >> 12) % n
