"""One emulated board: the real firmware on emulated chips, moved by lines on standard input.

    python -m strongroom_sim.board DIR          micropython -m strongroom_sim.board DIR

DIR holds node.json, flash/ which outlives the board, and, where somebody wrote it, surroundings.jsonl
with what stands around the board before it starts. Each line in is one stimulus,
{"dev": "t1", "do": "set", "with": {"t": 20.1, "rh": 50}}; device "board" is the board itself:

    network_cut {"on": true, "how": "stall" or "reset"}    power_cut {}    clock_set {}
    clock_unset {}

Each line out says what came of it: {"out": "accepted", ...} once a record is safely in the outbox,
{"out": "pin", ...} when an output changes, {"out": "log", ...}. Accepted records are also appended to
DIR/accepted.jsonl, one write each, so that what was promised is known after a kill -9. The board
ends with its input.
"""

import asyncio
import gc
import json
import os
import sys
import time

from strongroom_sim.bench import EXIT_RESET, MICROPYTHON, bench
from strongroom_sim.solder import solder
from strongroom_sim.wire import Wire

WATCH_MS = 100
BATTERY = "rtc-battery"


def say(**fields):
    """Write one line out."""
    print(json.dumps(fields))
    if not MICROPYTHON:
        sys.stdout.flush()


class Oracle:
    """What the firmware accepted, written down outside of the firmware."""

    def __init__(self, directory):
        # Unbuffered: a record is in the file when `write` returns, whatever kills this process
        # next.
        path = directory + "/accepted.jsonl"
        self._file = open(path, "ab") if MICROPYTHON else open(path, "ab", buffering=0)
        self._file.write(b"\n")  # ends the line a kill may have torn

    def accepted(self, lane, boot, seq, kind, mono):
        """Take note of one record; called right after the outbox has it."""
        fields = {
            "out": "accepted",
            "lane": lane,
            "boot": boot,
            "seq": seq,
            "kind": kind,
            "mono": mono,
        }
        self._file.write((json.dumps(fields) + "\n").encode())
        if MICROPYTHON:
            self._file.flush()
        say(**fields)


class Runner:
    """A board with its chips and its way in and out."""

    def __init__(self, directory):
        with open(directory + "/node.json") as file:
            self.settings = json.load(file)
        self.directory = directory
        bench.clear()
        bench.reset_cause = self._take_reset_cause()
        bench.on_reset = self._reset
        if BATTERY in os.listdir(directory):
            bench.set_wall(time.time_ns() // 1000000)
        self.wire = Wire()
        self.emulation = 0
        self.devices = solder(self.settings["devices"], self.settings["board"])
        self.devices["board"] = self
        self._listen_to_outputs()

    def do_network_cut(self, on=True, how="stall"):
        """Cut the network cable, or mend it."""
        self.wire.do_network_cut(on, how)

    def do_power_cut(self):
        """End like a board without power: at once, with nothing tidied up."""
        self._kill_self()

    def do_heap(self):
        """Say how many bytes of the heap are in use, by the node and by the emulation.
        MicroPython only."""
        say(out="heap", emulation=self.emulation, node=_allocated() - self.emulation)

    def do_clock_set(self):
        """Give the board a clock with a battery: from its next start it knows the time."""
        with open(self.directory + "/" + BATTERY, "w"):
            pass

    def do_clock_unset(self):
        """Take the battery out: from its next start the board believes it is the year 2000."""
        if BATTERY in os.listdir(self.directory):
            os.remove(self.directory + "/" + BATTERY)

    async def obey(self):
        """Carry out one line after the other until the input ends."""
        lines = await _input()
        while True:
            line = await lines.readline()
            if not line:
                return
            self._act(line)

    def look_around(self):
        """Take in what stands around the board before the firmware starts."""
        try:
            with open(self.directory + "/surroundings.jsonl", "rb") as lines:
                for line in lines:
                    self._act(line)
        except OSError:
            pass  # a board on a bare bench

    def _act(self, line):
        order = json.loads(line)
        device = self.devices.get(order["dev"])
        act = getattr(device, "do_" + order["do"], None)
        if act is None:
            say(out="log", level="error", text="no such stimulus: %s" % line.decode().strip())
        else:
            act(**order.get("with", {}))

    async def watch(self):
        """Do what the chip's own watchdog does when nobody feeds it."""
        while True:
            await asyncio.sleep(WATCH_MS / 1000)
            if bench.wdt.overdue(bench.now_ms()):
                bench.reset("watchdog")

    async def run(self, firmware):
        """Run the firmware until the input ends; the firmware itself never does."""
        watch = asyncio.create_task(self.watch())
        node = asyncio.create_task(firmware())
        orders = asyncio.create_task(self.obey())
        while not (orders.done() or node.done() or watch.done()):
            await asyncio.sleep(WATCH_MS / 1000)
        for task in (node, watch):
            if task.done():
                await task  # raises what ended it

    def _take_reset_cause(self):
        path = self.directory + "/reset-cause"
        try:
            with open(path) as file:
                cause = file.read()
        except OSError:
            return "power"
        os.remove(path)
        return cause

    def _reset(self, cause):
        with open(self.directory + "/reset-cause", "w") as file:
            file.write(cause)
        say(out="log", level="info", text="board reset: " + cause)
        _leave(EXIT_RESET)

    def _kill_self(self):
        if MICROPYTHON:
            import ffi

            libc = ffi.open(None)
            libc.func("i", "kill", "ii")(libc.func("i", "getpid", "")(), 9)
        else:
            os.kill(os.getpid(), 9)

    def _listen_to_outputs(self):
        for device in self.settings["devices"]:
            for role in ("pin", "led"):
                if device["type"] in ("relay", "signal") and role in device:
                    bench.pins[device[role]].listen(_reporter(device["id"], role))


def _reporter(device, role):
    def report(pin, level):
        say(out="pin", pin=pin, level=level, dev=device, role=role)

    return report


def _leave(status):
    if MICROPYTHON:
        raise SystemExit(status)
    sys.stdout.flush()
    os._exit(status)


async def _input():
    if MICROPYTHON:
        return asyncio.StreamReader(sys.stdin.buffer)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _allocated():
    gc.collect()
    return gc.mem_alloc()


def main(directory, allocated=None):
    """Run the board in `directory`; `allocated` is what the heap held before the emulation was
    loaded."""
    runner = Runner(directory)
    runner.look_around()
    import machine  # noqa: F401 - the emulated chip's own module, loaded here to be measured
    import network  # noqa: F401

    if allocated is not None:
        runner.emulation = _allocated() - allocated
    from strongroom_node import compat, dial

    dial.dialer = runner.wire.wrap(dial.dialer)
    compat.wall_ms = bench.wall_ms  # the board's clock, not this machine's
    from strongroom_esp32.hal import Board
    from strongroom_node import app

    board = Board(settings=directory + "/node.json", flash=directory + "/flash")
    oracle = Oracle(directory)
    node = app.Node(board, board.settings(), on_accept=oracle.accepted)
    asyncio.run(runner.run(node.run))


if __name__ == "__main__":
    main(sys.argv[1])
