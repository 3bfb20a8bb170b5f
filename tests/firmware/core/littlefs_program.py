"""Runs under MicroPython: power cut at every single write and erase of real littlefs, then a look at what is left.

Prints one JSON line. `cost` instead counts erases and bytes written for records kept in different ways.
"""

import json
import sys

import vfs
from strongroom_node import segments
from strongroom_node.config_store import ConfigStore
from strongroom_node.errors import StoreError
from strongroom_node.ids import next_boot
from strongroom_node.outbox import Outbox
from strongroom_node.store import FileStore

BLOCK = 4096
EIO = 5
ERASED = b"\xff" * BLOCK
TUNING = {
    "progsize": 128,
    "readsize": 128,
    "lookahead": 32,
}  # a cache of 512 bytes: so much fits into the folder
TAG = {
    "reader": "desk",
    "id": "04aabbccddeeff",
    "act": "seen",
    "tech": "hf",
    "ant": None,
    "rssi": None,
    "n": 1,
    "span": 0,
}


class Flash:
    """A block device in RAM that counts, and that loses its power in the middle of operation `cut`.

    Without power every operation fails, and none allocates: an unclosed file's finaliser may be the caller, and the
    heap is locked then.
    """

    def __init__(self, blocks, image=None):
        self.image = bytearray(image if image is not None else blocks * BLOCK)
        self.cut = 0  # 0: power stays
        self.dead = False
        self.steps = self.erases = self.written = 0

    def readblocks(self, block, buffer, offset=0):
        if self.dead:
            return -EIO
        start = block * BLOCK + offset
        buffer[:] = memoryview(self.image)[start : start + len(buffer)]
        return 0

    def writeblocks(self, block, buffer, offset=0):
        if self.dead:
            return -EIO
        length = len(buffer)
        if self._last_step():
            length //= 2  # torn: only a part arrives
        start = block * BLOCK + offset
        self.image[start : start + length] = memoryview(buffer)[:length]
        self.written += length
        return -EIO if self.dead else 0

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.image) // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            if self.dead:
                return -EIO
            length = BLOCK // 2 if self._last_step() else BLOCK
            self.image[arg * BLOCK : arg * BLOCK + length] = ERASED[:length]
            self.erases += 1
            return -EIO if self.dead else 0
        return 0

    def _last_step(self):
        self.steps += 1
        self.dead = self.steps == self.cut
        return self.dead


def mounted(flash):
    """Mount a flash at /f and return its stores: the node's and the outbox's."""
    vfs.mount(vfs.VfsLfs2(flash, **TUNING), "/f")
    return FileStore("/f/s"), FileStore("/f/q")


class Life:
    """What was promised before the power went."""

    def __init__(self):
        self.boots = []
        self.accepted = []
        self.acked = 0
        self.versions = [0]
        self.done = False


def live(flash, life):
    """A few minutes of a node: boot, events alone and in bursts, readings, an ack, a configuration."""
    store, queue = mounted(flash)
    boot = next_boot(store)
    life.boots.append(boot)
    mono = [0]

    def stamp():
        mono[0] += 1
        return mono[0], None, "none"

    def accept(lane, boot, seq, kind, at):
        if lane == "event":
            life.accepted.append((boot, seq))

    outbox = Outbox(queue, boot, stamp, ram_bytes=400, on_accept=accept)
    for _n in range(14):
        outbox.add("event", "tag", TAG)
        outbox.add("telemetry", "climate", {"sensor": "t1", "t": 20.5, "rh": 50.25})
    outbox.add_many("event", [("tag", TAG)] * 5)
    life.versions.append(1)
    ConfigStore(store).accept({"version": 1, "devices": []})
    life.acked = 13
    outbox.ack("event", boot, 13)
    outbox.add("event", "tag", TAG)
    life.versions.append(2)
    ConfigStore(store).accept({"version": 2, "devices": []})
    life.versions = [2]
    life.done = True


def look(flash, life):
    """What a new boot finds; returns what is wrong, None when all is well."""
    store, queue = mounted(flash)
    boot = next_boot(store)
    if life.boots and boot <= life.boots[-1]:
        return "boot %d came again" % boot
    config = ConfigStore(store).current()
    version = config["version"] if config else 0
    if version not in life.versions[-2:]:
        return "configuration %d of %r" % (version, life.versions)
    outbox = Outbox(queue, boot, lambda: (0, None, "none"))
    there = {}
    while True:
        batch = outbox.next_batch(8)
        if not batch:
            break
        for lane, of_boot, seq, _kind, payload in batch:
            record = json.loads(payload)
            if record["seq"] != seq or record["boot"] != of_boot:
                return "torn record"
            there[(lane, of_boot, seq)] = True
    if outbox.dropped != {"event": 0, "telemetry": 0}:
        return "torn segment: %r" % outbox.dropped
    for of_boot, seq in life.accepted:
        if seq > life.acked and ("event", of_boot, seq) not in there:
            return "event %d of boot %d is gone" % (seq, of_boot)
    try:
        outbox.add("event", "tag", TAG)
    except StoreError as error:
        return "cannot go on: %s" % error
    return None


def every_cut():
    """Cut at step 1, 2, 3 ... of a whole life, until a life passes without one."""
    blank = Flash(64)
    vfs.VfsLfs2.mkfs(blank, **TUNING)
    wrong, cut = [], 0
    while True:
        cut += 1
        flash, life = Flash(64, blank.image), Life()
        flash.cut = cut
        try:
            live(flash, life)
        except (OSError, StoreError):
            pass
        umount()
        fault = look(Flash(64, flash.image), life)
        umount()
        if fault:
            wrong.append([cut, fault])
        if life.done:
            return {"cuts": cut - 1, "wrong": wrong[:10], "accepted": len(life.accepted)}


def umount():
    try:
        vfs.umount("/f")
    except OSError:  # the power went before it was mounted
        pass


def cost(records):
    """Erases and bytes for `records` events kept while nobody acknowledges, by how they are written."""
    figures = {}
    for way in ("a file each", "rewritten segment", "outbox"):
        flash = Flash(256)
        vfs.VfsLfs2.mkfs(flash, **TUNING)
        _, queue = mounted(flash)
        flash.erases = flash.written = payload = 0
        outbox = Outbox(queue, 1, lambda: (0, None, "none")) if way == "outbox" else None
        lines = b""
        for n in range(records):
            text = segments.line(n, "tag", json.dumps(TAG).encode() + b" " * 60)
            payload += len(text)
            if way == "a file each":
                queue.write(f"{n:08}.q", text)
            elif way == "outbox":
                outbox.add("event", "tag", TAG)
            else:
                lines = text if len(lines) + len(text) > 4096 else lines + text
                queue.write(f"{n // 20:08}.q", lines)
        figures[way] = {"erases": flash.erases, "written": flash.written, "payload": payload}
        umount()
    return figures


print(json.dumps(cost(int(sys.argv[2])) if sys.argv[1] == "cost" else every_cut()))
