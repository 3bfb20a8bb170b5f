"""The days of the history: what a day of a sensor is made of, and what of it is to be sealed.

Everything here happens inside a transaction of `store.History`.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from ..climate.compliance.calendar import Days
from ..errors import StrongroomError
from ..ledger.canonical import canonical
from .readings import Reading, digest, pack_readings, unpack_readings
from .rollup import MINUTE, Bucket, pack_buckets, roll_up

DIGEST: Final = "climate.day_digest"
_ROWS_OF_A_SEAL: Final = 100
_ONE: Final = timedelta(days=1)


class HistoryError(StrongroomError):
    """The history cannot be used like that; the text says why."""


class Closed(NamedTuple):
    """A day of a sensor as it is now sealed."""

    sensor: str
    day: str
    readings: int
    sha256: str
    minutes_sha256: str
    refused: int
    revision: int


class DayBook:
    """Days as they lie in the tables. `holds` says for how many ms readings of a source hold."""

    def __init__(
        self, connection: sqlite3.Connection, days: Days, time_zone: str, holds: dict[int, int]
    ) -> None:
        self._connection = connection
        self.days, self.time_zone, self._holds = days, time_zone, holds

    def merge(
        self, sensor: int, day: str, rows: list[Reading], refused: int = 0
    ) -> tuple[int, list[Closed]]:
        """Add readings to a day of a sensor; return how many are new and the days that changed.

        `refused` more were left out of them.
        """
        old = self.raw(sensor, day)
        revision = self.revision(sensor, day)
        if revision and old is None:
            raise HistoryError(
                f"the readings of {day} have been pruned: more of them cannot be added"
            )
        there = Counter(one[:3] for one in old or [])
        fresh = []
        for one in rows:
            if there[one[:3]] > 0:
                there[one[:3]] -= 1
            else:
                fresh.append(one)
        if not fresh and not refused:
            return 0, []
        merged = sorted([*(old or []), *fresh], key=lambda one: one.at)
        refused += self._refused_of(sensor, day)
        closed = [self._write_day(sensor, day, merged, revision + 1, refused)]
        after = (date.fromisoformat(day) + _ONE).isoformat()
        following = self.raw(sensor, after)
        if (
            following is not None
            and merged
            and self._reaches(merged[-1], self.days.bounds(date.fromisoformat(after))[0])
        ):
            # What holds over midnight changes the next day's minutes, not its readings.
            later = self.revision(sensor, after) + 1
            told = self._refused_of(sensor, after)
            closed.append(self._write_day(sensor, after, following, later, told))
        return len(fresh), closed

    def set_apart(self, sensor: int, day: str) -> int:
        """Move the refused readings of a day to where they are kept apart; return how many."""
        found = (
            " FROM fresh JOIN refused ON refused.sensor = fresh.sensor AND refused.boot = fresh.boot"
            " AND fresh.seq BETWEEN refused.first AND refused.last"
            " WHERE fresh.sensor = ? AND fresh.day = ?"
        )
        execute = self._connection.execute
        execute(
            "INSERT OR IGNORE INTO unbelieved SELECT fresh.sensor, fresh.at, fresh.t, fresh.rh,"  # only fixed words
            f" fresh.boot, fresh.seq, refused.entry{found}",
            (sensor, day),
        )
        return execute(
            f"DELETE FROM fresh WHERE rowid IN (SELECT fresh.rowid{found})",  # noqa: S608  # only fixed words
            (sensor, day),
        ).rowcount

    def raw(self, sensor: int, day: str) -> list[Reading] | None:
        """Return the readings of a closed day; None when there are none, or none any more."""
        found = self._connection.execute(
            "SELECT data FROM raw WHERE sensor = ? AND day = ?", (sensor, day)
        ).fetchone()
        return None if found is None else unpack_readings(found[0])

    def revision(self, sensor: int, day: str) -> int:
        """Return how often a day was closed; 0 for one that never was."""
        found = self._connection.execute(
            "SELECT revision FROM day WHERE sensor = ? AND day = ?", (sensor, day)
        ).fetchone()
        return int(found[0]) if found else 0

    def first_unsealed(self) -> str | None:
        """Return the first day that waits for its place in the ledger."""
        days = [
            one["day"]
            for (body,) in self._connection.execute(
                "SELECT body FROM seal WHERE idx IS NULL AND kind = ?", (DIGEST,)
            )
            for one in json.loads(body)["days"]
        ]
        return min(days, default=None)

    def seal_days(self, closed: Sequence[Closed], now: int) -> None:
        """Put the digests of closed days aside for the ledger, some to an entry."""
        for first in range(0, len(closed), _ROWS_OF_A_SEAL):
            part = closed[first : first + _ROWS_OF_A_SEAL]
            body = {"days": [one._asdict() for one in part], "time_zone": self.time_zone}
            name = sha256(canonical(body).encode()).hexdigest()
            self.seal(f"days:{name}", DIGEST, body, now)

    def seal(self, key: str, kind: str, body: dict[str, Any], now: int) -> None:
        """Put an entry aside for the ledger, once for each key."""
        self._connection.execute(
            "INSERT OR IGNORE INTO seal (key, at, kind, body) VALUES (?, ?, ?, ?)",
            (key, now, kind, canonical({**body, "key": key})),
        )

    def _reaches(self, last: Reading, moment: int) -> bool:
        return last.at + self._holds[last.source] > moment

    def _write_day(
        self, sensor: int, day: str, rows: list[Reading], revision: int, refused: int
    ) -> Closed:
        start, end = self.days.bounds(date.fromisoformat(day))
        rolled = roll_up(rows, start, end, self._holds, self._before(sensor, day, start))
        minutes = pack_buckets(rolled.minutes, start, MINUTE) if rolled.minutes else b""
        execute = self._connection.execute
        execute("INSERT OR REPLACE INTO raw VALUES (?, ?, ?)", (sensor, day, pack_readings(rows)))
        if minutes:
            execute("INSERT OR REPLACE INTO minute VALUES (?, ?, ?)", (sensor, day, minutes))
        execute("DELETE FROM hour WHERE sensor = ? AND at >= ? AND at < ?", (sensor, start, end))
        self._connection.executemany(
            "INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(sensor, *_flat(one)) for one in rolled.hours],
        )
        found = Closed(
            self._name(sensor),
            day,
            len(rows),
            digest(rows).hex(),
            sha256(minutes).hexdigest() if minutes else "",
            refused,
            revision,
        )
        execute(
            "INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (sensor, day, *_flat(rolled.day), *found[3:]),
        )
        return found

    def _before(self, sensor: int, day: str, start: int) -> Reading | None:
        earlier = self.raw(sensor, (date.fromisoformat(day) - _ONE).isoformat())
        return earlier[-1] if earlier and self._reaches(earlier[-1], start) else None

    def _refused_of(self, sensor: int, day: str) -> int:
        found = self._connection.execute(
            "SELECT refused FROM day WHERE sensor = ? AND day = ?", (sensor, day)
        ).fetchone()
        return int(found[0]) if found else 0

    def _name(self, sensor: int) -> str:
        found = self._connection.execute("SELECT name FROM sensor WHERE id = ?", (sensor,))
        return str(found.fetchone()[0])


def _flat(one: Bucket) -> tuple[Any, ...]:
    return (one.at, one.readings, *one.t, *one.rh)
