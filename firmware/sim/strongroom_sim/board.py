"""One emulated board: the real firmware on emulated chips, moved by lines on standard input.

    python -m strongroom_sim.board DIR          micropython -m strongroom_sim.board DIR

DIR holds node.json, flash/ which outlives the board, and, where somebody wrote it, surroundings.jsonl
with what stands around the board before it starts. Each line in is one stimulus,
{"dev": "t1", "do": "set", "with": {"t": 20.1, "rh": 50}}; device "board" is the board itself:

    network_cut {"on": true, "how": "stall" or "reset"}    power_cut {}    clock_set {}
    clock_unset {}    heap {}    heap_full {"ms": 1000}

Each line out says what came of it: {"out": "accepted", ...} once a record is safely in the outbox,
{"out": "pin", ...} when an output changes, {"out": "log", ...}. Accepted records are also appended to
DIR/accepted.jsonl, one write each, so that what was promised is known after a kill -9. The board
ends with its input.

Under MicroPython the chips are in a process of their own (far.py), so that the heap holds the node.
"""

import asyncio
import gc
import json
import os
import sys
import time

from strongroom_node.compat import IS_MICROPYTHON, forget

WATCH_MS = 100
EXIT_RESET = 75


def say(**fields):
    """Write one line out, in one piece."""
    sys.stdout.write(json.dumps(fields) + "\n")
    if not IS_MICROPYTHON:
        sys.stdout.flush()


class Oracle:
    """What the firmware accepted, written down outside of the firmware."""

    def __init__(self, directory):
        # Unbuffered: a record is in the file when `write` returns, whatever kills this process
        # next.
        path = directory + "/accepted.jsonl"
        self._file = open(path, "ab") if IS_MICROPYTHON else open(path, "ab", buffering=0)
        self._file.write(b"\n")  # ends the line a kill may have torn

    def accepted(self, lane, boot, seq, kind, mono):
        """Take note of one record; called right after the outbox has it."""
        try:
            self._note(lane, boot, seq, kind, mono)
        except MemoryError:  # the node's heap is no reason to know less about it
            gc.collect()
            self._note(lane, boot, seq, kind, mono)

    def _note(self, lane, boot, seq, kind, mono):
        line = (
            '{"out": "accepted", "lane": "%s", "boot": %d, "seq": %d, "kind": "%s", "mono": %d}\n'
        )
        line = line % (lane, boot, seq, kind, mono)
        self._file.write(line.encode())
        if IS_MICROPYTHON:
            self._file.flush()
        sys.stdout.write(line)
        if not IS_MICROPYTHON:
            sys.stdout.flush()


class Runner:
    """The board's own side: firmware, cable, reset. `outside` has its news (around.Around, far.Far)."""

    def __init__(self, directory, outside, wire):
        self.directory = directory
        self._outside = outside
        self._wire = wire
        self.wall_ms = None
        self.emulation = 0
        self._held = None  # what fills the heap: (what filled it before, some bytes)
        self._held_until = 0

    async def run(self, firmware, orders=None):
        """Run the firmware until the input ends; the firmware itself never does.

        orders  coroutine that reads the input in this process
        """
        node = asyncio.create_task(firmware())
        reading = asyncio.create_task(orders) if orders is not None else None
        while not node.done():
            if reading is not None and reading.done():
                await reading  # raises what ended it
            try:
                for word in self._outside.news():
                    if word == "end":
                        return
                    self._obey(word)
            except MemoryError:  # the node's business: it is to live on
                pass
            await asyncio.sleep(WATCH_MS / 1000)
            if self._held and time.time() >= self._held_until:
                self._held = None
                say(out="heap_free")
        await node  # raises what ended it

    def _obey(self, word):
        if word == "watchdog":
            self.reset("watchdog")
        if word == "hang_up":
            self._wire.hang_up()
        if word == "heap":
            used = allocated()
            say(out="heap", emulation=self.emulation, node=used - self.emulation)
        if word.startswith("heap_full:"):
            self._held_until = time.time() + int(word[10:]) / 1000
            say(out="heap_full")
            self._hold()

    def _hold(self):
        """Take the heap in pieces, and leave the last and smallest of them free."""
        gc.collect()
        size = 2048
        while size >= 64:
            try:
                self._held = (self._held, bytearray(size))
            except MemoryError:
                size //= 2
        for _ in range(8):
            self._held = self._held[0]

    def reset(self, cause):
        """Do what a reset of the chip does: the next start knows the cause."""
        with open(self.directory + "/reset-cause", "w") as file:
            file.write(cause)
        with open(self.directory + "/rtc-kept", "w") as file:
            file.write(str(self.wall_ms() - time.time_ns() // 1000000))
        say(out="log", level="info", text="board reset: " + cause)
        if IS_MICROPYTHON:
            raise SystemExit(EXIT_RESET)
        os._exit(EXIT_RESET)


def take_reset_cause(directory):
    """Return the cause of this start, which counts once."""
    path = directory + "/reset-cause"
    try:
        with open(path) as file:
            cause = file.read()
    except OSError:
        return "power"
    os.remove(path)
    return cause


def allocated():
    """Return the bytes of the heap in use."""
    gc.collect()
    return gc.mem_alloc()


def main(directory, ways=None):
    """Run the board in `directory`, or its chips when `ways` says through what they are asked."""
    if ways is not None:
        from strongroom_sim import near

        near.serve(directory, *[int(number) for number in ways.split()])
        return
    if IS_MICROPYTHON:
        from strongroom_sim.apart import prepare
    else:
        from strongroom_sim.together import prepare
    runner, wire, oracle, wall_ms, orders = prepare(directory)
    del prepare
    forget("strongroom_sim.apart")
    from strongroom_node import compat, dial

    dial.dialer = wire.wrap(dial.dialer)
    compat.wall_ms = runner.wall_ms = wall_ms  # the board's clock, not this machine's
    from strongroom_esp32.hal import Board
    from strongroom_node import app

    board = Board(settings=directory + "/node.json", flash=directory + "/flash")
    node = app.Node(board, board.settings(), on_accept=oracle.accepted)
    asyncio.run(runner.run(node.run, orders))


if __name__ == "__main__":
    main(*sys.argv[1:])
