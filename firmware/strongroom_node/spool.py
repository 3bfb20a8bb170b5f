"""The folder of segments: which there are, and changes to it that a power cut or an error never leaves half done."""

from strongroom_node import segments as seg
from strongroom_node.contract import EVENT, TELEMETRY
from strongroom_node.errors import StoreError

MERGE_AT = 20  # small segments in a lane before they are merged; earlier, when they fill a block
TRIES = 3  # failed readings before a segment counts as damaged


class Spool:
    """The segments of both lanes, oldest first, and the bytes of flash they take."""

    def __init__(self, store):
        self._store = store
        self.lanes = {EVENT: [], TELEMETRY: []}
        self.bytes = 0
        self.apart = None  # a segment that is not merged: it may still be rewritten

    def recover(self):
        """Find what is on flash. Raises StoreError when the folder cannot be listed."""
        for lane, letter in seg.LANE_LETTERS.items():
            kept = self.lanes[lane]
            for name in self._store.names(letter):  # by boot, then by first record
                segment = seg.from_name(name, self._store.size(name))
                if segment is None:
                    continue
                # Merged just before the power went: the parts are still there.
                if kept and kept[-1].holds(segment):
                    self._discard(segment)
                    continue
                while kept and segment.holds(kept[-1]):
                    self.remove(kept[-1:])
                self._enter(segment)

    def free(self):
        """Return the bytes that flash still has, 0 when it does not say."""
        try:
            return self._store.free()
        except StoreError:
            return 0

    def write(self, segment, lines):
        """Keep a new segment. Raises StoreError; it is not there then, or, if it cannot be made away with, it is."""
        try:
            self._store.write(segment.name, lines)
        except StoreError:
            # An error of the very last step (syncing the folder) leaves a file behind. Its numbers will be given to
            # other records, so it must go, or else count.
            if not self._discard(segment):
                self._enter(segment)
            raise
        self._enter(segment)

    def rewrite(self, segment, lines):
        """Give a segment other lines under the same name, as one step. Raises StoreError; it may be either, then."""
        self._store.write(segment.name, lines)
        self.bytes -= segment.cost
        segment.size = sum(len(text) for text in lines)
        self.bytes += segment.cost

    def records(self, segment, wanted=1):
        """Yield (seq, kind, payload) of a segment's whole records from `wanted` on; close it when you stop early.

        Raises StoreError while flash fails and is worth another try; later it ends where flash failed.
        """
        try:
            lines = self._store.lines(segment.name)
            try:
                yield from seg.records(lines, wanted)
            finally:
                lines.close()
        except StoreError:
            segment.tries += 1
            if segment.tries < TRIES:
                raise
        else:
            segment.tries = 0

    def remove(self, segments):
        """Delete segments. One that flash keeps is back at the next boot, and the gateway drops the double."""
        for segment in segments:
            if segment in self.lanes[segment.lane]:
                self.lanes[segment.lane].remove(segment)
                self.bytes -= segment.cost
            self._discard(segment)

    def merge(self, lane, at=MERGE_AT):
        """Merge neighbours when `at` small segments lie in a lane or fill a block; return whether it was done."""
        small = [s.size for s in self.lanes[lane] if s.size <= seg.INLINE_BYTES]
        if len(small) < at and sum(small) < seg.SEGMENT_BYTES - seg.INLINE_BYTES:
            return False
        least = max(2, len(small) // 2)
        group = self._group(lane, least)
        if len(group) < least:
            return False
        size = sum(s.size for s in group)
        merged = seg.Segment(lane, group[0].boot, group[0].first, group[-1].last, size)
        merged.counted = any(s.counted for s in group)
        try:
            self._store.write(merged.name, self._all_lines(group))
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
            fits = segment.size <= seg.SEGMENT_BYTES // 2 and segment is not self.apart
            if not (fits and group and group[-1].follows(segment)) or (
                size + segment.size > seg.SEGMENT_BYTES
            ):
                if len(group) >= least:
                    break
                group, size = [], 0
            if fits:
                group.append(segment)
                size += segment.size
        return group

    def _all_lines(self, group):
        for segment in group:
            lines = self._store.lines(segment.name)
            try:
                for text in lines:
                    # A segment that lost its last line feed must not take the next one's first record with it.
                    yield text if text.endswith(b"\n") else text[:-1] + b"\n"
            finally:
                lines.close()

    def _enter(self, segment):
        self.lanes[segment.lane].append(segment)
        self.bytes += segment.cost

    def _discard(self, segment):
        try:
            self._store.remove(segment.name)
        except StoreError:
            return False
        return True
