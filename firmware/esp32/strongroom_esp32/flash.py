"""The file system of an ESP32, mounted for many small files.

MicroPython mounts it with pieces of 32 bytes and a cache of 128. With pieces of 128 the cache has 512, and so much of
a file fits into its folder: an event then costs less than half of the erases (docs/decisions/0010-outbox-segments.md).
What is on flash stays as it is.
"""

from strongroom_node.compat import const

_PIECE = const(128)


def remount(vfs, device, place="/"):
    """Mount `device` anew with larger pieces; return whether that worked. A flash with another file
    system is mounted as it was."""
    vfs.umount(place)
    try:
        vfs.mount(vfs.VfsLfs2(device, progsize=_PIECE, readsize=_PIECE), place)
    except OSError:
        vfs.mount(device, place)
        return False
    return True
