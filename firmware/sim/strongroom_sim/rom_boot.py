"""Starts an emulated board from a ROMFS image: `micropython rom_boot.py IMAGE DIR`. MicroPython
only.

The image lies outside the heap, as flash does, and its code is run in place.
"""

import sys

import ffi
import uctypes
import vfs


def mount(path):
    """Mount the image as /rom, the folders of modules first on the search path."""
    import os

    size = os.stat(path)[6]
    memory = ffi.open(None).func("p", "malloc", "L")(size)
    flash = uctypes.bytearray_at(memory, size)
    with open(path, "rb") as file:
        file.readinto(flash)
    vfs.mount(vfs.VfsRom(flash), "/rom")
    sys.path[:] = ["/rom/fake", "/rom/lib", ".frozen"]


if __name__ == "__main__":
    mount(sys.argv[1])
    import asyncio  # noqa: F401 - the node needs it on any board

    from strongroom_sim.board import main

    main(*sys.argv[2:])
