"""The process with the bench and the chips of an emulated board; the firmware asks from another one
(far.py). MicroPython only.
"""

import json
import select
import sys

import machine

from strongroom_sim.around import Around
from strongroom_sim.bench import bench
from strongroom_sim.far import LARGEST

WATCH_MS = 500


class Near:
    """Answers the board's questions: each is a method of `machine`, or of the board's surroundings."""

    def __init__(self, around):
        self._around = around
        self._pins = {}
        self._i2c = {}
        self._spi = {}
        self._uart = {}

    def answer(self, letter, a, b, data):
        """Return the answer's bytes; OSError is an answer too."""
        act = _ANSWERS[letter]
        return act(self, a, b, data) or b""

    def _pin(self, number):
        if number not in self._pins:
            self._pins[number] = machine.Pin(number)
        return self._pins[number]

    def configure(self, number, mode, data):
        """Set a pin's mode; data: pull + 1, and the value + 1 or 0 for none."""
        pull = None if data[0] == 255 else data[0] - 1
        value = None if not data[1] else data[1] - 1
        self._pin(number).init(mode if mode else -1, pull, value=value)

    def level(self, number, _b, _data):
        """Return a pin's level."""
        return bytes((self._pin(number).value(),))

    def drive(self, number, level, _data):
        """Set a pin."""
        self._pin(number).value(level)

    def open_i2c(self, bus, _b, data):
        """Let a controller take its pins over."""
        scl, sda = self._pin(data[0]), self._pin(data[1])
        self._i2c[bus] = machine.I2C(bus, scl=scl, sda=sda)

    def write_i2c(self, bus, address, data):
        """Write to a chip."""
        self._i2c[bus].writeto(address, data)

    def read_i2c(self, bus, address, data):
        """Read from a chip."""
        return self._i2c[bus].readfrom(address, data[0])

    def xfer(self, bus, _b, data):
        """Exchange bytes with the chip that is selected."""
        if bus not in self._spi:
            self._spi[bus] = machine.SPI(bus)
        answer = bytearray(len(data))
        self._spi[bus].write_readinto(data, answer)
        return answer

    def open_uart(self, number, _b, data):
        """Open a serial port."""
        baud, size = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:], "little")
        self._uart[number] = machine.UART(number, baud, rxbuf=size)

    def read_uart(self, number, _b, _data):
        """Return what has arrived."""
        return self._uart[number].read(LARGEST)

    def write_uart(self, number, _b, data):
        """Send."""
        self._uart[number].write(data)

    def start_watchdog(self, _a, _b, data):
        """Start the watchdog."""
        machine.WDT(timeout=int.from_bytes(data, "little"))

    def feed(self, _a, _b, _data):
        """Feed the watchdog; a late feed is told by `news`."""
        now = bench.now_ms()
        if not bench.wdt.overdue(now):
            bench.wdt.fed_at = now

    def news(self, _a, _b, _data):
        """Return what has come up for the board."""
        return " ".join(self._around.news()).encode()

    def network(self, _a, _b, _data):
        """Return whether the cable is whole."""
        return bytes((bench.air.up,))

    def set_clock(self, _a, _b, data):
        """Set the board's clock."""
        machine.RTC().datetime([int(number) for number in data.decode().split(",")])

    def wall(self, _a, _b, _data):
        """Return the board's clock."""
        return bench.wall_ms().to_bytes(8, "little")


_ANSWERS = {
    "P": Near.configure,
    "L": Near.level,
    "D": Near.drive,
    "I": Near.open_i2c,
    "W": Near.write_i2c,
    "R": Near.read_i2c,
    "X": Near.xfer,
    "U": Near.open_uart,
    "u": Near.read_uart,
    "w": Near.write_uart,
    "O": Near.start_watchdog,
    "F": Near.feed,
    "!": Near.news,
    "N": Near.network,
    "T": Near.wall,
    "C": Near.set_clock,
}


def serve(directory, questions, answers, pid):
    """Move and answer until the board, process `pid`, asks no more."""
    with open(directory + "/node.json") as file:
        settings = json.load(file)
    around = Around(directory, settings, pid)
    near = Near(around)
    questions, answers = open(questions, "rb"), open(answers, "wb")
    lines = sys.stdin.buffer
    poll = select.poll()
    poll.register(questions, select.POLLIN)
    poll.register(lines, select.POLLIN)
    while True:
        for stream, _ in poll.poll(WATCH_MS):
            if stream is lines:
                line = lines.readline()
                if not line:
                    poll.unregister(lines)
                around.act(line)
                continue
            head = questions.read(5)
            if len(head) < 5:
                return
            size = head[3] | head[4] << 8
            data = questions.read(size) if size else b""
            number, answer = 0, b""
            try:
                answer = near.answer(chr(head[0]), head[1], head[2], data)
            except OSError as error:
                number = error.errno
            answers.write(bytes((number, len(answer) & 255, len(answer) >> 8)) + answer)
