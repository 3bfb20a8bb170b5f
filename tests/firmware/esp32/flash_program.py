"""Runs under MicroPython: a littlefs as the ESP32 mounts it, mounted anew by the node. Prints one JSON line."""

import json
import sys

import vfs
from strongroom_esp32.flash import remount

BLOCK = 4096


class Flash:
    """A block device in RAM that counts its erases and the shortest write."""

    def __init__(self, blocks):
        self.image = bytearray(blocks * BLOCK)
        self.erases = 0
        self.shortest = BLOCK

    def readblocks(self, block, buffer, offset=0):
        start = block * BLOCK + offset
        buffer[:] = memoryview(self.image)[start : start + len(buffer)]
        return 0

    def writeblocks(self, block, buffer, offset=0):
        start = block * BLOCK + offset
        self.image[start : start + len(buffer)] = buffer
        self.shortest = min(self.shortest, len(buffer))
        return 0

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.image) // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            self.erases += 1
        return 0


def put(name, size):
    """Keep a small file the way the node's store does."""
    with open("/f/" + name + "~", "wb") as file:
        file.write(b"x" * size)
    import os

    os.rename("/f/" + name + "~", "/f/" + name)


def content(name):
    """Return a file's bytes."""
    with open("/f/" + name, "rb") as file:
        return file.read()


def littlefs():
    """Count for small files before and after."""
    flash = Flash(64)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/f")  # as the port's own start does it
    put("old", 100)
    put("large", 9000)
    figures = {}
    for name in ("before", "after"):
        flash.erases, flash.shortest = 0, BLOCK
        for n in range(60):
            put("e%02d" % (n % 8), 250)
        figures[name] = {"erases": flash.erases, "shortest": flash.shortest}
        if name == "before":
            figures["remounted"] = remount(vfs, flash, "/f")
    figures["kept"] = len(content("old")) + len(content("large")) + len(content("e07"))
    vfs.umount("/f")
    return figures


def other():
    """A flash with FAT on it."""
    flash = Flash(64)
    vfs.VfsFat.mkfs(flash)
    vfs.mount(flash, "/f")
    put("old", 100)
    done = remount(vfs, flash, "/f")
    return {"remounted": done, "kept": len(content("old"))}


def boot(source):
    """Run boot.py where `/` is a flash of RAM."""
    import os

    with open(source) as file:
        text = file.read()

    class flashbdev:  # noqa: N801 - the name of the module it stands in for
        bdev = Flash(64)

    vfs.VfsLfs2.mkfs(flashbdev.bdev)
    sys.modules["flashbdev"] = flashbdev
    try:
        vfs.umount("/")
    except OSError:  # nothing is mounted there
        pass
    vfs.mount(vfs.VfsLfs2(flashbdev.bdev), "/")
    os.mkdir("/data")
    flashbdev.bdev.shortest = BLOCK
    exec(text, {})
    with open("/data/e", "wb") as file:
        file.write(b"x" * 250)
    return {"files": os.listdir("/"), "shortest": flashbdev.bdev.shortest}


if sys.argv[1] == "boot":
    print(json.dumps(boot(sys.argv[2])))
    raise SystemExit
print(json.dumps(littlefs() if sys.argv[1] == "littlefs" else other()))
