"""A node's life on a virtual clock: days of readings, events and broken connections in seconds.

The first line of stdin is a JSON object: folder, days, seed, last_id (of the MQTT client's packets).
Prints one line a virtual day, and at the end what came of it.
"""

import json
import sys

MICROPYTHON = sys.implementation.name == "micropython"
TICKS = 2**30 - 7200000  # the ticks wrap two hours after the start
WALL = 1800000000000
DAY_MS = 86400000
if MICROPYTHON:
    import time

    time.start(TICKS, WALL)

import asyncio  # noqa: E402 - the clock must be set first
import gc  # noqa: E402 - the clock must be set first
import random  # noqa: E402 - the clock must be set first

from fake_board import FakeBoard  # noqa: E402 - the clock must be set first
from memory_room import MemoryRoom  # noqa: E402 - the clock must be set first
from strongroom_node import dial  # noqa: E402 - the clock must be set first
from strongroom_node.app import Node  # noqa: E402 - the clock must be set first
from strongroom_node.compat import sleep_ms, ticks_ms  # noqa: E402 - the clock must be set first

READING_MS = 30000
EVENT_MS = 300000


class Room(MemoryRoom):
    """The gateway's side of the soak."""

    node = None
    lost = 0
    anchors = 0

    def look(self, lane, kind, record):
        """Every record must say what was put into it: its own number."""
        if kind == "input" and record["value"] != record["seq"]:
            self.wrong.append("event %d says %s" % (record["seq"], record["value"]))
        if kind == "node":
            self.lost += record["what"] == "outbox.dropped"
            self.anchors += record["what"] == "clock.anchor"
        if record["clk"] == "gateway" and abs(record["ts"] - record["mono"] - WALL) > 20000:
            self.wrong.append("clock off by %d" % (record["ts"] - record["mono"] - WALL))

    def answer_time(self, info):
        """Tell the time, as a gateway that listens would."""
        if self.acking:
            body = {"id": "t%d" % info["mono"], "mono": info["mono"], "ts": WALL + elapsed()}
            self.say("command/clock", body)


def elapsed():
    """Return the virtual ms since the start."""
    if MICROPYTHON:
        return time.elapsed()
    from strongroom_sim import virtual

    return virtual.elapsed_ms()


async def sense(node, beat):
    """Two sensors and a door."""
    passed = 0
    while True:
        await sleep_ms(5000)
        passed += 5000
        beat()
        if passed % READING_MS == 0:
            for sensor in ("t1", "t2"):
                node.measure("climate", {"sensor": sensor, "t": 20.25, "rh": 45.5})
        if passed % EVENT_MS == 0:
            node.emit("input", {"input": "door", "on": True, "value": node.next_event})


async def trouble(room, dice):
    """Everything a year has to offer, every few hours."""
    while True:
        await sleep_ms(int(dice.random() * 3 * 3600000))
        what = int(dice.random() * 6)
        length = int(dice.random() * 900000)
        if what == 0:
            room.cut()
        elif what == 1:
            room.go_silent()
            await sleep_ms(length)
            room.silent = False
            room.cut()
        elif what == 2:
            room.refusing = True
            room.cut()
            await sleep_ms(length)
            room.refusing = False
        elif what == 3:
            room.session = False
            room.cut()
        elif what == 4:
            room.acking = False
            await sleep_ms(length * 4)
            room.acking = True
            room.changed = True
        else:
            for _ in range(10):
                room.cut()
                await sleep_ms(5000)


async def acknowledge(room):
    """A gateway that commits every two seconds."""
    while True:
        await sleep_ms(2000)
        room.acknowledge()


def heap():
    """Return the bytes in use; on CPython, the number of objects."""
    gc.collect()
    return gc.mem_alloc() if MICROPYTHON else len(gc.get_objects())


def day(number, room, node, heaps, events):
    """Print what a day brought."""
    line = {
        "step": "day",
        "day": number,
        "records": room.records,
        "copies": room.copies,
        "dups": room.dups,
        "connects": room.connects,
        "resumed": room.resumed,
        "id_wraps": room.id_wraps,
        "wrong": room.wrong[:5],
        "heap": heaps,
        "events": events,
    }
    print(json.dumps(line))


async def main():
    """Live."""
    task = json.loads(sys.stdin.readline())
    dice = random
    dice.seed(task["seed"])
    settings = {"room": "r1", "node": "n1", "devices": []}
    settings["broker"] = {"host": "memory", "port": 1}
    room = Room("strongroom/v1/r1/n1")
    dial.dialer = lambda host, port, tls: room.dial
    counts = {"event": 0, "telemetry": 0}

    def accepted(lane, boot, seq, kind, mono):
        counts[lane] = seq
        if lane == "event":
            node_holder[0].next_event = seq + 1

    node_holder = [FakeNode()]
    board = FakeBoard(task["folder"], settings)
    node = Node(board, settings, on_accept=accepted)
    node.next_event = node_holder[0].next_event
    node_holder[0] = node
    code = heap()
    node.supervisor.spawn("sense", lambda beat: sense(node, beat), 30000)
    jobs = [node.run(), trouble(room, dice), acknowledge(room)]
    jobs = [asyncio.create_task(job) for job in jobs]
    last_id = task.get("last_id")
    heaps = []
    for number in range(task["days"]):
        for _ in range(24):
            await sleep_ms(3600000)
            if last_id and node.link.connected:
                node.link._client._last_id = last_id
                last_id = None
            if not any(node.outbox.counts().values()):
                heaps.append(heap())
        day(number + 1, room, node, [min(heaps), max(heaps), len(heaps)] if heaps else [], counts)
        heaps = []
    jobs[1].cancel()
    room.refusing = room.silent = False
    room.acking = room.changed = True
    room.cut()
    for _ in range(3600):
        await sleep_ms(1000)
        # Two looks: the second at what came meanwhile.
        if not any(node.outbox.counts().values()):
            break
    left = node.outbox.counts()
    end = {
        "step": "end",
        "left": left,
        "accepted": counts,
        "high": [[lane, high] for (lane, _), high in room.high.items()],
        "beyond": sum(len(seqs) for seqs in room.beyond.values()),
        "wrong": room.wrong[:5],
        "reported_lost": room.lost,
        "anchors": room.anchors,
        "dropped": node.outbox.dropped,
        "ticks": ticks_ms(),
        "feeds": board.dog.feeds,
        "code": code,
    }
    print(json.dumps(end))


class FakeNode:
    """Stands in for the node while it is made."""

    next_event = 1


if MICROPYTHON:
    asyncio.run(main())
else:
    from strongroom_sim import virtual

    virtual.run(main(), TICKS, WALL)
