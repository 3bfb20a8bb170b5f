"""A board whose chips are in another process, as those of a real board are in other cases. MicroPython
only.

The heap of an emulated board is to be that of an ESP32, and no chip of a real board lives in it. So
the process that was started runs the firmware, and a child that it starts before anything is loaded
(apart.py) has bench and chips (near.py). `machine` and `network` of fake/far ask the child about every
pin and byte and wait for its answer.

    question  one letter, two bytes, the length of what follows (two bytes, low first), and that
    answer    0 or the errno of the OSError to raise, the length (two bytes), and that

The child ends when its questions end, however the board has ended.
"""

LARGEST = 768


class Far:
    """The board's end of the two pipes."""

    def __init__(self, questions, answers):
        self._questions = open(questions, "wb")
        self._answers = open(answers, "rb")
        self._buffer = memoryview(bytearray(LARGEST))
        self._head = bytearray(5)

    def ask(self, letter, a=0, b=0, data=b""):
        """Return the bytes of the answer; OSError when the answer is one."""
        size = len(data)
        # In buffers that are there: a full heap must not stop this half-way, and a pin needs no heap.
        head, buffer = self._head, self._buffer
        head[0], head[1], head[2], head[3], head[4] = ord(letter), a, b, size & 255, size >> 8
        self._questions.write(head)
        if size:
            self._questions.write(data)
        self._take(3)
        number, size = buffer[0], buffer[1] | buffer[2] << 8
        if size:
            self._take(size)
        if number:
            raise OSError(number)
        return bytes(buffer[:size]) if size else b""

    def _take(self, size):
        if self._answers.readinto(self._buffer, size) < size:
            raise SystemExit(1)  # it has said why

    def news(self):
        """Return what has come up for the board since the last call: see around.py."""
        return self.ask("!").decode().split()

    def is_up(self):
        """Return whether the network cable is whole."""
        return bool(self.ask("N")[0])

    def wall_ms(self):
        """Return the board's own clock, Unix ms."""
        return int.from_bytes(self.ask("T"), "little")
