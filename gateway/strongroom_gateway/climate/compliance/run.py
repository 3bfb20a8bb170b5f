"""Compliance of one sensor's readings: put them in one by one, take days, months and years out.

Memory does not grow with the readings: it is that of 24 hours of them (for a rolling swing) and of
the days, gaps and excursions that come out. With `on_day` the days are handed over and not kept.
"""

from collections.abc import Callable, Iterable
from datetime import date

from .calendar import Days, month_of, year_of
from .hold import Holder, Stretch
from .limits import Definition
from .swing import HALF, Judged
from .tally import Period, Result
from .track import Track

Pair = tuple[float | None, float | None]
"""°C and %RH; None where the reading has none."""
OnDay = Callable[[Period], None]


class Compliance:
    """Takes the readings of one sensor in order of time; `close` gives the result.

    The time asked for is `start` to `end` (Unix ms, end not included). A reading before it counts
    with what it holds inside; one behind it is ignored.
    """

    def __init__(
        self, definition: Definition, start: int, end: int, on_day: OnDay | None = None
    ) -> None:
        if end <= start:
            raise ValueError("the time asked for must end after it starts")
        self._start, self._end = start, end
        self._days = Days(definition.time_zone)
        self._holder: Holder[Pair] = Holder(definition.hold)
        self._tracks = (Track("t", definition), Track("rh", definition))
        self._kept: list[Period] = []
        self._on_day = on_day or self._kept.append
        self._whole = Period("", start, end)
        self._open: dict[date, Period] = {}
        self._months: dict[date, Period] = {}
        self._years: dict[date, Period] = {}
        self._gaps: list[tuple[int, int]] = []
        self._unknown: tuple[int, int] | None = None
        self._at = start
        self._first_end = end

    def add(self, at: int, t: float | None, rh: float | None, hold: int | None = None) -> None:
        """Take a reading: Unix ms, °C, %RH (None for a quantity that it does not have).

        `hold` in ms where it holds for another time than the definition says.
        """
        if at >= self._end:
            return
        holder = self._holder
        before = (holder.duplicates, holder.conflicting, holder.backwards)
        for stretch in holder.add(at, (t, rh), hold):
            self._take(stretch)
        if at >= self._start:
            # One that is older than the last counts where it arrived: its own day may be closed.
            day = self._day(self._days.of(max(at, holder.latest)))
            day.readings += 1
            day.duplicates += holder.duplicates - before[0]
            day.conflicting += holder.conflicting - before[1]
            day.backwards += holder.backwards - before[2]

    def add_all(self, readings: Iterable[tuple[int, float | None, float | None]]) -> "Compliance":
        """Take many readings."""
        for at, t, rh in readings:
            self.add(at, t, rh)
        return self

    def close(self) -> Result:
        """End the last reading and return the result."""
        for stretch in self._holder.close(self._end):
            self._take(stretch)
        self._miss(self._at, self._end)
        self._tell_gap()
        for track in self._tracks:
            self._judged(track, track.close())
        for day in sorted(self._open):
            self._finish(day)
        return Result(
            self._whole,
            list(self._years.values()),
            list(self._months.values()),
            self._kept,
            {track.name: track.found for track in self._tracks},
            self._gaps,
            {track.name: track.crossings for track in self._tracks},
        )

    def _take(self, stretch: Stretch[Pair]) -> None:
        start, end = max(stretch.start, self._start), min(stretch.end, self._end)
        if start >= end:
            return
        self._miss(self._at, start)
        self._at = end
        if stretch.value is None or stretch.value == (None, None):
            self._miss(start, end)
            return
        self._tell_gap()
        self._known(start, end, stretch.value, fresh=start == stretch.start)

    def _miss(self, start: int, end: int) -> None:
        if start < end:
            self._unknown = (start if self._unknown is None else self._unknown[0], end)

    def _known(self, start: int, end: int, value: Pair, *, fresh: bool) -> None:
        sides = [
            None if one is None else track.side(one)
            for track, one in zip(self._tracks, value, strict=True)
        ]
        today = self._day(self._days.of(start))
        for track, one in zip(self._tracks, value, strict=True):
            if one is not None and fresh:
                track.of(today).seen(one, start)
            self._judged(track, track.add(start, end, one))
        for name, begin, until in self._days.parts(start, end):
            day = self._day(name)
            ms = until - begin
            for track, one, side in zip(self._tracks, value, sides, strict=True):
                if one is not None and side is not None:
                    track.of(day).held(one, ms, side)
            if None not in sides:
                day.known += ms
                day.inside += ms if sides == [0, 0] else 0
        self._finish_until(start - HALF)

    def _tell_gap(self) -> None:
        if self._unknown is None:
            return
        (start, end), self._unknown = self._unknown, None
        for track in self._tracks:
            track.add(start, end, None)
        self._gaps.append((start, end))
        self._whole.missed(end - start)
        months: dict[date, int] = {}
        years: dict[date, int] = {}
        for name, begin, until in self._days.parts(start, end):
            ms = until - begin
            self._day(name).missed(ms)
            months[month_of(name)] = months.get(month_of(name), 0) + ms
            years[year_of(name)] = years.get(year_of(name), 0) + ms
        for month, ms in months.items():
            self._month(month).missed(ms)
        for year, ms in years.items():
            self._year(year).missed(ms)

    def _judged(self, track: Track, judged: list[Judged]) -> None:
        for one in judged:
            day = self._day(self._days.of(one.at))
            track.of(day).swung(one.ms, one.swing, one.keeps)

    # -- days, months, years -----------------------------------------------------------------------

    def _day(self, day: date) -> Period:
        found = self._open.get(day)
        if found is None:
            found = self._open[day] = self._period(day.isoformat(), *self._days.bounds(day))
            self._first_end = min(self._first_end, found.end)
        return found

    def _month(self, month: date) -> Period:
        found = self._months.get(month)
        if found is None:
            after = month_of(date.fromordinal(month.toordinal() + 31))
            found = self._months[month] = self._between(f"{month:%Y-%m}", month, after)
        return found

    def _year(self, year: date) -> Period:
        found = self._years.get(year)
        if found is None:
            after = year.replace(year=year.year + 1)
            found = self._years[year] = self._between(f"{year:%Y}", year, after)
        return found

    def _between(self, name: str, first: date, after: date) -> Period:
        return self._period(name, self._days.bounds(first)[0], self._days.bounds(after)[0])

    def _period(self, name: str, start: int, end: int) -> Period:
        return Period(name, max(start, self._start), min(end, self._end))

    def _finish_until(self, moment: int) -> None:
        """Hand over, in order, the days that nothing can be added to any more."""
        if moment < self._first_end:
            return
        for name in sorted(self._open):
            if self._open[name].end > moment:
                break
            self._finish(name)
        self._first_end = min((day.end for day in self._open.values()), default=self._end)

    def _finish(self, name: date) -> None:
        day = self._open.pop(name)
        for track in self._tracks:
            track.judge_day(day)
        self._month(month_of(name)).plus(day)
        self._year(year_of(name)).plus(day)
        self._whole.plus(day)
        self._on_day(day)
