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

The heap can be full at any step too: an event makes room in RAM for itself, at the cost of readings; a batch is as long
as there was room for; and whatever a MemoryError interrupts is as it was before, or is done again the next time.
"""

import gc

from strongroom_node import contract
from strongroom_node import segments as seg
from strongroom_node.compat import const
from strongroom_node.contract import EVENT, TELEMETRY
from strongroom_node.errors import StoreError
from strongroom_node.losses import Losses
from strongroom_node.spool import Spool

LANES = (EVENT, TELEMETRY)
ROOM = 2 * seg.SEGMENT_BYTES  # of flash kept free: for the report of a loss, and for merging
_MOST_FILES = const(160)  # on flash, of both lanes: each takes 40 bytes of an ESP32's heap


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
        self.on_hunger = None  # called when the heap is full: let go of what can be made again
        self._seq = {EVENT: 0, TELEMETRY: 0}
        self._ram = []  # (seq, kind, payload) of readings of this boot, oldest first
        self._ram_bytes = 0
        self._acked = {}  # (lane, boot) -> highest seq that the gateway has committed
        self._sent = {}  # (lane, boot) -> highest seq handed to the link in this session
        self._out = 0  # highest seq of this boot's events ever handed to the link
        self.starved = 0  # how often a record found no room on the heap
        self._doomed = []  # segments to be removed once their loss is on flash
        self._told = None  # the last report's (segment, losses)
        self._spool = Spool(store)
        self._spool.recover()
        self._losses = Losses(self._spool)
        self.dropped = self._losses.dropped
        self._max = 0
        self._measure()

    # -- in --------------------------------------------------------------------------------------

    def add(self, lane, kind, fields):
        """Take one record; return its (boot, seq).

        Raises ContractError; StoreError or MemoryError when it cannot be kept.
        """
        return self.add_many(lane, [(kind, fields)])[0]

    def add_many(self, lane, items):
        """Take the records [(kind, fields)] of one moment; return [(boot, seq)].

        Events that fit one segment share one write. On StoreError or MemoryError the records of earlier writes stay.
        """
        done = [None] * len(items)  # beforehand: what is on flash is not told of in an error
        at = relief = 0
        while at < len(items):
            try:
                if lane == TELEMETRY:
                    at += self._add_reading(items, at, done)
                else:
                    if not relief:
                        self._before_events()
                    at += self._put_events(items, at, done, self._yield_room)[1]
            except MemoryError:
                relief += 1
                if not self.relieve(relief):
                    raise
        if lane == EVENT:
            try:
                if self._spool.merge(EVENT) or (
                    # Each boot of an outage leaves some small ones behind.
                    self._files() > _MOST_FILES // 2 and self._spool.merge(EVENT, 2, 2)
                ):
                    self._measure()
                if self._losses.urgent:
                    self.report_losses()
            except MemoryError:  # the events are in; this is for the next time
                gc.collect()
        return done

    def relieve(self, step):
        """Make room on the heap: sweep it; then `on_hunger`, and the readings in RAM go to flash; then give them up.

        step   from 1; what the steps before it did has not sufficed
        Returns whether anything was done.
        """
        gc.collect()
        self.starved += step == 2
        if step == 2 and self.on_hunger is not None:
            self.on_hunger()
        if step == 2 and self._ram:
            try:
                self._spill()
            except MemoryError:
                pass
        elif step > 2:
            self._losses.urgent = self._losses.urgent or bool(self._ram)
            while self._ram:
                self._losses.lost(TELEMETRY, self._boot, self._ram[0][0], self._ram[-1][0], "full")
                self._forget_ram(self._ram[-1][0])
        gc.collect()
        return step <= 3

    def _before_events(self):
        """Keep the bound, and tell what was lost; when the heap has no room for that, the event itself goes first."""
        try:
            self._make_room(EVENT, 0)
            if self._losses.urgent:
                self._tell()
        except MemoryError:
            gc.collect()
        except StoreError as error:
            if not error.full:
                raise

    def _put_events(self, items, at=0, done=None, when_full=None):
        """Write as many of the items from `at` on as fit a segment; return (segment, how many)."""
        stamp = self._stamp()
        first = self._seq[EVENT] + 1
        lines = self._lines(items, at, first, stamp)
        count = len(lines)
        numbers = [(self._boot, first + n) for n in range(count)]
        size = sum(len(text) for text in lines)
        segment = self._write(EVENT, first, first + count - 1, size, lines, when_full)
        self._seq[EVENT] = first + count - 1
        for n in range(count):
            if done is not None:
                done[at + n] = numbers[n]
            self._accept(EVENT, first + n, items[at + n][0], stamp[0])
        return segment, count

    def _lines(self, items, at, first, stamp):
        """Return the lines of as many items from `at` on as fit a segment."""
        lines, size = [], 0
        while at < len(items):
            kind, fields = items[at]
            seq = first + len(lines)
            text = seg.line(seq, kind, contract.make(EVENT, kind, self._boot, seq, stamp, fields))
            if lines and size + len(text) > seg.SEGMENT_BYTES:
                break
            lines.append(text)
            size += len(text)
            at += 1
        return lines

    def _add_reading(self, items, at, done):
        kind, fields = items[at]
        seq, stamp = self._seq[TELEMETRY] + 1, self._stamp()
        payload = contract.make(TELEMETRY, kind, self._boot, seq, stamp, fields)
        if self._ram_bytes + len(payload) > self._ram_max:
            why = self._spill()
            while self._ram and self._ram_bytes + len(payload) > self._ram_max:
                oldest = self._ram[0][0]
                self._losses.lost_reading(self._boot, oldest, why)
                self._forget_ram(oldest)
        done[at] = (self._boot, seq)
        self._ram.append((seq, kind, payload))
        self._ram_bytes += len(payload)
        self._seq[TELEMETRY] = seq
        self._accept(TELEMETRY, seq, kind, stamp[0])
        return 1

    def _accept(self, lane, seq, kind, mono):
        if self.on_accept is not None:
            self.on_accept(lane, self._boot, seq, kind, mono)

    def flush(self):
        """Put the readings in RAM on flash, before a restart; return whether all of them are."""
        self._spill()
        return not self._ram

    # -- out -------------------------------------------------------------------------------------

    def next_batch(self, most):
        """Return up to `most` records (lane, boot, seq, kind, payload) that this session has not sent yet.

        Events come before readings, oldest first; what is returned counts as sent. Fewer when the heap has no room
        for more; MemoryError when it has none for the first.
        """
        batch = []
        try:
            for lane in LANES:
                if self._take_lane(lane, most, batch) and lane == TELEMETRY:
                    self._take_ram(most, batch)
        except MemoryError:
            if not batch:
                raise
        return batch

    def put_back(self, batch, at):
        """Count the records of a batch from index `at` on as not sent: the link could not take them."""
        while at < len(batch):
            lane, boot, seq = batch[at][:3]
            if self._sent.get((lane, boot), 0) >= seq:
                self._sent[(lane, boot)] = seq - 1
            at += 1

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
        lane, boot = key = (segment.lane, segment.boot)
        reached = self._reached(lane, boot)
        self._sent[key] = reached  # there is room for it from here on
        expected = max(reached + 1, segment.first)
        records = self._spool.records(segment, expected)
        try:
            for seq, kind, payload in records:
                if len(batch) >= most:
                    return
                self._losses.missing(segment, expected, seq - 1)
                batch.append((lane, boot, seq, kind, payload))
                self._sent[key] = seq
                if lane == EVENT and boot == self._boot:
                    self._out = max(self._out, seq)
                expected = seq + 1
        finally:
            records.close()
        self._losses.missing(segment, expected, segment.last)
        self._sent[key] = segment.last

    def _take_ram(self, most, batch):
        key = (TELEMETRY, self._boot)
        reached = self._sent[key] = self._reached(*key)
        for seq, kind, payload in self._ram:
            if seq > reached and len(batch) < most:
                batch.append((TELEMETRY, self._boot, seq, kind, payload))
                self._sent[key] = seq

    def rewind(self, stuck=False):
        """Count everything that is not acknowledged as not sent: after a reconnect, or when acks stay away.

        stuck   acknowledgements stay away although the link works: then the numbers that are no longer in here are
                told as well, because a gap that nobody ever explains would hold up the acknowledgement of all that
                follows it. Readings that were in RAM when the power went can leave such a gap.
        """
        self._sent.clear()
        self._losses.look_again()
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
        if start < first:
            self._losses.gap(lane, boot, start, first - 1)

    def unacked(self):
        """Whether records were sent in this session that the gateway has not acknowledged."""
        return any(self._sent[key] > self._acked.get(key, 0) for key in self._sent)

    def ack(self, lane, boot, seq):
        """Forget what the gateway has committed: everything of `boot` and `lane` up to `seq`.

        Returns whether anything was waiting for that.
        """
        if boot == self._boot:
            seq = min(seq, self._seq[lane])
        key, kept = (lane, boot), self._spool.lanes[lane]
        before = self._acked.get(key, 0)
        if seq < before:
            return False
        self._acked[key] = seq
        news = lane == TELEMETRY and boot == self._boot and seq > before
        at, left = 0, False
        while at < len(kept):
            segment = kept[at]
            at += 1
            if segment.boot == boot:
                news = news or segment.first <= seq > before
                if segment.last <= seq:
                    at -= 1
                    self._spool.remove(segment)
                else:
                    left = True
        if boot != self._boot:
            if not left:
                self._acked.pop(key, None)
                self._sent.pop(key, None)
        elif lane == TELEMETRY:
            self._forget_ram(seq)
        return news

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
        return not self._losses.waiting

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
        self._losses.urgent = False
        self._remove_doomed()

    def _report(self):
        waiting = self._losses.waiting
        if waiting and self._told:
            self._widen()
        while waiting:
            telling = waiting[:]
            segment, count = self._put_events([("node", x.fields()) for x in telling])
            # As soon as they are on flash, before anything that needs room: else they are told twice.
            for _ in range(count):
                waiting.pop(0)
            self._told = (segment, telling[:count])
            self._spool.apart = segment

    def _remove_doomed(self):
        while self._doomed:
            self._spool.remove(self._doomed[0])
            self._doomed.pop(0)

    def _widen(self):
        """Make the last report longer where a loss goes on, as long as nobody has seen it."""
        segment, told = self._told
        if segment not in self._spool.lanes[EVENT] or segment.first <= self._out:
            self._told = self._spool.apart = None
            return
        waiting = self._losses.waiting
        wider, rest = [x.copy() for x in told], []
        for loss in waiting:
            if not any(x.takes(loss) for x in wider):
                rest.append(loss)
        if len(rest) == len(waiting):
            return
        items = [("node", x.fields()) for x in wider]
        lines = self._lines(items, 0, segment.first, self._stamp())
        if len(lines) == len(items):
            self._spool.apart = segment = self._spool.rewrite(segment, lines)
            self._told = (segment, wider)
            waiting[:] = rest

    # -- room ------------------------------------------------------------------------------------

    def _files(self):
        return len(self._spool.lanes[EVENT]) + len(self._spool.lanes[TELEMETRY])

    def _measure(self):
        """Ask flash again how much of it there is for the outbox."""
        self._max = max(ROOM, min(self._limit, self._spool.bytes + self._spool.free() - ROOM))

    def _make_room(self, lane, need):
        """Doom the oldest until `need` bytes more are within the bound; readings never push events out.
        Events that fill their blocks badly are merged before any of them goes.
        """
        lanes = self._spool.lanes
        while True:
            excess = self._spool.bytes - sum(seg.cost(s) for s in self._doomed) + need - self._max
            files = self._files() - len(self._doomed) - _MOST_FILES
            enough = (excess <= 0 and files < 0) or lane == TELEMETRY or lanes[TELEMETRY]
            if enough or not self._spool.squeeze(EVENT, self._doomed):
                break
        for kind in (TELEMETRY,) if lane == TELEMETRY else (TELEMETRY, EVENT):
            for segment in lanes[kind]:
                if excess <= 0 and files < 0:
                    return True
                if segment not in self._doomed:
                    self._give_up(segment)
                    self._doomed.append(segment)
                    excess -= seg.cost(segment)
                    files -= 1
        return excess <= 0 and files < 0

    def _give_up(self, segment):
        self._losses.give_up(segment, self._acked.get((segment.lane, segment.boot), 0))

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
            kept = self._spool.lanes[TELEMETRY] or self._spool.lanes[EVENT]
            if not kept:
                break
            oldest = kept[0]
            if oldest not in self._doomed:
                self._give_up(oldest)
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
                if self._losses.urgent:
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
            self._ram_bytes -= len(self._ram[0][2])
            self._ram.pop(0)

    def _reached(self, lane, boot):
        key = (lane, boot)
        return max(self._sent.get(key, 0), self._acked.get(key, 0))
