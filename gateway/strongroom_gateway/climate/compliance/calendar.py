"""Days, months and years of a place: local midnights as Unix ms, also where clocks change."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_ONE: Final = timedelta(days=1)


def local_day(at: int, zone: tzinfo) -> date:
    """Return the local date of a moment (Unix ms)."""
    return datetime.fromtimestamp(at / 1000, zone).date()


def midnight(day: date, zone: tzinfo) -> int:
    """Return when a local day begins, Unix ms."""
    return int(datetime.combine(day, time.min, zone).timestamp()) * 1000


class Days:
    """The days of one time zone, with the current one kept at hand: readings come in order."""

    def __init__(self, time_zone: str) -> None:
        self.zone: tzinfo = ZoneInfo(time_zone)
        self._bounds = lru_cache(maxsize=64)(self._found)
        self._day = date.min
        self._start = self._end = 0

    def bounds(self, day: date) -> tuple[int, int]:
        """Return the begin and the end (not included) of a local day, Unix ms."""
        return self._bounds(day)

    def of(self, at: int) -> date:
        """Return the local date of a moment (Unix ms)."""
        if not self._start <= at < self._end:
            self._day = local_day(at, self.zone)
            self._start, self._end = self.bounds(self._day)
        return self._day

    def parts(self, start: int, end: int) -> Iterator[tuple[date, int, int]]:
        """Split a stretch of time (Unix ms) at local midnights; yield (day, start, end)."""
        while start < end:
            day = self.of(start)
            until = min(end, self._end)
            yield day, start, until
            start = until

    def _found(self, day: date) -> tuple[int, int]:
        return midnight(day, self.zone), midnight(day + _ONE, self.zone)


def month_of(day: date) -> date:
    """Return the first day of the month of a day."""
    return day.replace(day=1)


def year_of(day: date) -> date:
    """Return the first day of the year of a day."""
    return day.replace(month=1, day=1)
