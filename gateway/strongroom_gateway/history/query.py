"""The history read: readings, minutes, hours and days of a sensor; its own read-only connection."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from ..climate.compliance.calendar import Days
from . import schema
from .days import DIGEST, HistoryError
from .levels import Channel, channel
from .readings import Reading, unpack_readings
from .rollup import HOUR, MINUTE, Bucket, Part, Rolled, minutes_of, roll_up, unpack_buckets

DAY: Final = 24 * HOUR
Step = Literal["minute", "hour", "day"]


class Source(NamedTuple):
    """Where readings came from: `kind` is live or import."""

    id: int
    at: int
    kind: str
    file: str
    sha256: str
    hold: int
    said: str


class DayRow(NamedTuple):
    """A closed day of a sensor with what it was sealed with."""

    sensor: str
    day: str
    readings: int
    sha256: str
    minutes_sha256: str
    revision: int


class HistoryReader:
    """Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise HistoryError(f"{path}: no such file")
        self._connection = schema.connect_reader(path)
        found = self._connection.execute(
            "SELECT value FROM meta WHERE key = 'time_zone'"
        ).fetchone()
        if found is None:
            raise HistoryError(f"{path}: was never used")
        self.time_zone = str(found[0])
        self.days = Days(self.time_zone)

    def holds(self) -> dict[int, int]:
        """Return for how many ms the readings of each source hold at most."""
        return dict(self._connection.execute("SELECT id, hold FROM source").fetchall())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def sensors(self) -> list[str]:
        """Return the names of all sensors of temperature and humidity."""
        rows = self._connection.execute("SELECT name FROM sensor WHERE quantity = '' ORDER BY name")
        return [str(name) for (name,) in rows]

    def channels(self) -> list[Channel]:
        """Return the channels of air and light, by sensor and quantity."""
        rows = self._connection.execute("SELECT name FROM sensor WHERE quantity != ''")
        found = [one for (name,) in rows if (one := channel(str(name))) is not None]
        return sorted(found)

    def sources(self) -> list[Source]:
        """Return where readings came from."""
        rows = self._connection.execute(
            "SELECT id, at, kind, file, sha256, hold, said FROM source ORDER BY id"
        )
        return list(map(Source._make, rows))

    def span(self, sensor: str) -> tuple[int, int] | None:
        """Return the first and the last moment (Unix ms) of readings of a sensor; None without."""
        number = self._number(sensor)
        first, last = self._connection.execute(
            "SELECT min(day), max(day) FROM (SELECT day FROM day WHERE sensor = ?1"
            " UNION ALL SELECT day FROM fresh WHERE sensor = ?1)",
            (number,),
        ).fetchone()
        if first is None:
            return None
        opening = next(self._of_day(number, first), None)
        ending = list(self._of_day(number, last))
        bounds = self.days.bounds
        return (
            opening.at if opening else bounds(date.fromisoformat(first))[0],
            ending[-1].at if ending else bounds(date.fromisoformat(last))[1],
        )

    def readings(self, sensor: str, start: int, end: int) -> Iterator[Reading]:
        """Yield the readings of a sensor from `start` to `end` (Unix ms), in order of time.

        One day is held at a time. Days whose readings have been pruned yield nothing.
        """
        number = self._number(sensor)
        for day in self._days_with_any(number, start, end):
            for one in self._of_day(number, day):
                if start <= one.at < end:
                    yield one

    def pruned_days(self, sensor: str, start: int, end: int) -> list[str]:
        """Return the days of which only minutes, hours and the day itself are left."""
        first, last = self._names(start, end)
        rows = self._connection.execute(
            "SELECT day FROM day WHERE sensor = ?1 AND day BETWEEN ?2 AND ?3 AND NOT EXISTS"
            " (SELECT 1 FROM raw WHERE raw.sensor = day.sensor AND raw.day = day.day) ORDER BY day",
            (self._number(sensor), first, last),
        )
        return [str(day) for (day,) in rows]

    def minutes(self, sensor: str, start: int, end: int) -> Iterator[Bucket]:
        """Yield the minutes of a sensor; those of days with few readings, and of days that are not
        closed, are made from the readings.
        """
        number, holds = self._number(sensor), self.holds()
        before: Reading | None = None
        for day in self._days_with_any(number, start - max(holds.values()), end):
            begin, until = self.days.bounds(date.fromisoformat(day))
            packed = self._connection.execute(
                "SELECT data FROM minute WHERE sensor = ? AND day = ?", (number, day)
            ).fetchone()
            rows = list(self._of_day(number, day))
            if packed is not None:
                buckets = unpack_buckets(packed[0], begin, MINUTE)
            else:
                buckets = minutes_of(rows, begin, until, holds, before)
            before = rows[-1] if rows else None
            yield from (one for one in buckets if start <= one.at < end)

    def hours(self, sensor: str, start: int, end: int) -> list[Bucket]:
        """Return the hours of closed days that begin from `start` to `end` (Unix ms)."""
        return self._rows("hour", sensor, start, end)

    def day_buckets(self, sensor: str, start: int, end: int) -> list[Bucket]:
        """Return the closed days that begin from `start` to `end` (Unix ms)."""
        return self._rows("day", sensor, start, end)

    def rolled(self, step: Step, sensor: str, start: int, end: int) -> list[tuple[Any, ...]]:
        """Return hours or days of closed days that begin from `start` to `end` (Unix ms) as rows of
        at, readings, and of t and of rh: mean, low, high, ms known.
        """
        return self._connection.execute(
            "SELECT at, readings, t_mean, t_low, t_high, t_known, rh_mean, rh_low, rh_high, rh_known"  # noqa: S608  # one of two words
            f" FROM {step} WHERE sensor = ? AND at >= ? AND at < ? ORDER BY at",
            (self._number(sensor), start, end),
        ).fetchall()

    def open_days(self, sensor: str, start: int, end: int) -> Iterator[tuple[int, int, Rolled]]:
        """Yield the days that have readings and are not closed, or not with all of them: begin, end
        (Unix ms), and what it is rolled up to now.
        """
        number, holds = self._number(sensor), self.holds()
        rows = self._connection.execute(
            "SELECT DISTINCT day FROM fresh WHERE sensor = ? AND day BETWEEN ? AND ? ORDER BY day",
            (number, *self._names(start, end)),
        ).fetchall()
        for (day,) in rows:
            today = date.fromisoformat(day)
            begin, until = self.days.bounds(today)
            earlier = list(self._of_day(number, (today - timedelta(days=1)).isoformat()))
            before = earlier[-1] if earlier else None
            found = list(self._of_day(number, day))
            yield begin, until, roll_up(found, begin, until, holds, before)

    def chart(
        self, sensor: str, start: int, end: int, points: int = 2000
    ) -> tuple[Step, list[Any]]:
        """Return what to draw: the finest of minutes (of two days at most), hours or days that
        makes no more than `points`, as rows (at, t mean, low, high, rh mean, low, high).

        A bucket that is missing is a gap: the line is to be broken there.
        """
        span = end - start
        if span <= 2 * DAY and span // MINUTE <= points:
            minutes = self.minutes(sensor, start, end)
            return "minute", [(b.at, *b.t[1:], *b.rh[1:]) for b in minutes]
        step: Step = "hour" if span // HOUR <= points else "day"
        rows = self._connection.execute(
            "SELECT at, t_mean, t_low, t_high, rh_mean, rh_low, rh_high"  # noqa: S608  # one of two words
            f" FROM {step} WHERE sensor = ? AND at >= ? AND at < ? ORDER BY at",
            (self._number(sensor), start, end),
        )
        return step, rows.fetchall()

    def reading_count(self, sensor: str, start: int, end: int) -> int:
        """Return how many readings closed days have that begin from `start` to `end` (Unix ms)."""
        found = self._connection.execute(
            "SELECT coalesce(sum(readings), 0) FROM day WHERE sensor = ? AND at >= ? AND at < ?",
            (self._number(sensor), start, end),
        ).fetchone()
        return int(found[0])

    def refused(self, sensor: str, start: int, end: int) -> int:
        """Return how many readings were left out of closed days, not being believed."""
        found = self._connection.execute(
            "SELECT coalesce(sum(refused), 0) FROM day WHERE sensor = ? AND at >= ? AND at < ?",
            (self._number(sensor), start, end),
        ).fetchone()
        return int(found[0])

    def day_rows(self, after: tuple[str, str] = ("", ""), limit: int = 1000) -> list[DayRow]:
        """Return closed days of all sensors behind (sensor, day), in that order."""
        rows = self._connection.execute(
            "SELECT sensor.name, day, readings, sha256, minutes_sha256, revision FROM day"
            " JOIN sensor ON sensor.id = day.sensor WHERE (sensor.name, day) > (?, ?)"
            " ORDER BY sensor.name, day LIMIT ?",
            (*after, limit),
        )
        return list(map(DayRow._make, rows))

    def packed(self, sensor: str, day: str) -> tuple[bytes | None, bytes | None]:
        """Return the packed readings and minutes of a closed day, None for what is not kept."""
        number = self._number(sensor)
        raw = self._connection.execute(
            "SELECT data FROM raw WHERE sensor = ? AND day = ?", (number, day)
        ).fetchone()
        minutes = self._connection.execute(
            "SELECT data FROM minute WHERE sensor = ? AND day = ?", (number, day)
        ).fetchone()
        return raw and raw[0], minutes and minutes[0]

    def unsealed(self) -> int:
        """Return how many things wait for their place in the ledger."""
        return int(
            self._connection.execute("SELECT count(*) FROM seal WHERE idx IS NULL").fetchone()[0]
        )

    def waiting(self) -> set[tuple[str, str, int]]:
        """Return the days whose digest waits for its place in the ledger: sensor, day, revision."""
        rows = self._connection.execute(
            "SELECT body FROM seal WHERE idx IS NULL AND kind = ?", (DIGEST,)
        )
        days = (one for (body,) in rows for one in json.loads(body)["days"])
        return {(one["sensor"], one["day"], one["revision"]) for one in days}

    def _of_day(self, number: int, day: str) -> Iterator[Reading]:
        packed = self._connection.execute(
            "SELECT data FROM raw WHERE sensor = ? AND day = ?", (number, day)
        ).fetchone()
        rows = [] if packed is None else unpack_readings(packed[0])
        late = self._connection.execute(
            "SELECT at, t, rh, source FROM fresh WHERE day = ? AND sensor = ?"
            " AND NOT EXISTS (SELECT 1 FROM refused WHERE refused.sensor = fresh.sensor"
            " AND refused.boot = fresh.boot AND fresh.seq BETWEEN refused.first AND refused.last)"
            " ORDER BY at, rowid",
            (day, number),
        ).fetchall()
        if late:
            rows = sorted([*rows, *map(Reading._make, late)], key=lambda one: one.at)
        return iter(rows)

    def _days_with_any(self, number: int, start: int, end: int) -> list[str]:
        first, last = self._names(start, end)
        rows = self._connection.execute(
            "SELECT day FROM day WHERE sensor = ?1 AND day BETWEEN ?2 AND ?3"
            " UNION SELECT day FROM fresh WHERE sensor = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day",
            (number, first, last),
        )
        return [str(day) for (day,) in rows]

    def _names(self, start: int, end: int) -> tuple[str, str]:
        return self.days.of(start).isoformat(), self.days.of(max(start, end - 1)).isoformat()

    def _rows(self, table: Step, sensor: str, start: int, end: int) -> list[Bucket]:
        rows = self._connection.execute(
            "SELECT at, readings, t_known, t_mean, t_low, t_high,"  # noqa: S608  # one of two words
            f" rh_known, rh_mean, rh_low, rh_high FROM {table}"
            " WHERE sensor = ? AND at >= ? AND at < ? ORDER BY at",
            (self._number(sensor), start, end),
        )
        return [Bucket(r[0], r[1], Part(*r[2:6]), Part(*r[6:])) for r in rows]

    def _number(self, sensor: str) -> int:
        found = self._connection.execute(
            "SELECT id FROM sensor WHERE name = ?", (sensor,)
        ).fetchone()
        if found is None:
            known = ", ".join(self.sensors()) or "none"
            raise HistoryError(f"there is no sensor {sensor} in the history; there is {known}")
        return int(found[0])
