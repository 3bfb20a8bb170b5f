"""Working days: weekends, holidays and the days worked in exchange for them (调休). Pure.

Which days these are is announced from year to year, so they come from a list that a site keeps. In
a year the list says nothing of, weekends are the only days off; `lists` tells of which it does.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from .errors import StrongroomError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HEADER: Final = ["date", "to", "kind"]
_KINDS: Final = {"off": False, "work": True, "休": False, "班": True}
_LONGEST: Final = timedelta(days=31)
_SEARCH: Final = 400
"""Days in a row without a working day among them: the list is wrong."""
_DAY: Final = timedelta(days=1)


class CalendarError(StrongroomError):
    """A list of days cannot be read: which line, and why, as the key of a text."""

    def __init__(self, line: int, key: str, value: str) -> None:
        self.line, self.key, self.value = line, key, value
        super().__init__(f"{line}: {key} {value}")


class WorkingDays(msgspec.Struct, frozen=True):
    """On which days people work."""

    weekend: frozenset[int] = frozenset({5, 6})
    """Days of the week, Monday is 0."""
    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Return whether people work on a day."""
        if day in self.work:
            return True
        return day not in self.off and day.weekday() not in self.weekend

    def after(self, day: date, count: int) -> date:
        """Return the working day that is `count` working days after a day; for 0 that day, or the
        first working day behind it.
        """
        here = day if count else day - _DAY
        for _ in range(max(count, 1)):
            here = self._next(here)
        return here

    def between(self, day: date, until: date) -> int:
        """Return how many working days lie behind `day` up to and with `until`."""
        days = (day + n * _DAY for n in range(1, (until - day).days + 1))
        return sum(self.is_working(one) for one in days)

    def lists(self, year: int) -> bool:
        """Return whether the list says anything of a year."""
        return any(day.year == year for day in (*self.off, *self.work))

    def _next(self, day: date) -> date:
        for n in range(1, _SEARCH):
            if self.is_working(day + n * _DAY):
                return day + n * _DAY
        raise CalendarError(0, "config.calendar_never", day.isoformat())


class _Line(NamedTuple):
    number: int
    first: date
    last: date
    works: bool


def read(lines: Iterable[str], weekend: Iterable[Weekday] = ("sat", "sun")) -> WorkingDays:
    """Return the working days of a list in CSV: `date,to,kind` and whatever else a site notes there.

    `kind` is off (休) or work (班), `to` the last day where there are several; lines that begin
    with # are remarks. Raises CalendarError.
    """
    days: dict[bool, set[date]] = {False: set(), True: set()}
    for line in _lines(lines):
        day = line.first
        while day <= line.last:
            if day in days[False] or day in days[True]:
                raise CalendarError(line.number, "config.calendar_twice", day.isoformat())
            days[line.works].add(day)
            day += _DAY
    free = frozenset(WEEK.index(day) for day in weekend)
    return WorkingDays(free, frozenset(days[False]), frozenset(days[True]))


def _lines(lines: Iterable[str]) -> Iterator[_Line]:
    header = False
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in next(csv.reader([line.lstrip("\ufeff")]), [])]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if not header:
            if cells[:3] != _HEADER:
                raise CalendarError(number, "config.calendar_header", ",".join(cells[:3]))
            header = True
            continue
        cells += [""] * (3 - len(cells))
        if cells[2] not in _KINDS:
            raise CalendarError(number, "config.calendar_kind", cells[2])
        first = _date(cells[0], number)
        last = _date(cells[1], number) if cells[1] else first
        if not first <= last <= first + _LONGEST:
            raise CalendarError(number, "config.calendar_span", f"{first}-{last}")
        yield _Line(number, first, last, _KINDS[cells[2]])


def _date(cell: str, number: int) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError as bad:
        raise CalendarError(number, "config.calendar_date", cell) from bad
