"""The folder of segments: which there are, and changes to it that a power cut or an error never leaves half done.

Nor does a heap without room: a MemoryError out of here leaves list and flash as they were, or as they were to be.
"""

from strongroom_node import segments as seg
from strongroom_node.compat import const
from strongroom_node.contract import EVENT, TELEMETRY
from strongroom_node.errors import StoreError

# Small segments in a lane before they are merged; earlier, when they fill a block.
_MERGE_AT = const(20)
_TRIES = const(3)  # failed readings before a segment counts as damaged


class Spool:
    """The segments of both lanes, oldest first, and the bytes of flash they take."""

    def __init__(self, store):
        self._store = store
        self.lanes = {EVENT: [], TELEMETRY: []}
        self.bytes = 0
        self.apart = None  # a segment that is not merged: it may still be rewritten
        self.holed = set()  # segments with damaged records,
        self.noted = set()  # that are noted as lost,
        self.counted = set()  # and were counted once
        self._tries = {}  # segment -> how often in a row it could not be read
        self._place = None  # (segment, seq, offset): where reading stopped, and goes on

    def recover(self):
        """Find what is on flash. Raises StoreError when the folder cannot be listed."""
        for lane, letter in seg.LANE_LETTERS.items():
            kept = self.lanes[lane]
            for name in self._store.names(letter):  # by boot, then by first record
                segment = seg.from_name(name, self._store.size(name))
                if segment is None:
                    continue
                # Merged just before the power went: the parts are still there.
                if kept and seg.holds(kept[-1], segment):
                    self._discard(segment)
                    continue
                while kept and seg.holds(segment, kept[-1]):
                    self.remove(kept[-1])
                kept.append(segment)
                self.bytes += seg.cost(segment)

    def free(self):
        """Return the bytes that flash still has, 0 when it does not say."""
        try:
            return self._store.free()
        except StoreError:
            return 0

    def write(self, segment, lines):
        """Keep a new segment. Raises StoreError; it is not there then, or, if it cannot be made away with, it is."""
        kept = self.lanes[segment.lane]
        kept.append(segment)  # first: what is on flash must not stay unknown for want of heap
        self.bytes += seg.cost(segment)
        try:
            self._store.write(seg.name(segment), lines)
        except (StoreError, MemoryError) as error:
            # An error of the very last step (syncing the folder) leaves a file behind. Its numbers will be given to
            # other records, so it must go, or else count. Where the heap was too small, nothing has its name yet.
            if isinstance(error, MemoryError) or self._discard(segment):
                kept.pop()
                self.bytes -= seg.cost(segment)
            raise

    def rewrite(self, segment, lines):
        """Give a segment other lines under the same name, as one step; return it as it is now.

        Raises StoreError; it may be either, then.
        """
        kept, size = self.lanes[segment.lane], sum(len(text) for text in lines)
        new = seg.Segment(segment.lane, segment.boot, segment.first, segment.last, size)
        self._place = None
        self._store.write(seg.name(segment), lines)
        kept[kept.index(segment)] = new
        self.bytes += seg.cost(new) - seg.cost(segment)
        return new

    def records(self, segment, wanted=1):
        """Yield (seq, kind, payload) of a segment's whole records from `wanted` on; close it when you stop early.

        Raises StoreError while flash fails and is worth another try; later it ends where flash failed.
        """
        place, seq, offset = self._place or (None, 0, 0)
        if place != segment or seq > wanted:
            seq = offset = 0
        try:
            lines = self._store.lines(seg.name(segment), offset)
            try:
                for text in lines:
                    record = seg.record(text)
                    offset += len(text)
                    if record is not None and record[0] >= wanted:
                        seq = record[0] + 1
                        yield record
            finally:
                lines.close()
                self._place = (segment, seq, offset) if seq else None
        except StoreError:
            self._place = None
            self._tries[segment] = self._tries.get(segment, 0) + 1
            if self._tries[segment] < _TRIES:
                raise
        else:
            self._tries.pop(segment, None)

    def remove(self, segment):
        """Delete a segment. One that flash keeps is back at the next boot, and the gateway drops the double."""
        self._discard(segment)
        if segment in self.lanes[segment.lane]:
            self.lanes[segment.lane].remove(segment)
            self.bytes -= seg.cost(segment)
        for known in (self.holed, self.noted, self.counted):
            known.discard(segment)
        self._tries.pop(segment, None)

    def merge(self, lane, at=_MERGE_AT, least=None):
        """Merge neighbours when `at` small segments lie in a lane or fill a block; return whether it was done.

        least   how many must go into one; without it, half of the small ones
        """
        count = size = 0
        for segment in self.lanes[lane]:
            if segment.size <= seg.INLINE_BYTES:
                count += 1
                size += segment.size
        if count < at and size < seg.SEGMENT_BYTES - seg.INLINE_BYTES:
            return False
        if least is None:
            least = max(2, count // 2)
        try:
            group = self._group(lane, least)
            return len(group) >= least and self._merge(lane, group)
        except MemoryError:
            return False  # the small ones are still there, and may be merged the next time

    def squeeze(self, lane, but):
        """Merge two neighbours, none of them in `but`, that take fewer blocks as one; return whether there were such.

        It costs a block written anew, so it is for when there is no room otherwise.
        """
        last = None
        for segment in self.lanes[lane]:
            if segment == self.apart or segment in but:
                last = None
                continue
            if (
                last is not None
                and last.boot == segment.boot
                and last.last + 1 == segment.first
                and last.size + segment.size <= seg.SEGMENT_BYTES
                and seg.cost(last) + seg.cost(segment) > seg.SEGMENT_BYTES
            ):
                return self._merge(lane, [last, segment])
            last = segment
        return False

    def _merge(self, lane, group):
        kept, first = self.lanes[lane], group[0]
        size = sum(s.size for s in group)
        merged = seg.Segment(lane, first.boot, first.first, group[-1].last, size)
        if any(s in self.counted for s in group):
            self.counted.add(merged)
        try:
            self._store.write(seg.name(merged), self._all_lines(group))
        except (StoreError, MemoryError):
            self.counted.discard(merged)
            self._discard(merged)
            return False
        # In the place of the first, so that the list need not grow.
        kept[kept.index(first)] = merged
        self.bytes += seg.cost(merged) - seg.cost(first)
        for segment in group:
            self.remove(segment)
        return True

    def _group(self, lane, least):
        group, size = [], 0
        for segment in self.lanes[lane]:
            fits = segment.size <= seg.SEGMENT_BYTES // 2 and segment != self.apart
            goes_on = fits and group and group[-1].boot == segment.boot
            goes_on = goes_on and group[-1].last + 1 == segment.first
            if not goes_on or size + segment.size > seg.SEGMENT_BYTES:
                if len(group) >= least:
                    break
                group, size = [], 0
            if fits:
                group.append(segment)
                size += segment.size
        return group

    def _all_lines(self, group):
        for segment in group:
            lines = self._store.lines(seg.name(segment))
            try:
                for text in lines:
                    # A segment that lost its last line feed must not take the next one's first record with it.
                    yield text if text.endswith(b"\n") else text[:-1] + b"\n"
            finally:
                lines.close()

    def _discard(self, segment):
        try:
            self._store.remove(seg.name(segment))
        except StoreError:
            return False
        return True
