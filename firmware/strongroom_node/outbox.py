"""What the node has sensed and the gateway has not yet committed.

Two lanes. An event is on flash when `add` returns. A reading waits in RAM and goes to flash when the RAM lane is full,
which happens when the link or the gateway is away. Nothing is deleted before the gateway's acknowledgement names it,
or before there is no room; then readings go first, oldest first, and every loss is itself recorded as an event
(outbox.dropped) before the records are removed. One loss after the other makes that report longer, not longer lists of
reports, until it has been sent; a report that has to go itself is told again.

Each burst of events becomes one small file, and small files that pile up are merged into one segment of a flash block:
docs/decisions/0010-outbox-segments.md has the erases counted.

A power cut can come between any two steps, and each step can fail (spool.py). Only when flash has no room left for
the report of a loss is the oldest segment removed first and told afterwards; should the power go in between, its
numbers are found missing and told as "gone" (`rewind`).
"""

import json

from strongroom_node import contract
from strongroom_node import segments as seg
from strongroom_node.contract import EVENT, TELEMETRY
from strongroom_node.errors import StoreError
from strongroom_node.losses import KEPT_APART, Loss, from_fields, join
from strongroom_node.spool import Spool

LANES = (EVENT, TELEMETRY)
LOST_TOGETHER = 32  # readings lost from RAM that one report may wait for
ROOM = 2 * seg.SEGMENT_BYTES  # of flash kept free: for the report of a loss, and for merging


