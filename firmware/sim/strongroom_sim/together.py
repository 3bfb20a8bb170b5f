"""An emulated board with its chips in one process. CPython only: it has no small heap to keep clean."""

import asyncio
import json
import os
import sys

from strongroom_sim import board
from strongroom_sim.around import Around
from strongroom_sim.bench import bench
from strongroom_sim.wire import Wire


def prepare(directory):
    """Return runner, wire, oracle, the function of the wall clock and the coroutine that reads the input."""
    with open(directory + "/node.json") as file:
        around = Around(directory, json.load(file), os.getpid())
    wire = Wire(lambda: bench.air.up)
    runner = board.Runner(directory, around, wire)
    bench.reset_cause = board.take_reset_cause(directory)
    bench.on_reset = runner.reset
    return runner, wire, board.Oracle(directory), bench.wall_ms, _obey(around)


async def _obey(around):
    """Carry out one line of the input after the other."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    line = b"-"
    while line:
        line = await reader.readline()
        around.act(line)
