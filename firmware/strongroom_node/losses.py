"""What the outbox had to give up and has not yet recorded: ranges of numbers, joined where they meet."""

import json

from strongroom_node.compat import const
from strongroom_node.contract import EVENT, TELEMETRY
from strongroom_node.errors import StoreError

_KEPT_APART = const(16)  # ranges of what was found missing; the rest is found again later
_LOST_TOGETHER = const(32)  # readings lost from RAM that one report may wait for


class Loss:
    """Records `first`..`last` of a boot and lane; `count` of them were lost."""

    def __init__(self, lane, boot, first, last, count, why):
        self.lane = lane
        self.boot = boot
        self.first = first
        self.last = last
        self.count = count
        self.why = why

    def copy(self):
        """Return another one that says the same."""
        return Loss(self.lane, self.boot, self.first, self.last, self.count, self.why)

    def takes(self, other):
        """Grow by a range that goes on where this one ends, or that this one holds; return whether it was one."""
        if (self.lane, self.boot, self.why) != (other.lane, other.boot, other.why):
            return False
        if self.first <= other.first and other.last <= self.last:
            return True
        if self.last + 1 != other.first and other.last + 1 != self.first:
            return False
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.count += other.count
        return True

    def fields(self):
        """Return the fields of the event that reports it."""
        return {
            "what": "outbox.dropped",
            "lane": self.lane,
            "of_boot": self.boot,
            "from": self.first,
            "to": self.last,
            "count": self.count,
            "why": self.why,
        }


def from_fields(fields):
    """Return the loss that an event reports, None for any other event."""
    if fields.get("what") != "outbox.dropped":
        return None
    return Loss(
        fields["lane"],
        fields["of_boot"],
        fields["from"],
        fields["to"],
        fields["count"],
        fields["why"],
    )


class Losses:
    """What was lost and no event on flash reports yet, and what counts it.

    waiting   Losses to be reported
    urgent    whether they have to be reported with the next event
    dropped   how many records were lost since the start, by lane
    """

    def __init__(self, spool):
        self._spool = spool
        self.waiting = []
        self.urgent = False
        self.dropped = {EVENT: 0, TELEMETRY: 0}
        self._gaps = []  # missing numbers that were told: (lane, boot, first, last)
        self._tell_again = False  # a report may have been among what was damaged

    def join(self, new):
        """Take a loss: into a range that it continues, else as one of its own."""
        for loss in self.waiting:
            if loss.takes(new):
                return
        self.waiting.append(new)

    def lost_range(self, lane, boot, first, last, why):
        """Keep in mind that records `first`..`last` are lost."""
        self.join(Loss(lane, boot, first, last, last - first + 1, why))

    def lost(self, lane, boot, first, last, why):
        """Count records `first`..`last` as lost and keep that in mind."""
        self.lost_range(lane, boot, first, last, why)
        self.dropped[lane] += last - first + 1

    def lost_reading(self, boot, seq, why):
        """A reading in RAM had to go. Each report is a write to flash; readings lost one by one share it."""
        self.lost(TELEMETRY, boot, seq, seq, why)
        self.urgent = self.urgent or self.dropped[TELEMETRY] % _LOST_TOGETHER == 0

    def give_up(self, segment, acked):
        """Note a segment's records after number `acked` as lost for want of room; what it reports is told again."""
        self.urgent = True
        if segment.lane == EVENT:
            self._gaps.clear()
            self._tell_losses_of(segment)
        first = max(segment.first, acked + 1)
        if first <= segment.last:
            self.lost(segment.lane, segment.boot, first, segment.last, "full")

    def _tell_losses_of(self, segment):
        try:
            for _, kind, payload in self._spool.records(segment):
                loss = from_fields(json.loads(payload)) if kind == "node" else None
                if loss is not None:
                    self.join(loss)
        except StoreError:  # its losses will be found missing
            pass

    def missing(self, segment, first, last):
        """Records `first`..`last` of a segment are damaged, if there are any such numbers; they are told once."""
        spool = self._spool
        if first <= last and segment not in spool.noted:
            spool.holed.add(segment)
            room = len(self.waiting) < _KEPT_APART
            if room:
                self.lost_range(segment.lane, segment.boot, first, last, "damaged")
                self.urgent = True
            if segment not in spool.counted:
                self.dropped[segment.lane] += last - first + 1
                self._tell_again = self._tell_again or segment.lane == EVENT
            if not room:
                return  # found again after the next rewind
        if last == segment.last and segment in spool.holed:  # looked at to its end
            spool.noted.add(segment)
            spool.counted.add(segment)

    def gap(self, lane, boot, first, last):
        """No record has the numbers `first`..`last`: tell that, once."""
        gap = (lane, boot, first, last)
        if gap not in self._gaps and len(self.waiting) < _KEPT_APART:
            del self._gaps[: max(0, len(self._gaps) - _KEPT_APART + 1)]
            self._gaps.append(gap)
            self.lost_range(lane, boot, first, last, "gone")

    def look_again(self):
        """Find what is missing anew, if a report of it may have been among what was damaged."""
        if self._tell_again:
            self._tell_again = False
            self._gaps.clear()
            self._spool.noted.clear()
