"""The outbox's files: small segments of records on flash, each record with its own CRC.

A segment is named by what it holds, `<lane><boot><first seq><last seq>.q`, so that the folder's listing is the index:
nothing but names is read at boot, and no cursor file has to be kept.
"""

from collections import namedtuple

from strongroom_node.compat import const, crc32

_SUFFIX = const(".q")
LANE_LETTERS = {"event": "e", "telemetry": "t"}
SEGMENT_BYTES = 4096  # one erase block of the flash
INLINE_BYTES = 512  # littlefs keeps a file of this size inside its folder

# One file: records `first`..`last` of a boot and lane, `size` bytes. A tuple, because a full outbox has a
# hundred of them: an object with attributes takes 80 bytes of an ESP32's heap, this 32.
Segment = namedtuple("Segment", ("lane", "boot", "first", "last", "size"))


def cost(segment):
    """Return the flash it takes: nothing but its bytes while it is small, whole blocks after that."""
    if segment.size <= INLINE_BYTES:
        return segment.size
    return (segment.size + SEGMENT_BYTES - 1) // SEGMENT_BYTES * SEGMENT_BYTES


def name(segment):
    """Return the file's name."""
    letter = LANE_LETTERS[segment.lane]
    return "%s%08x%08x%08x%s" % (letter, segment.boot, segment.first, segment.last, _SUFFIX)


def holds(one, other):
    """Return whether everything in `other` is in `one` as well; both of one lane."""
    return one.boot == other.boot and one.first <= other.first and other.last <= one.last


def from_name(text, size):
    """Return the segment a file name stands for, None for any other name."""
    if not text.endswith(_SUFFIX) or len(text) != 25 + len(_SUFFIX):
        return None
    try:
        boot, first, last = (int(text[n : n + 8], 16) for n in (1, 9, 17))
    except ValueError:
        return None
    for lane, letter in LANE_LETTERS.items():
        if letter == text[0] and first <= last:
            return Segment(lane, boot, first, last, size)
    return None


def line(seq, kind, payload):
    """Return one record as a line: CRC-32 of the rest, seq, kind, payload (JSON, so without a line feed)."""
    body = b"%d %s " % (seq, kind.encode()) + payload
    return b"%08x " % crc32(body) + body + b"\n"


def record(text):
    """Return (seq, kind, payload) of a whole line, None for a damaged one."""
    end = len(text) - 1
    first = text.find(b" ", 9)
    second = text.find(b" ", first + 1)
    if first < 0 or second < 0 or text[end:] != b"\n":
        return None
    # A view: a heap of 64 KB is too small to copy what is only looked at.
    if text[:9] != b"%08x " % crc32(memoryview(text)[9:end]):
        return None
    return int(text[9:first]), str(text[first + 1 : second], "ascii"), text[second + 1 : end]
