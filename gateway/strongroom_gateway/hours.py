"""Opening hours: "mon-fri 08:30-12:00" in a time zone, and when they next begin or end."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LINE = re.compile(
    r"^(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?"
    r" +(?P<from>[0-2]\d:[0-5]\d)-(?P<to>[0-2]\d:[0-5]\d)$"
)
_MINUTE_MS = 60_000
_SEARCH_DAYS = 9


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; ValueError carries the name when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as bad:
        raise ValueError(name) from bad


class OpeningHours(msgspec.Struct, frozen=True):
    """Minutes of the day that are open, for each weekday from Monday."""

    spans: tuple[tuple[tuple[int, int], ...], ...]
    local: ZoneInfo

    def open_at(self, now: int) -> bool:
        """Return whether Unix ms `now` lies within the hours."""
        here = datetime.fromtimestamp(now // 1000, UTC).astimezone(self.local)
        minute = here.hour * 60 + here.minute
        return any(start <= minute < end for start, end in self.spans[here.weekday()])

    def next_change(self, now: int) -> int | None:
        """Return the first full minute after `now` (Unix ms) at which open_at changes, if any
        within days.

        Found by walking the wall clock of the zone, so days with 23 or 25 hours come out right.
        """
        was = self.open_at(now)
        for moment in self._edges(now):
            if moment > now and self.open_at(moment) != was:
                return moment
        return None

    def _edges(self, now: int) -> list[int]:
        """Return candidate moments: every start and end of the coming days, and each change of UTC
        offset.
        """
        here = datetime.fromtimestamp(now // 1000, UTC).astimezone(self.local)
        edges: set[int] = set()
        for ahead in range(-1, _SEARCH_DAYS):
            day = (here + timedelta(days=ahead)).date()
            for span in self.spans[day.weekday()]:
                for minute in span:
                    midnight = datetime(day.year, day.month, day.day, tzinfo=self.local)
                    wall = midnight + timedelta(minutes=minute)
                    for fold in (0, 1):
                        edges.add(int(wall.replace(fold=fold).timestamp()) * 1000)
            edges.update(self._offset_changes(day.year, day.month, day.day))
        return sorted(edges)

    def _offset_changes(self, year: int, month: int, day: int) -> list[int]:
        start = datetime(year, month, day, tzinfo=self.local)
        end = start + timedelta(days=1)
        if start.utcoffset() == end.utcoffset():
            return []
        low, high = int(start.timestamp()) // 60, int(end.timestamp()) // 60
        before = start.utcoffset()
        while high - low > 1:
            middle = (low + high) // 2
            there = datetime.fromtimestamp(middle * 60, UTC).astimezone(self.local)
            if there.utcoffset() == before:
                low = middle
            else:
                high = middle
        return [high * _MINUTE_MS]


def parse_hours(lines: Sequence[str], local: ZoneInfo) -> OpeningHours:
    """Read hours; ValueError carries the line that cannot be read. 24:00 is the end of a day."""
    spans: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for line in lines:
        match = _LINE.match(line.strip().lower())
        if match is None:
            raise ValueError(line)
        start, end = _minutes(match["from"]), _minutes(match["to"])
        first, last = match["first"], match["last"] or match["first"]
        if first not in DAYS or last not in DAYS or not start < end <= 1440:
            raise ValueError(line)
        a, b = DAYS.index(first), DAYS.index(last)
        for n in range(a, b + 1 if b >= a else b + 8):
            spans[n % 7].append((start, end))
    return OpeningHours(tuple(tuple(sorted(day)) for day in spans), local)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