class Outbox:
    """The records of one node.

    store      FileStore; names that end with .q belong to the outbox
    boot       this boot's number
    stamp      function: (mono, ts, clk) for a new record
    max_bytes  most bytes on flash; less when the flash has less
    ram_bytes  most bytes of readings in RAM
    on_accept  called with (lane, boot, seq, kind, mono) once a record is safely in
    """

    def __init__(self, store, boot, stamp, max_bytes=262144, ram_bytes=3072, on_accept=None):
        self._boot = boot
        self._stamp = stamp
        self._limit = max_bytes
        self._ram_max = ram_bytes
        self.on_accept = on_accept
        self.dropped = {EVENT: 0, TELEMETRY: 0}
        self._seq = {EVENT: 0, TELEMETRY: 0}
        self._ram = []  # (seq, kind, payload) of readings of this boot, oldest first
        self._ram_bytes = 0
        self._acked = {}  # (lane, boot) -> highest seq that the gateway has committed
        self._sent = {}  # (lane, boot) -> highest seq handed to the link in this session
        self._out = 0  # highest seq of this boot's events ever handed to the link
        self._losses = []  # that no event on flash reports yet
        self._doomed = []  # segments to be removed once their loss is on flash
        self._told = None  # the last report's (segment, losses)
        self._gaps = []  # missing numbers that were told: (lane, boot, first, last)
        self._tell_again = False  # a report may have been among what was damaged
        self._urgent = False  # whether losses have to be told with the next event
        self._spool = Spool(store)
        self._spool.recover()
        self._max = 0
        self._measure()

    # -- in --------------------------------------------------------------------------------------

    def add(self, lane, kind, fields):
        """Take one record; return its (boot, seq). Raises ContractError; StoreError when an event cannot be kept."""
        return self.add_many(lane, [(kind, fields)])[0]

    def add_many(self, lane, items):
        """Take the records [(kind, fields)] of one moment; return [(boot, seq)].

        Events that fit one segment share one write. On StoreError the records of earlier writes stay.
        """
        if lane == TELEMETRY:
            return [self._add_reading(kind, fields) for kind, fields in items]
        self._make_room(EVENT, 0)
        if self._urgent:
            try:
                self._tell()
            except StoreError as error:
                if not error.full:
                    raise
        done = []
        while len(done) < len(items):
            done.extend(self._put_events(items[len(done) :], self._yield_room)[1])
        if self._spool.merge(EVENT):
            self._measure()
        if self._urgent:
            self.report_losses()
        return done

    def _put_events(self, items, when_full=None):
        stamp = self._stamp()
        first = self._seq[EVENT] + 1
        lines = self._lines(items, first, stamp)
        count = len(lines)
        size = sum(len(text) for text in lines)
        segment = self._write(EVENT, first, first + count - 1, size, lines, when_full)
        for n in range(count):
            self._accept(EVENT, first + n, items[n][0], stamp[0])
        return segment, [(self._boot, first + n) for n in range(count)]

    def _lines(self, items, first, stamp):
        """Return the lines of as many items as fit a segment."""
        lines, size = [], 0
        for kind, fields in items:
            seq = first + len(lines)
            text = seg.line(seq, kind, contract.make(EVENT, kind, self._boot, seq, stamp, fields))
            if lines and size + len(text) > seg.SEGMENT_BYTES:
                break
            lines.append(text)
            size += len(text)
        return lines

    def _add_reading(self, kind, fields):
        seq, stamp = self._seq[TELEMETRY] + 1, self._stamp()
        payload = contract.make(TELEMETRY, kind, self._boot, seq, stamp, fields)
        if self._ram_bytes + len(payload) > self._ram_max:
            why = self._spill()
            while self._ram and self._ram_bytes + len(payload) > self._ram_max:
                oldest = self._ram[0][0]
                self._lost(TELEMETRY, self._boot, oldest, oldest, why)
                self._forget_ram(oldest)
                # Each report is a write to flash; readings lost one by one share it.
                self._urgent = self._urgent or self.dropped[TELEMETRY] % LOST_TOGETHER == 0
        self._ram.append((seq, kind, payload))
        self._ram_bytes += len(payload)
        self._accept(TELEMETRY, seq, kind, stamp[0])
        return self._boot, seq

    def _accept(self, lane, seq, kind, mono):
        self._seq[lane] = seq
        if self.on_accept is not None:
            self.on_accept(lane, self._boot, seq, kind, mono)

    def flush(self):
        """Put the readings in RAM on flash, before a restart; return whether all of them are."""
        self._spill()
        return not self._ram

    # -- out -------------------------------------------------------------------------------------

    def next_batch(self, most):
        """Return up to `most` records (lane, boot, seq, kind, payload) that this session has not sent yet.

        Events come before readings, oldest first; what is returned counts as sent.
        """
        batch = []
        for lane in LANES:
            if self._take_lane(lane, most, batch) and lane == TELEMETRY:
                reached = self._reached(lane, self._boot)
                for seq, kind, payload in self._ram:
                    if seq > reached and len(batch) < most:
                        self._sent[(lane, self._boot)] = seq
                        batch.append((lane, self._boot, seq, kind, payload))
        return batch

    def _take_lane(self, lane, most, batch):
        """Add a lane's segments to the batch; return whether all that was unsent is in it."""
        for segment in self._spool.lanes[lane]:
            if len(batch) >= most:
                return False
            if segment.last > self._reached(lane, segment.boot):
                try:
                    self._take(segment, most, batch)
                except StoreError:  # not now: what comes after it waits, so that the order is kept
                    return False
        return True

    def _take(self, segment, most, batch):
        key = (segment.lane, segment.boot)
        expected = max(self._reached(*key) + 1, segment.first)
        records = self._spool.records(segment, expected)
        try:
            for seq, kind, payload in records:
                if len(batch) >= most:
                    return
                self._missing(segment, expected, seq - 1)
                self._sent[key] = seq
                if key == (EVENT, self._boot):
                    self._out = max(self._out, seq)
                batch.append((segment.lane, segment.boot, seq, kind, payload))
                expected = seq + 1
        finally:
            records.close()
        self._missing(segment, expected, segment.last)
        self._sent[key] = segment.last

    def rewind(self, stuck=False):
        """Count everything that is not acknowledged as not sent: after a reconnect, or when acks stay away.

        stuck   acknowledgements stay away although the link works: then the numbers that are no longer in here are
                told as well, because a gap that nobody ever explains would hold up the acknowledgement of all that
                follows it. Readings that were in RAM when the power went can leave such a gap.
        """
        self._sent = {}
        if self._tell_again:
            self._tell_again, self._gaps = False, []
            for lane in LANES:
                for segment in self._spool.lanes[lane]:
                    segment.noted = False
        if not stuck:
            return
        for lane in LANES:
            expected = {}
            for segment in self._spool.lanes[lane]:
                self._tell_gap(expected, lane, segment.boot, segment.first, segment.last)
            if lane == TELEMETRY and self._ram:
                self._tell_gap(expected, lane, self._boot, self._ram[0][0], self._ram[-1][0])

    def _tell_gap(self, expected, lane, boot, first, last):
        start = expected.get(boot, self._acked.get((lane, boot), 0) + 1)
        expected[boot] = last + 1
        gap = (lane, boot, start, first - 1)
        if start < first and gap not in self._gaps and len(self._losses) < KEPT_APART:
            del self._gaps[: max(0, len(self._gaps) - KEPT_APART + 1)]
            self._gaps.append(gap)
            join(self._losses, Loss(lane, boot, start, first - 1, first - start, "gone"))

    def unacked(self):
        """Whether records were sent in this session that the gateway has not acknowledged."""
        return any(self._sent[key] > self._acked.get(key, 0) for key in self._sent)

    def ack(self, lane, boot, seq):
        """Forget what the gateway has committed: everything of `boot` and `lane` up to `seq`."""
        if boot == self._boot:
            seq = min(seq, self._seq[lane])
        key = (lane, boot)
        if seq <= self._acked.get(key, 0):
            return
        self._acked[key] = seq
        mine = [s for s in self._spool.lanes[lane] if s.boot == boot]
        self._spool.remove([s for s in mine if s.last <= seq])
        if boot != self._boot:
            if not any(s.last > seq for s in mine):
                self._acked.pop(key, None)
                self._sent.pop(key, None)
        elif lane == TELEMETRY:
            self._forget_ram(seq)

    def acked(self, lane):
        """Return the highest number of this boot that the gateway has committed."""
        return self._acked.get((lane, self._boot), 0)

    def counts(self):
        """Return how many records wait, by lane."""
        waiting = {TELEMETRY: len(self._ram), EVENT: 0}
        for lane in LANES:
            for s in self._spool.lanes[lane]:
                waiting[lane] += s.last - max(s.first - 1, self._acked.get((lane, s.boot), 0))
        return waiting

    # -- losses ----------------------------------------------------------------------------------

    def report_losses(self):
        """Record as events what was lost; return whether nothing is left to report. Call it now and then."""
        try:
            self._tell()
        except StoreError:
            pass
        return not self._losses

    def _tell(self):
        """Put the report of every loss on flash, then remove what was given up. Raises StoreError.

        A report pushes nothing out that was not given up already: else it would need a report itself.
        """
        try:
            self._report()
        except StoreError as error:
            if not (error.full and self._doomed):
                raise
            self._remove_doomed()
            self._report()
        self._urgent = False
        self._remove_doomed()

    def _report(self):
        if self._losses and self._told:
            self._widen()
        while self._losses:
            telling = self._losses[:]
            segment, numbers = self._put_events([("node", x.fields()) for x in telling])
            self._told = (segment, telling[: len(numbers)])
            self._spool.apart = segment
            del self._losses[: len(numbers)]

    def _remove_doomed(self):
        doomed, self._doomed = self._doomed, []
        self._spool.remove(doomed)

    def _widen(self):
        """Make the last report longer where a loss goes on, as long as nobody has seen it."""
        segment, told = self._told
        if segment not in self._spool.lanes[EVENT] or segment.first <= self._out:
            self._told = self._spool.apart = None
            return
        wider, rest = [x.copy() for x in told], []
        for loss in self._losses:
            if not any(x.takes(loss) for x in wider):
                rest.append(loss)
        if len(rest) == len(self._losses):
            return
        items = [("node", x.fields()) for x in wider]
        lines = self._lines(items, segment.first, self._stamp())
        if len(lines) == len(items):
            self._spool.rewrite(segment, lines)
            self._told, self._losses = (segment, wider), rest

    def _give_up(self, segment):
        """Note a segment's records as lost for want of room, and tell again the losses that it reports."""
        self._urgent = True
        if segment.lane == EVENT:
            self._gaps = []
            self._tell_losses_of(segment)
        first = max(segment.first, self._acked.get((segment.lane, segment.boot), 0) + 1)
        if first <= segment.last:
            self._lost(segment.lane, segment.boot, first, segment.last, "full")

    def _tell_losses_of(self, segment):
        try:
            for _, kind, payload in self._spool.records(segment):
                loss = from_fields(json.loads(payload)) if kind == "node" else None
                if loss is not None:
                    join(self._losses, loss)
        except StoreError:  # its losses will be found missing
            pass

    def _missing(self, segment, first, last):
        if first <= last and not segment.noted:
            if not segment.counted:
                self.dropped[segment.lane] += last - first + 1
                self._tell_again = self._tell_again or segment.lane == EVENT
            if len(self._losses) >= KEPT_APART:
                return  # found again after the next rewind
            self._urgent = True
            loss = Loss(segment.lane, segment.boot, first, last, last - first + 1, "damaged")
            join(self._losses, loss)
        if last == segment.last:  # looked at to its end
            segment.noted = segment.counted = True

    def _lost(self, lane, boot, first, last, why):
        self.dropped[lane] += last - first + 1
        join(self._losses, Loss(lane, boot, first, last, last - first + 1, why))

    # -- room ------------------------------------------------------------------------------------

    def _measure(self):
        """Ask flash again how much of it there is for the outbox."""
        self._max = max(ROOM, min(self._limit, self._spool.bytes + self._spool.free() - ROOM))

    def _make_room(self, lane, need):
        """Doom the oldest until `need` bytes more are within the bound; readings never push events out."""
        excess = self._spool.bytes - sum(s.cost for s in self._doomed) + need - self._max
        for kind in (TELEMETRY,) if lane == TELEMETRY else (TELEMETRY, EVENT):
            for segment in self._spool.lanes[kind]:
                if excess <= 0:
                    return True
                if segment not in self._doomed:
                    self._give_up(segment)
                    self._doomed.append(segment)
                    excess -= segment.cost
        return excess <= 0

    def _write(self, lane, first, last, size, lines, when_full=None):
        segment = seg.Segment(lane, self._boot, first, last, size)
        while True:
            try:
                self._spool.write(segment, lines)
                return segment
            except StoreError as error:
                if segment in self._spool.lanes[lane]:
                    self._seq[lane] = max(self._seq[lane], last)  # nothing else may be called so
                    raise
                if not error.full or when_full is None or not when_full(size):
                    raise

    def _yield_room(self, need):
        """Flash has less room than it said, not even for a report: remove the oldest; return whether that helps."""
        need += seg.INLINE_BYTES  # a report
        free = self._spool.free()
        if free >= ROOM + need:
            return False  # it wants something else than room
        yielded = self._spool.merge(EVENT, 2)
        while not yielded or free < need:
            oldest = (self._spool.lanes[TELEMETRY] or self._spool.lanes[EVENT])[:1]
            if not oldest:
                break
            if oldest[0] not in self._doomed:
                self._give_up(oldest[0])
            self._spool.remove(oldest)
            yielded, free = True, self._spool.free()
        self._measure()
        return yielded

    def _spill(self):
        """Move readings from RAM to flash; return why some had to stay, None when none had."""
        while self._ram:
            count = size = 0
            for reading in self._ram:
                more = len(seg.line(*reading))
                if count and size + more > seg.SEGMENT_BYTES:
                    break
                count, size = count + 1, size + more
            first, last = self._ram[0][0], self._ram[count - 1][0]
            if not self._make_room(TELEMETRY, seg.SEGMENT_BYTES):
                return "full"
            try:
                if self._urgent:
                    self._tell()
                lines = (seg.line(*self._ram[n]) for n in range(count))  # one at a time
                self._write(TELEMETRY, first, last, size, lines)
            except StoreError as error:
                if not any(s.first == first for s in self._spool.lanes[TELEMETRY][-1:]):
                    return "full" if error.full else "flash"
            self._forget_ram(last)
        return None

    def _forget_ram(self, seq):
        while self._ram and self._ram[0][0] <= seq:
            self._ram_bytes -= len(self._ram.pop(0)[2])

    def _reached(self, lane, boot):
        key = (lane, boot)
        return max(self._sent.get(key, 0), self._acked.get(key, 0))
