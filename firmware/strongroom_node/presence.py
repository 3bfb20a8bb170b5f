"""Which tags are in a reader's field, and what of that is worth an event.

Pure: reads and times in, reports out; no clock, no node. A report is
(act, id, antenna, RSSI in dBm or None, n, span in ms):

    seen   the first read of a tag
    more   the reads of one antenna since its last report, RSSI the strongest of them: 200 ms after
           the first read, then 400, 800, ... up to a minute apart, and at once when the tag turns
           up at another antenna
    gone   an antenna has not heard the tag for a while; n and span are those of its whole stay
           there. All its reads were reported before, so RSSI is None: nothing new was heard.

The n of all seen and more add up to the reads that were fed, and so do those of all gone. Reports
of one moment are in the order of their last reads. A box that lies near the gate all night costs an
event a minute; one that lies between two antennas changes with every read, so of changes only
_SWAPS are told at once, and one more every _SWAP_MS.
"""

from strongroom_node.compat import IS_MICROPYTHON, const

_FIRST_MS = const(200)
_LAST_MS = const(60000)
_SWAPS = const(10)
_SWAP_MS = const(20000)
_SWAP_GAP_MS = const(250)  # between two changes of antenna told at once
# Tags followed at once: each takes 330 bytes of an ESP32's heap.
MOST = 32 if IS_MICROPYTHON else 500


class _Side:
    """One antenna: its reads since the last report, and its stay."""

    __slots__ = ("began", "first", "last", "n", "rssi", "total")

    def __init__(self, now):
        self.n = 0
        self.rssi = None
        self.first = self.last = self.began = now
        self.total = 0

    def read(self, rssi, now):
        """Count one read."""
        if not self.n:
            self.first = now
            self.rssi = rssi
        elif rssi is not None and (self.rssi is None or rssi > self.rssi):
            self.rssi = rssi
        self.n += 1
        self.total += 1
        self.last = now


class _Stay:
    """One tag in the field."""

    __slots__ = (
        "due",
        "interval",
        "misses",
        "sides",
        "soon",
        "swapped",
        "swaps",
        "told",
        "told_ant",
    )

    def __init__(self, now):
        self.sides = {}
        self.interval = _FIRST_MS
        self.due = now  # the next regular report
        self.soon = None  # the next report of a change of antenna
        self.told = now  # when the last report was
        self.told_ant = None
        self.swaps = _SWAPS  # changes that may still be told at once
        self.swapped = now
        self.misses = 0

    def may_swap(self, now):
        """Use up one of the changes that may be told at once, if there is one."""
        earned = (now - self.swapped) // _SWAP_MS
        self.swaps = min(_SWAPS, self.swaps + earned)
        self.swapped += earned * _SWAP_MS
        if self.swaps == 0:
            return False
        self.swaps -= 1
        return True


class Presence:
    """The tags at one reader, over all of its antennas; at most `most` of them."""

    def __init__(self, most=MOST):
        self._most = most
        self._stays = {}
        self._deaf = set()  # antennas whose reader does not answer
        self._back = {}  # antenna -> when its reader answered again
        self.refused = 0  # reads of tags beyond `most`

    def __len__(self):
        return len(self._stays)

    def read(self, tag, ant, rssi, now):
        """Take one read at `now` (ms that never wrap); return its reports, often none."""
        stay = self._stays.get(tag)
        if stay is None:
            if len(self._stays) >= self._most:
                self.refused += 1
                return []
            stay = self._stays[tag] = _Stay(now)
            stay.sides[ant] = _Side(now)
            stay.sides[ant].read(rssi, now)
            return self._tell("seen", tag, stay, now)
        stay.misses = 0
        side = stay.sides.get(ant)
        arrived = side is None
        if arrived:
            side = stay.sides[ant] = _Side(now)
        side.read(rssi, now)
        if ant != stay.told_ant and stay.soon is None and stay.may_swap(now):
            stay.soon = max(now, stay.told + _SWAP_GAP_MS)
            if arrived:
                stay.soon = now
            if arrived and stay.may_swap(now):  # it moves: tell of it as closely as at first
                stay.interval = _FIRST_MS
                stay.due = now + _FIRST_MS
        return self._tell_due(tag, stay, now)

    def listens(self, ant, sound, now):
        """Say whether an antenna's reader is sound: while it is not, nobody there ages."""
        if sound and ant in self._deaf:
            self._deaf.discard(ant)
            self._back[ant] = now
        elif not sound:
            self._deaf.add(ant)

    def tick(self, now, age):
        """Return what is due: reports that waited, and the end of stays not heard of for `age` ms."""
        reports = []
        for tag in list(self._stays):
            stay = self._stays[tag]
            over = [ant for ant, side in stay.sides.items() if self._lost(ant, side, now, age)]
            if over:
                reports.extend(self._end(tag, stay, over, now))
            else:
                reports.extend(self._tell_due(tag, stay, now))
        return reports

    def missed(self, here, misses, now):
        """Return the end of the stays of tags that are not `here` in `misses` looks in a row."""
        reports = []
        for tag in list(self._stays):
            stay = self._stays[tag]
            if tag in here:
                continue
            stay.misses += 1
            if stay.misses >= misses:
                reports.extend(self._end(tag, stay, list(stay.sides), now))
        return reports

    def forget(self, tag):
        """Drop a tag whose reports were lost: its next read is seen again."""
        self._stays.pop(tag, None)

    def _lost(self, ant, side, now, age):
        return ant not in self._deaf and now - max(side.last, self._back.get(ant, 0)) >= age

    def _end(self, tag, stay, antennas, now):
        reports = self._tell("more", tag, stay, now)
        for ant in sorted(antennas, key=lambda one: stay.sides[one].last):
            side = stay.sides.pop(ant)
            reports.append(("gone", tag, ant, None, side.total, side.last - side.began))
        if not stay.sides:
            del self._stays[tag]
        return reports

    def _tell_due(self, tag, stay, now):
        if now >= stay.due or (stay.soon is not None and now >= stay.soon):
            return self._tell("more", tag, stay, now)
        return []

    @staticmethod
    def _tell(act, tag, stay, now):
        """Report what every antenna has that was not told; set the time of the next report."""
        reports = []
        for ant, side in sorted(stay.sides.items(), key=_last_read):
            if side.n:
                reports.append((act, tag, ant, side.rssi, side.n, side.last - side.first))
                side.n = 0
                stay.told, stay.told_ant = now, ant
        if reports:
            stay.soon = None
        if now >= stay.due:
            stay.due = now + stay.interval
            stay.interval = min(_LAST_MS, stay.interval * 2)
        return reports


def _last_read(item):
    return item[1].last


def fields(reader, tech, report):
    """Return a report as the fields of event/tag."""
    act, tag, ant, rssi, n, span = report
    found = {"reader": reader, "id": tag, "act": act, "tech": tech, "ant": ant, "rssi": rssi}
    found.update({"n": n, "span": span})
    return found
