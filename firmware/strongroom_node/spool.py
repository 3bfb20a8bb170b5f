"""The folder of segments: which there are, and changes to it that a power cut or an error never leaves half done."""

from strongroom_node import segments as seg
from strongroom_node.contract import EVENT, TELEMETRY
from strongroom_node.errors import StoreError

MERGE_AT = 12  # small segments in a lane before they are merged
TRIES = 3  # failed readings before a segment counts as damaged


class Spool:
    """The segments of both lanes, oldest first, and the bytes of flash they take."""

    def __init__(self, store):
        self._store = store
        self.lanes = {EVENT: [], TELEMETRY: []}
        self.bytes = 0

    def recover(self):
        """Find what is on flash. Raises StoreError when the folder cannot be listed."""
        found = []
        for name in self._store.names():
            segment = seg.from_name(name, self._store.size(name))
            if segment is not None:
                found.append(segment)
        found.sort(key=lambda s: (s.lane, s.boot, s.first, -s.last))
        for segment in found:
            kept = self.lanes[segment.lane]
            if kept and kept[-1].holds(segment):  # merged just before the power went
                self._discard(segment)
            else:
                self._enter(segment)

    def free(self):
        """Return the bytes that flash still has, 0 when it does not say."""
        try:
            return self._store.free()
        except StoreError:
            return 0

    def write(self, segment, data):
        """Keep a new segment. Raises StoreError; it is not there then, or, if it cannot be made away with, it is."""
        try:
            self._store.write(segment.name, data)
        except StoreError:
            # An error of the very last step (syncing the folder) leaves a file behind. Its numbers will be given to
            # other records, so it must go, or else count.
            if not self._discard(segment):
                self._enter(segment)
            raise
        self._enter(segment)

    def rewrite(self, segment, data):
        """Give a segment other bytes under the same name, as one step. Raises StoreError; it may be either, then."""
        self._store.write(segment.name, data)
        self.bytes -= segment.cost
        segment.size = len(data)
        self.bytes += segment.cost

    def read(self, segment):
        """Return a segment's bytes; None when flash fails now and is worth another try."""
        try:
            data = self._store.read(segment.name)
        except StoreError:
            segment.tries += 1
            return None if segment.tries < TRIES else b""
        segment.tries = 0
        return data or b""

    def remove(self, segments):
        """Delete segments. One that flash keeps is back at the next boot, and the gateway drops the double."""
        for segment in segments:
            if segment in self.lanes[segment.lane]:
                self.lanes[segment.lane].remove(segment)
                self.bytes -= segment.cost
            self._discard(segment)

    def merge(self, lane, at=MERGE_AT):
        """Merge neighbours when `at` small segments lie in a lane; return whether it was done."""
        small = [s for s in self.lanes[lane] if s.size <= seg.INLINE_BYTES]
        if len(small) < at:
            return False
        least = max(2, at // 2)
        group = self._group(lane, least)
        if len(group) < least:
            return False
        parts = [self.read(s) for s in group]
        if None in parts:
            return False
        # A segment that lost its last line feed must not take the next one's first record with it.
        data = b"".join(p if p.endswith(b"\n") else p + b"\n" for p in parts)
        merged = seg.Segment(lane, group[0].boot, group[0].first, group[-1].last, len(data))
        merged.counted = any(s.counted for s in group)
        try:
            self._store.write(merged.name, data)
        except StoreError:
            self._discard(merged)
            return False  # the small ones are still there
        self.lanes[lane].insert(self.lanes[lane].index(group[0]), merged)
        self.bytes += merged.cost
        self.remove(group)
        return True

    def _group(self, lane, least):
        group, size = [], 0
        for segment in self.lanes[lane]:
            fits = segment.size <= seg.SEGMENT_BYTES // 2
            if not (fits and group and group[-1].follows(segment)) or (
                size + segment.size + 1 > seg.SEGMENT_BYTES
            ):
                if len(group) >= least:
                    break
                group, size = [], 0
            if fits:
                group.append(segment)
                size += segment.size + 1
        return group

    def _enter(self, segment):
        self.lanes[segment.lane].append(segment)
        self.bytes += segment.cost

    def _discard(self, segment):
        try:
            self._store.remove(segment.name)
        except StoreError:
            return False
        return True
