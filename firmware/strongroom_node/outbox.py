"""What the node has sensed and the gateway has not yet committed.

Two lanes. An event is on flash when `add` returns. A reading waits in RAM and goes to flash when the RAM lane is full,
which happens when the link or the gateway is away. Nothing is deleted before the gateway's acknowledgement names it,
or before there is no room; then readings go first, oldest first, and every loss is itself recorded as an event
(outbox.dropped) *before* the records are removed.

Each burst of events becomes one small file; littlefs keeps a file of up to 512 bytes inside its folder, which costs
no block. When small files pile up they are merged into one segment of a flash block. Measured on littlefs with 4 KB
blocks: see docs/decisions/0010-outbox-segments.md.

A power cut can come between any two steps. New data is whole or absent (store.py). A merged segment is written before
the small ones are removed: at boot, files whose records are all in another file are removed.
"""

from strongroom_node import contract
from strongroom_node import segments as seg
from strongroom_node.contract import EVENT, TELEMETRY
from strongroom_node.errors import StoreError

LANES = (EVENT, TELEMETRY)
MERGE_AT = 12  # small segments in a lane before they are merged
LOSSES = 16  # ranges of lost records kept apart while no report of them can be written
ROOM = (
    2 * seg.SEGMENT_BYTES
)  # of the flash that is kept free: for the report of a loss, and for merging


