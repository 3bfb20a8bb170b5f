"""Runs a whole node without chips, under either interpreter; it emits what the test asks for.

The first line of stdin is a JSON object: folder (its flash), settings (node.json), cause, and work, a
list of [pause in ms, lane, kind, fields, times]. Prints accepted records, "emitted" when the work is
done or a file called <folder>.enough exists, "drained" each time the outbox is empty after that, pins
and resets.
"""

import asyncio
import json
import os
import sys

from fake_board import FakeBoard
from strongroom_node.app import Node
from strongroom_node.compat import sleep_ms


def say(step, **fields):
    """Print a line."""
    fields["step"] = step
    print(json.dumps(fields))
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


def accepted(lane, boot, seq, kind, mono):
    """Print what the outbox took."""
    say("accepted", lane=lane, boot=boot, seq=seq, kind=kind, mono=mono)


def exists(path):
    """Whether there is such a file."""
    try:
        os.stat(path)
    except OSError:
        return False
    return True


async def work(node, items, enough):
    """Emit, until the test has seen enough."""
    count = 0
    for pause, lane, kind, fields, times in items:
        for _ in range(times):
            if exists(enough):
                break
            (node.emit if lane == "event" else node.measure)(kind, fields)
            count += 1
            await sleep_ms(pause)
    say("emitted", count=count, loop=node.supervisor.worst_gap)
    was = None
    while True:
        counts = node.outbox.counts()
        if counts != was and not counts["event"] and not counts["telemetry"]:
            say("drained")
        was = counts
        await sleep_ms(20)


def leave():
    """End at once, as a reset does."""
    say("reset")
    if not hasattr(os, "_exit"):
        raise SystemExit
    os._exit(0)


async def main():
    """Run until somebody kills this, or the board resets."""
    task = json.loads(sys.stdin.readline())
    board = FakeBoard(task["folder"], task["settings"], task.get("cause", "power"))
    board.on_reset = leave
    node = Node(board, board.settings(), on_accept=accepted)
    working = work(node, task["work"], task["folder"] + ".enough")
    jobs = [asyncio.create_task(node.run()), asyncio.create_task(working)]
    say("ready", boot=node.boot, config=node.version, safe=node.safe)
    levels = {}
    while not jobs[0].done():
        for number, pin in board.pins.items():
            if levels.get(number, 0) != len(pin.levels):
                levels[number] = len(pin.levels)
                say("pin", pin=number, level=pin.levels[-1])
        await sleep_ms(5)


asyncio.run(main())
