"""The history open for writing: readings come in, days are closed, old raw readings go.

One connection, used by one thread at a time. Every public method is one transaction.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..climate.compliance.calendar import Days
from ..errors import StrongroomError
from ..ledger.canonical import canonical
from . import schema
from .readings import Reading, digest, kept, pack_readings, unpack_readings
from .rollup import MINUTE, Bucket, pack_buckets, roll_up

LIVE: Final = 1
"""The source of readings that came from nodes."""
DIGEST: Final = "climate.day_digest"
IMPORT: Final = "climate.import"
_ROWS_OF_A_SEAL: Final = 100
_ONE: Final = timedelta(days=1)


class HistoryError(StrongroomError):
    """The history cannot be used like that; the text says why."""


class Merged(NamedTuple):
    """What became of readings that were added: how many are new, and how many were there before."""

    new: int
    known: int
    days: int


class Taken(NamedTuple):
    """A reading of a node as the ledger has it, with what is known to correct it by."""

    sensor: str
    at: int
    t: float
    rh: float
    boot: int
    seq: int
    correction: str
    """JSON of what was added, "{}" for nothing."""


class Run(NamedTuple):
    """Readings of a sensor that were refused: the messages `first` to `last` of a boot."""

    sensor: str
    boot: int
    first: int
    last: int
    entry: int


class Closed(NamedTuple):
    """A day of a sensor as it is now sealed."""

    sensor: str
    day: str
    readings: int
    sha256: str
    minutes_sha256: str
    refused: int
    revision: int


class History:
    """`hold` in ms: how long a reading of a node holds at most.

    The time zone of the days is fixed by the first opening.
    """

    def __init__(self, path: Path, time_zone: str, hold: int) -> None:
        self.time_zone = time_zone
        self.days = Days(time_zone)
        self._connection = schema.connect(path)
        with self._transaction():
            found = self._meta("time_zone")
            if found is None:
                self._set_meta("time_zone", time_zone)
                self._connection.execute(
                    "INSERT INTO source (id, at, kind, file, sha256, hold, said)"
                    " VALUES (?, 0, 'live', '', '', ?, '{}')",
                    (LIVE, hold),
                )
            self._connection.execute("UPDATE source SET hold = ? WHERE kind = 'live'", (hold,))
        holds = self._connection.execute("SELECT id, hold FROM source").fetchall()
        self._holds: dict[int, int] = dict(holds)
        self._live_hold = hold
        if found is not None and found != time_zone:
            self.close()
            raise HistoryError(
                f"{path} keeps its days in the time zone {found}, not {time_zone}:"
                " give it that one, or begin another file"
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # -- readings come in --------------------------------------------------------------------------

    def take(self, readings: Iterable[Taken], cursor: int) -> None:
        """Keep readings of nodes, corrected, until their day is closed.

        `cursor` is remembered with them: up to where the ledger's readings were taken.
        """
        with self._transaction():
            rows = [
                (
                    self._sensor(one.sensor),
                    self.days.of(one.at).isoformat(),
                    one.at,
                    kept(one.t),
                    kept(one.rh),
                    self._live(one.correction),
                    one.boot,
                    one.seq,
                )
                for one in readings
            ]
            self._connection.executemany(
                "INSERT INTO fresh (sensor, day, at, t, rh, source, boot, seq)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._set_meta("cursor", str(cursor))

    def refuse(self, runs: Iterable[Run], looked: int) -> None:
        """Leave refused readings out of the days that are closed from now on.

        `looked` is remembered with them: up to which entry of the ledger that is known.
        """
        with self._transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)",
                [(self._sensor(run.sensor), *run[1:]) for run in runs],
            )
            self._set_meta("looked", str(looked))

    @property
    def looked(self) -> int:
        """Up to which entry of the ledger it is known what was refused."""
        return int(self._meta("looked") or -1)

    @property
    def cursor(self) -> int:
        """Up to which id the ledger's readings were taken."""
        return int(self._meta("cursor") or 0)

    def close_days(self, before: int, now: int) -> list[Closed]:
        """Close the days that ended before a moment (Unix ms), also those that were closed and got
        late readings; put what is to stand in the ledger aside. `now` in Unix ms.
        """
        last = (self.days.of(before) - _ONE).isoformat()
        with self._transaction():
            waiting = self._connection.execute(
                "SELECT DISTINCT day, sensor FROM fresh WHERE day <= ? ORDER BY day, sensor",
                (last,),
            ).fetchall()
            closed = []
            for day, sensor in waiting:
                if self._revision(sensor, day) and self._raw(sensor, day) is None:
                    continue  # its readings have been pruned: these stay as they are, and unsealed
                refused = self._set_apart(sensor, day)
                rows = self._connection.execute(
                    "SELECT at, t, rh, source FROM fresh WHERE day = ? AND sensor = ?"
                    " ORDER BY at, rowid",
                    (day, sensor),
                ).fetchall()
                readings = list(map(Reading._make, rows))
                closed += self._merge(sensor, day, readings, refused)[1]
                self._connection.execute(
                    "DELETE FROM fresh WHERE day = ? AND sensor = ?", (day, sensor)
                )
            newest = list({(one.sensor, one.day): one for one in closed}.values())
            self._seal_days(newest, now)
        return newest

    def import_readings(
        self,
        sensor: str,
        readings: Sequence[tuple[int, float | None, float | None]],
        file: str,
        file_sha256: str,
        said: dict[str, Any],
        now: int,
        hold: int,
    ) -> Merged:
        """Add readings of a file, in order of time, to the days they belong to.

        `hold` in ms: how long one of them holds at most.

        A reading that is there already, with the same time and values, is not added again; so the
        same file twice changes nothing. All of it or nothing; put aside for the ledger with what
        the import says of itself.
        """
        with self._transaction():
            source = self._add_source(file, file_sha256, said, now, hold)
            number = self._sensor(sensor)
            new, days, closed = 0, 0, []
            for day, group in groupby(readings, key=lambda row: self.days.of(row[0]).isoformat()):
                rows = [Reading(at, kept(t), kept(rh), source) for at, t, rh in group]
                added, changed = self._merge(number, day, rows)
                new += added
                days += bool(added)
                closed += changed
            if new:
                body = {**said, "file": file, "sensor": sensor, "sha256": file_sha256, "new": new}
                self._seal(f"import:{file_sha256}:{sensor}:{now}", IMPORT, body, now)
                newest = list({(one.sensor, one.day): one for one in closed}.values())
                self._seal_days(newest, now)
            else:
                self._connection.execute("DELETE FROM source WHERE id = ?", (source,))
        return Merged(new, len(readings) - new, days)

    # -- the ledger --------------------------------------------------------------------------------

    def unsealed(self, limit: int = 1000) -> list[tuple[str, str, str]]:
        """Return what is to stand in the ledger and does not yet: (key, kind, body)."""
        return self._connection.execute(
            "SELECT key, kind, body FROM seal WHERE idx IS NULL ORDER BY at, key LIMIT ?", (limit,)
        ).fetchall()

    def sealed(self, found: Iterable[tuple[str, int]]) -> None:
        """Take note that things stand in the ledger: (key, index of the entry)."""
        with self._transaction():
            self._connection.executemany(
                "UPDATE seal SET idx = ? WHERE key = ?", [(idx, key) for key, idx in found]
            )

    # -- old readings go ---------------------------------------------------------------------------

    def prune(self, raw_before: int | None, minutes_before: int | None) -> tuple[int, int]:
        """Let go of raw readings and of minutes of days before a moment (Unix ms; None: keep all).

        Only of days that stand in the ledger, and no raw readings of a day that has no minutes.
        Hours and days stay. Returns how many days went.
        """
        with self._transaction():
            unsealed = self._first_unsealed() or "9999"
            raw = minutes = 0
            if raw_before is not None:
                raw = self._connection.execute(
                    "DELETE FROM raw WHERE day < ? AND EXISTS (SELECT 1 FROM minute"
                    " WHERE minute.sensor = raw.sensor AND minute.day = raw.day)",
                    (min(self.days.of(raw_before).isoformat(), unsealed),),
                ).rowcount
                self._connection.execute("DELETE FROM unbelieved WHERE at < ?", (raw_before,))
            if minutes_before is not None:
                minutes = self._connection.execute(
                    "DELETE FROM minute WHERE day < ?",
                    (min(self.days.of(minutes_before).isoformat(), unsealed),),
                ).rowcount
        return raw, minutes

    # -- inside ------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _set_apart(self, sensor: int, day: str) -> int:
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

    def _merge(
        self, sensor: int, day: str, rows: list[Reading], refused: int = 0
    ) -> tuple[int, list[Closed]]:
        """Add readings to a day of a sensor; return how many are new and the days that changed.

        `refused` more were left out of them.
        """
        old = self._raw(sensor, day)
        revision = self._revision(sensor, day)
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
        following = self._raw(sensor, after)
        if (
            following is not None
            and merged
            and self._reaches(merged[-1], self.days.bounds(date.fromisoformat(after))[0])
        ):
            # What holds over midnight changes the next day's minutes, not its readings.
            later = self._revision(sensor, after) + 1
            told = self._refused_of(sensor, after)
            closed.append(self._write_day(sensor, after, following, later, told))
        return len(fresh), closed

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
        earlier = self._raw(sensor, (date.fromisoformat(day) - _ONE).isoformat())
        return earlier[-1] if earlier and self._reaches(earlier[-1], start) else None

    def _raw(self, sensor: int, day: str) -> list[Reading] | None:
        found = self._connection.execute(
            "SELECT data FROM raw WHERE sensor = ? AND day = ?", (sensor, day)
        ).fetchone()
        return None if found is None else unpack_readings(found[0])

    def _revision(self, sensor: int, day: str) -> int:
        found = self._connection.execute(
            "SELECT revision FROM day WHERE sensor = ? AND day = ?", (sensor, day)
        ).fetchone()
        return int(found[0]) if found else 0

    def _refused_of(self, sensor: int, day: str) -> int:
        found = self._connection.execute(
            "SELECT refused FROM day WHERE sensor = ? AND day = ?", (sensor, day)
        ).fetchone()
        return int(found[0]) if found else 0

    def _live(self, correction: str) -> int:
        """Return the source of readings of nodes that were corrected like that."""
        if correction == "{}":
            return LIVE
        found = self._connection.execute(
            "SELECT id FROM source WHERE kind = 'live' AND said = ?", (correction,)
        ).fetchone()
        if found is not None:
            return int(found[0])
        added = self._connection.execute(
            "INSERT INTO source (at, kind, file, sha256, hold, said)"
            " VALUES (0, 'live', '', '', ?, ?)",
            (self._live_hold, correction),
        )
        number = int(added.lastrowid or 0)
        self._holds[number] = self._live_hold
        return number

    def _seal_days(self, closed: Sequence[Closed], now: int) -> None:
        for first in range(0, len(closed), _ROWS_OF_A_SEAL):
            part = closed[first : first + _ROWS_OF_A_SEAL]
            body = {"days": [one._asdict() for one in part], "time_zone": self.time_zone}
            name = sha256(canonical(body).encode()).hexdigest()
            self._seal(f"days:{name}", DIGEST, body, now)

    def _seal(self, key: str, kind: str, body: dict[str, Any], now: int) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO seal (key, at, kind, body) VALUES (?, ?, ?, ?)",
            (key, now, kind, canonical({**body, "key": key})),
        )

    def _first_unsealed(self) -> str | None:
        """Return the first day that waits for its place in the ledger."""
        days = [
            one["day"]
            for (body,) in self._connection.execute(
                "SELECT body FROM seal WHERE idx IS NULL AND kind = ?", (DIGEST,)
            )
            for one in json.loads(body)["days"]
        ]
        return min(days, default=None)

    def _add_source(
        self, file: str, file_sha256: str, said: dict[str, Any], now: int, hold: int
    ) -> int:
        added = self._connection.execute(
            "INSERT INTO source (at, kind, file, sha256, hold, said)"
            " VALUES (?, 'import', ?, ?, ?, ?)",
            (now, file, file_sha256, hold, canonical(said)),
        )
        number = int(added.lastrowid or 0)
        self._holds[number] = hold
        return number

    def _sensor(self, name: str) -> int:
        self._connection.execute("INSERT OR IGNORE INTO sensor (name) VALUES (?)", (name,))
        found = self._connection.execute("SELECT id FROM sensor WHERE name = ?", (name,))
        return int(found.fetchone()[0])

    def _name(self, sensor: int) -> str:
        found = self._connection.execute("SELECT name FROM sensor WHERE id = ?", (sensor,))
        return str(found.fetchone()[0])

    def _meta(self, key: str) -> str | None:
        found = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def _set_meta(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _flat(one: Bucket) -> tuple[Any, ...]:
    return (one.at, one.readings, *one.t, *one.rh)