class Outbox:
    """The records of one node.

    store      FileStore of a folder of its own
    boot       this boot's number
    stamp      function: (mono, ts, clk) for a new record
    max_bytes  most bytes on flash; less when the flash has less
    ram_bytes  most bytes of readings in RAM
    on_accept  called with (lane, boot, seq, kind, mono) once a record is safely in
    """

    def __init__(self, store, boot, stamp, max_bytes=262144, ram_bytes=3072, on_accept=None):
        self._store = store
        self._boot = boot
        self._stamp = stamp
        self._ram_max = ram_bytes
        self.on_accept = on_accept
        self.dropped = {EVENT: 0, TELEMETRY: 0}
        self._seq = {EVENT: 0, TELEMETRY: 0}
        self._ram = []  # (seq, kind, payload) of readings of this boot, oldest first
        self._ram_bytes = 0
        self._acked = {}  # (lane, boot) -> highest seq that the gateway has committed
        self._sent = {}  # (lane, boot) -> highest seq handed to the link in this session
        self._losses = []  # [lane, boot, first, last, count, why] that no event on flash reports yet
        self._segments = {EVENT: [], TELEMETRY: []}  # oldest first
        self._bytes = 0
        self._recover()
        self._max = max(ROOM, min(max_bytes, self._bytes + store.free() - ROOM))

    # -- in --------------------------------------------------------------------------------------

    def add(self, lane, kind, fields):
        """Take one record; return its (boot, seq). Raises ContractError; StoreError when an event cannot be kept."""
        return self.add_many(lane, [(kind, fields)])[0]

    def add_many(self, lane, items):
        """Take the records [(kind, fields)] of one moment; return [(boot, seq)].

        Events that fit one segment share one write. On StoreError the records of earlier writes stay.
        """
        if lane == EVENT:
            return self._add_events(items)
        return [self._add_reading(kind, fields) for kind, fields in items]

    def _add_events(self, items):
        victims = self._over_bound()
        for victim in victims:
            self._lose(victim, "full")
        todo = [("node", _report(loss)) for loss in self._losses]
        reports = len(todo)
        todo.extend(items)
        done = []
        while todo:
            numbers = self._write_events(todo)
            told = min(reports, len(numbers))
            del self._losses[:told], todo[: len(numbers)]
            reports -= told
            done.extend(numbers[told:])
        self._remove(victims)  # only now: their loss is on flash
        self._merge(EVENT)
        return done

    def _write_events(self, todo):
        stamp = self._stamp()
        first = self._seq[EVENT] + 1
        lines, size = [], 0
        for kind, fields in todo:
            seq = first + len(lines)
            text = seg.line(seq, kind, contract.make(EVENT, kind, self._boot, seq, stamp, fields))
            if lines and size + len(text) > seg.SEGMENT_BYTES:
                break
            lines.append(text)
            size += len(text)
        last = first + len(lines) - 1
        self._write(EVENT, first, last, b"".join(lines))
        for n in range(len(lines)):
            self._accept(EVENT, first + n, todo[n][0], stamp[0])
        return [(self._boot, seq) for seq in range(first, last + 1)]

    def _add_reading(self, kind, fields):
        seq, stamp = self._seq[TELEMETRY] + 1, self._stamp()
        payload = contract.make(TELEMETRY, kind, self._boot, seq, stamp, fields)
        if self._ram_bytes + len(payload) > self._ram_max:
            self._spill()
        self._ram.append((seq, kind, payload))
        self._ram_bytes += len(payload)
        self._accept(TELEMETRY, seq, kind, stamp[0])
        return self._boot, seq

    def _accept(self, lane, seq, kind, mono):
        self._seq[lane] = seq
        if self.on_accept is not None:
            self.on_accept(lane, self._boot, seq, kind, mono)

    # -- out -------------------------------------------------------------------------------------

    def next_batch(self, most):
        """Return up to `most` records (lane, boot, seq, kind, payload) that this session has not sent yet.

        Events come before readings, oldest first; what is returned counts as sent.
        """
        batch = []
        for lane in LANES:
            for segment in self._segments[lane]:
                if len(batch) >= most:
                    return batch
                if segment.last > self._reached(lane, segment.boot):
                    self._take(segment, most, batch)
            if lane == TELEMETRY:
                reached = self._reached(lane, self._boot)
                for seq, kind, payload in self._ram:
                    if seq > reached and len(batch) < most:
                        self._sent[(lane, self._boot)] = seq
                        batch.append((lane, self._boot, seq, kind, payload))
        return batch

    def _take(self, segment, most, batch):
        data = self._read(segment)
        key, reached = (segment.lane, segment.boot), self._reached(segment.lane, segment.boot)
        expected = max(reached + 1, segment.first)
        for seq, kind, payload in seg.records(data):
            if seq < expected:
                continue
            if len(batch) >= most:
                return
            self._missing(segment, expected, seq - 1)
            self._sent[key] = seq
            batch.append((segment.lane, segment.boot, seq, kind, payload))
            expected = seq + 1
        self._missing(segment, expected, segment.last)
        self._sent[key] = segment.last

    def rewind(self, stuck=False):
        """Count everything that is not acknowledged as not sent: after a reconnect, or when acks stay away.

        Damage is reported anew as well: its first report may itself have been damaged. `stuck`: acknowledgements
        stay away although the link works; then the numbers that are no longer in here are told as well, because a
        gap that nobody ever explains would hold up the acknowledgement of all that follows it.
        """
        self._sent = {}
        for lane in LANES:
            expected = {}
            for segment in self._segments[lane]:
                segment.noted = False
                if stuck:
                    self._tell_gap(expected, lane, segment.boot, segment.first, segment.last)
            if stuck and lane == TELEMETRY and self._ram:
                self._tell_gap(expected, lane, self._boot, self._ram[0][0], self._ram[-1][0])

    def _tell_gap(self, expected, lane, boot, first, last):
        start = expected.get(boot, self._acked.get((lane, boot), 0) + 1)
        if start < first:
            self._note(lane, boot, start, first - 1, "gone")
        expected[boot] = last + 1

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
        mine = [s for s in self._segments[lane] if s.boot == boot]
        self._remove([s for s in mine if s.last <= seq])
        if boot != self._boot:
            if not any(s.last > seq for s in mine):
                self._acked.pop(key, None)
                self._sent.pop(key, None)
        elif lane == TELEMETRY:
            while self._ram and self._ram[0][0] <= seq:
                self._ram_bytes -= len(self._ram.pop(0)[2])

    def counts(self):
        """Return how many records wait, by lane."""
        waiting = {TELEMETRY: len(self._ram)}
        for lane in LANES:
            on_flash = sum(
                s.last - max(s.first - 1, self._acked.get((lane, s.boot), 0))
                for s in self._segments[lane]
            )
            waiting[lane] = waiting.get(lane, 0) + on_flash
        return waiting

    # -- losses ----------------------------------------------------------------------------------

    def report_losses(self):
        """Record as events what was lost; return whether nothing is left to report. Call it now and then."""
        if self._losses:
            try:
                self._add_events([])
            except StoreError:
                return False
        return True

    def _lose(self, segment, why):
        first = max(segment.first, self._acked.get((segment.lane, segment.boot), 0) + 1)
        if first <= segment.last:
            self._lost(segment.lane, segment.boot, first, segment.last, why)

    def _missing(self, segment, first, last):
        if first <= last and not segment.noted:
            if not segment.counted:
                self.dropped[segment.lane] += last - first + 1
            self._note(segment.lane, segment.boot, first, last, "damaged")
        if last == segment.last:  # looked at to its end
            segment.noted = segment.counted = True

    def _lost(self, lane, boot, first, last, why):
        self.dropped[lane] += last - first + 1
        self._note(lane, boot, first, last, why)

    def _note(self, lane, boot, first, last, why):
        count = last - first + 1
        for loss in self._losses:
            # One after the other is one range; too many ranges grow wider, with the true count in them.
            same = loss[0] == lane and loss[1] == boot
            if same and ((loss[5] == why and loss[3] + 1 == first) or len(self._losses) >= LOSSES):
                loss[2], loss[3], loss[4] = min(loss[2], first), max(loss[3], last), loss[4] + count
                return
        self._losses.append([lane, boot, first, last, count, why])

    # -- flash -----------------------------------------------------------------------------------

    def _recover(self):
        found = []
        for name in self._store.names():
            segment = seg.from_name(name, self._store.size(name))
            if segment is not None:
                found.append(segment)
        found.sort(key=lambda s: (s.lane, s.boot, s.first, -s.last))
        for segment in found:
            kept = self._segments[segment.lane]
            if kept and kept[-1].holds(segment):  # merged just before the power went
                self._store.remove(segment.name)
            else:
                kept.append(segment)
                self._bytes += segment.cost

    def _over_bound(self):
        excess, victims = self._bytes - self._max, []
        for lane in (TELEMETRY, EVENT):
            for segment in self._segments[lane]:
                if excess <= 0:
                    return victims
                victims.append(segment)
                excess -= segment.cost
        return victims

    def _spill(self):
        if not self._ram:
            return
        first, last = self._ram[0][0], self._ram[-1][0]
        lines = b"".join(seg.line(*reading) for reading in self._ram)
        try:
            if self._bytes > self._max:
                self._add_events([])
            self._write(TELEMETRY, first, last, lines)
        except StoreError:
            self._lost(TELEMETRY, self._boot, first, last, "flash")
        self._ram, self._ram_bytes = [], 0

    def _write(self, lane, first, last, data):
        segment = seg.Segment(lane, self._boot, first, last, len(data))
        while True:
            try:
                self._store.write(segment.name, data)
                break
            except StoreError:
                oldest = (self._segments[TELEMETRY] or self._segments[EVENT])[:1]
                if not oldest:
                    raise
                # The flash has less room than it said. The loss is told with the next events.
                self._lose(oldest[0], "full")
                self._remove(oldest)
        self._segments[lane].append(segment)
        self._bytes += segment.cost

    def _remove(self, segments):
        for segment in segments:
            if segment in self._segments[segment.lane]:
                self._segments[segment.lane].remove(segment)
                self._bytes -= segment.cost
            try:
                self._store.remove(segment.name)
            except StoreError:  # it comes back at the next boot, and the gateway drops the double
                pass

    def _read(self, segment):
        try:
            return self._store.read(segment.name) or b""
        except StoreError:
            return b""

    def _merge(self, lane):
        small = [s for s in self._segments[lane] if s.size <= seg.INLINE_BYTES]
        if len(small) < MERGE_AT:
            return
        group = []
        for segment in self._segments[lane]:
            if group and not (
                group[-1].follows(segment) and _size(group) + segment.size <= seg.SEGMENT_BYTES
            ):
                if len(group) >= MERGE_AT // 2:
                    break
                group = []
            if segment.size <= seg.SEGMENT_BYTES // 2:
                group.append(segment)
        if len(group) < MERGE_AT // 2:
            return
        merged = seg.Segment(lane, group[0].boot, group[0].first, group[-1].last, _size(group))
        data = b"".join(self._read(s) for s in group)
        try:
            self._store.write(merged.name, data)
        except StoreError:
            return  # the small ones are still there
        merged.counted = any(s.counted for s in group)
        at = self._segments[lane].index(group[0])
        self._segments[lane].insert(at, merged)
        self._bytes += merged.cost
        self._remove(group)

    def _reached(self, lane, boot):
        key = (lane, boot)
        return max(self._sent.get(key, 0), self._acked.get(key, 0))


def _size(group):
    return sum(s.size for s in group)


def _report(loss):
    lane, boot, first, last, count, why = loss
    fields = {"what": "outbox.dropped", "lane": lane, "of_boot": boot}
    fields.update({"from": first, "to": last, "count": count, "why": why})
    return fields
