"""Which tags are in a reader's field, and what of that is worth an event. Pure: reads and times in, reports out.

A tag is `seen` at its first read, `more` is said of it less and less often while it stays, and `gone` closes its
stay. So a box that lies near the gate all night costs an event a minute, and one that is carried past is told of at
once. A report is (act, id, ant, rssi, n, span): reads and their ms since the last report of this antenna; in `gone`
those of the whole stay, which every stay ends with.
"""

FIRST_MS, LAST_MS = (
    200,
    60000,
)  # between reports of a tag that stays: doubling from the one to the other
SWAPS = 10  # changes of antenna told at once ...
SWAP_MS = 6000  # ... and how long it takes until one more is allowed
MOST = 64  # tags followed at once


class _Side:
    """What one antenna has read since its last report."""

    __slots__ = ("first", "last", "n", "rssi")

    def __init__(self):
        self.n = 0
        self.rssi = None
        self.first = self.last = 0

    def read(self, rssi, now):
        """Count one read."""
        if not self.n:
            self.first = now
            self.rssi = rssi
        elif rssi is not None and (self.rssi is None or rssi > self.rssi):
            self.rssi = rssi
        self.n += 1
        self.last = now


class _Stay:
    """One tag in the field."""

    __slots__ = (
        "ant",
        "due",
        "first",
        "interval",
        "last",
        "misses",
        "n",
        "rssi",
        "sides",
        "swapped",
        "swaps",
    )

    def __init__(self, now):
        self.first = self.last = now
        self.n = 0
        self.rssi = None
        self.ant = None
        self.sides = {}
        self.interval = FIRST_MS
        self.due = now
        self.swaps = SWAPS
        self.swapped = now
        self.misses = 0


class Presence:
    """The tags at one reader, over all of its antennas."""

    def __init__(self, most=MOST):
        self._most = most
        self._stays = {}
        self.refused = 0  # reads of tags beyond `most`

    def __len__(self):
        return len(self._stays)

    def read(self, tag, ant, rssi, now):
        """Take one read; return its reports, often none."""
        stay = self._stays.get(tag)
        if stay is None:
            if len(self._stays) >= self._most:
                self.refused += 1
                return []
            stay = self._stays[tag] = _Stay(now)
        known = stay.n > 0
        swapped = known and ant != stay.ant
        stay.n += 1
        stay.misses = 0
        stay.last, stay.ant = now, ant
        if stay.rssi is None or (rssi is not None and rssi > stay.rssi):
            stay.rssi = rssi
        side = stay.sides.get(ant)
        if side is None:
            side = stay.sides[ant] = _Side()
        side.read(rssi, now)
        if not known:
            stay.due = now + FIRST_MS
            return self._tell("seen", tag, stay)
        if (swapped and self._may_swap(stay, now)) or now >= stay.due:
            if now >= stay.due:
                stay.interval = min(LAST_MS, stay.interval * 2)
            stay.due = now + stay.interval
            return self._tell("more", tag, stay)
        return []

    def aged(self, now, age):
        """Return the last reports of the tags not read for `age` ms."""
        return self._end([tag for tag, stay in self._stays.items() if now - stay.last >= age])

    def missed(self, here, misses):
        """Return the last reports of the tags that are not `here` in `misses` looks in a row."""
        over = []
        for tag, stay in self._stays.items():
            if tag not in here:
                stay.misses += 1
                if stay.misses >= misses:
                    over.append(tag)
        return self._end(over)

    def _end(self, tags):
        reports = []
        for tag in tags:
            stay = self._stays.pop(tag)
            reports.extend(self._tell("more", tag, stay))
            reports.append(("gone", tag, stay.ant, stay.rssi, stay.n, stay.last - stay.first))
        return reports

    @staticmethod
    def _may_swap(stay, now):
        # A tag between two antennas swaps with every read; told each time, it would flood everybody.
        while stay.swaps < SWAPS and now - stay.swapped >= SWAP_MS:
            stay.swaps += 1
            stay.swapped += SWAP_MS
        if stay.swaps == SWAPS:
            stay.swapped = now
        if stay.swaps == 0:
            return False
        stay.swaps -= 1
        return True

    @staticmethod
    def _tell(act, tag, stay):
        reports = []
        for ant, side in sorted(stay.sides.items(), key=_last_read):
            if side.n:
                reports.append((act, tag, ant, side.rssi, side.n, side.last - side.first))
                side.n = 0
        return reports


def _last_read(item):
    return item[1].last


def fields(reader, tech, report):
    """Return a report as the fields of event/tag."""
    act, tag, ant, rssi, n, span = report
    found = {"reader": reader, "id": tag, "act": act, "tech": tech, "ant": ant, "rssi": rssi}
    found.update({"n": n, "span": span})
    return found
