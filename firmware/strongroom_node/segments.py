"""The outbox's files: small segments of records on flash, each record with its own CRC.

A segment is named by what it holds, `<lane><boot><first seq><last seq>.q`, so that the folder's listing is the index:
nothing but names is read at boot, and no cursor file has to be kept.
"""

from strongroom_node.compat import crc32

SUFFIX = ".q"
LANE_LETTERS = {"event": "e", "telemetry": "t"}
SEGMENT_BYTES = 4096  # one erase block of the flash
INLINE_BYTES = 512  # littlefs keeps a file of this size inside its folder


class Segment:
    """One file: records `first`..`last` of a boot and lane, `size` bytes."""

    __slots__ = ("boot", "counted", "first", "lane", "last", "noted", "size", "tries")

    def __init__(self, lane, boot, first, last, size):
        self.lane = lane
        self.boot = boot
        self.first = first
        self.last = last
        self.size = size
        self.noted = False  # its damaged records are noted as lost
        self.counted = False  # and were counted once
        self.tries = 0  # how often in a row it could not be read

    @property
    def cost(self):
        """The flash it takes: nothing but its bytes while it is small, whole blocks after that."""
        if self.size <= INLINE_BYTES:
            return self.size
        return (self.size + SEGMENT_BYTES - 1) // SEGMENT_BYTES * SEGMENT_BYTES

    @property
    def name(self):
        """The file's name."""
        return "%s%08x%08x%08x%s" % (
            LANE_LETTERS[self.lane],
            self.boot,
            self.first,
            self.last,
            SUFFIX,
        )

    def holds(self, other):
        """Whether everything in `other` is in here as well."""
        return (
            self.lane == other.lane
            and self.boot == other.boot
            and self.first <= other.first
            and other.last <= self.last
        )

    def follows(self, later):
        """Whether `later` goes on where this one ends."""
        return self.lane == later.lane and self.boot == later.boot and self.last + 1 == later.first


def from_name(name, size):
    """Return the segment a file name stands for, None for any other name."""
    if not name.endswith(SUFFIX) or len(name) != 25 + len(SUFFIX):
        return None
    try:
        boot, first, last = (int(name[n : n + 8], 16) for n in (1, 9, 17))
    except ValueError:
        return None
    for lane, letter in LANE_LETTERS.items():
        if letter == name[0] and first <= last:
            return Segment(lane, boot, first, last, size)
    return None


def line(seq, kind, payload):
    """Return one record as a line: CRC-32 of the rest, seq, kind, payload (JSON, so without a line feed)."""
    body = b"%d %s " % (seq, kind.encode()) + payload
    return b"%08x " % crc32(body) + body + b"\n"


def records(lines, wanted=1):
    """Yield (seq, kind, payload) of each whole line with a seq from `wanted`; damaged lines are left out."""
    for text in lines:
        end = len(text) - 1
        first = text.find(b" ", 9)
        second = text.find(b" ", first + 1)
        if first < 0 or second < 0 or text[end:] != b"\n":
            continue
        # A view: a heap of 64 KB is too small to copy what is only looked at.
        if text[:9] != b"%08x " % crc32(memoryview(text)[9:end]):
            continue
        seq = int(text[9:first])
        if seq >= wanted:
            yield seq, str(text[first + 1 : second], "ascii"), text[second + 1 : end]
