"""Starts an emulated board whose chips are in a process of their own (far.py). MicroPython only."""

import sys
from array import array

import ffi
import uctypes

from strongroom_sim import board, wiring
from strongroom_sim.far import Far

CHIPS_HEAP = "1024wK"
CAUSES = ("power", "hard", "watchdog", "deepsleep", "soft")  # as `machine` numbers them, from 1


def prepare(directory):
    """Return runner, wire, oracle, the function of the wall clock, and None: the input is read there."""
    before = board.allocated()
    far = split(directory)
    sys.path[:] = [place + "/far" if place.endswith("/fake") else place for place in sys.path]
    import machine
    import network  # noqa: F401 - the emulated chip's own module, loaded here to be measured

    from strongroom_sim.wire import Wire

    wire = Wire(far.is_up)
    runner = board.Runner(directory, far, wire)
    machine.cause = CAUSES.index(board.take_reset_cause(directory)) + 1
    machine.on_reset = runner.reset
    oracle = board.Oracle(directory)
    runner.emulation = board.allocated() - before
    return runner, wire, oracle, far.wall_ms, None


def split(directory):
    """Leave bench and chips to a process of their own and return the way to it."""
    libc = ffi.open(None)
    there, back = _pipe(libc), _pipe(libc)
    pid = libc.func("i", "getpid", "")()
    close = libc.func("i", "close", "i")
    if not libc.func("i", "fork", "")():
        close(there[1])
        close(back[0])
        _become(libc, "%d %d %d" % (there[0], back[1], pid))
    close(there[0])
    close(back[1])
    wiring.far = Far(there[1], back[0])
    return wiring.far


def _become(libc, ways):
    """Run the command of this process once more, with room for chips, and told what to talk through."""
    with open("/proc/self/cmdline") as file:
        words = file.read().split("\0")[:-1]
    words[words.index("-X") + 1] = "heapsize=" + CHIPS_HEAP
    words.append(ways)
    texts = [word.encode() + b"\0" for word in words]
    where = array("Q", [uctypes.addressof(text) for text in texts] + [0])
    libc.func("i", "execv", "sp")("/proc/self/exe", where)
    raise SystemExit(1)


def _pipe(libc):
    ends = array("i", (0, 0))
    if libc.func("i", "pipe", "p")(ends):
        raise OSError(24)
    return ends
