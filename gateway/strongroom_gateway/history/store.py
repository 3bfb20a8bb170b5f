"""The history open for writing: readings come in, days are closed, old raw readings go.

One connection, used by one thread at a time. Every public method is one transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from ..climate.compliance.calendar import Days
from ..ledger.canonical import canonical
from . import schema
from .days import Closed, DayBook, HistoryError
from .levels import channel
from .readings import Reading, kept
from .taken import Merged, Run, Taken

LIVE: Final = 1
"""The source of readings that came from nodes."""
IMPORT: Final = "climate.import"
CLIMATE: Final = "climate"
AIR: Final = "air"
INPUT: Final = "input"
_CURSORS: Final = {CLIMATE: "cursor", AIR: "cursor air", INPUT: "cursor input"}
IMPOSSIBLE: Final = -1
"""Stands for the entry, where a reading was refused here for what it cannot be."""
_ONE: Final = timedelta(days=1)


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
        self._book = DayBook(self._connection, self.days, time_zone, self._holds)
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

    def take(self, readings: Iterable[Taken], cursor: int, *kinds: str) -> None:
        """Keep readings of nodes, corrected, until their day is closed.

        `cursor` is remembered with them: up to where the ledger's readings of these kinds were
        taken.
        """
        readings = list(readings)
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
            self._connection.executemany(
                "INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)",
                [
                    (self._sensor(one.sensor), one.boot, one.seq, one.seq, IMPOSSIBLE)
                    for one in readings
                    if not one.is_believed
                ],
            )
            for kind in kinds:
                self._set_meta(_CURSORS[kind], str(cursor))

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

    def cursor(self, what: str = CLIMATE) -> int:
        """Return up to which id the ledger's readings of a kind were taken; of inputs, up to which
        entry.
        """
        return int(self._meta(_CURSORS[what]) or (-1 if what == INPUT else 0))

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
                if self._book.revision(sensor, day) and self._book.raw(sensor, day) is None:
                    continue  # its readings have been pruned: these stay as they are, and unsealed
                refused = self._book.set_apart(sensor, day)
                rows = self._connection.execute(
                    "SELECT at, t, rh, source FROM fresh WHERE day = ? AND sensor = ?"
                    " ORDER BY at, rowid",
                    (day, sensor),
                ).fetchall()
                readings = list(map(Reading._make, rows))
                closed += self._book.merge(sensor, day, readings, refused)[1]
                self._connection.execute(
                    "DELETE FROM fresh WHERE day = ? AND sensor = ?", (day, sensor)
                )
            newest = list({(one.sensor, one.day): one for one in closed}.values())
            self._book.seal_days(newest, now)
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
        if channel(sensor) is not None:
            raise HistoryError(f"{sensor} is the name of a channel of air or light: choose another")
        with self._transaction():
            source = self._add_source(file, file_sha256, said, now, hold)
            number = self._sensor(sensor)
            new, days, closed = 0, 0, []
            for day, group in groupby(readings, key=lambda row: self.days.of(row[0]).isoformat()):
                rows = [Reading(at, kept(t), kept(rh), source) for at, t, rh in group]
                added, changed = self._book.merge(number, day, rows)
                new += added
                days += bool(added)
                closed += changed
            if new:
                body = {**said, "file": file, "sensor": sensor, "sha256": file_sha256, "new": new}
                self._book.seal(f"import:{file_sha256}:{sensor}:{now}", IMPORT, body, now)
                newest = list({(one.sensor, one.day): one for one in closed}.values())
                self._book.seal_days(newest, now)
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

    def unseal_all_but(self, keys: Iterable[str]) -> int:
        """Let everything wait again that is not among these keys; return how much that is.

        They are those the ledger has: it may be another one, or an older copy, than the one that
        was written to.
        """
        there = set(keys)
        with self._transaction():
            sealed = self._connection.execute("SELECT key FROM seal WHERE idx IS NOT NULL")
            lost = [(key,) for (key,) in sealed.fetchall() if key not in there]
            self._connection.executemany("UPDATE seal SET idx = NULL WHERE key = ?", lost)
        return len(lost)

    # -- old readings go ---------------------------------------------------------------------------

    def prune(self, raw_before: int | None, minutes_before: int | None) -> tuple[int, int]:
        """Let go of raw readings and of minutes of days before a moment (Unix ms; None: keep all).

        Only of days that stand in the ledger, and no raw readings of a day that has no minutes.
        Hours and days stay. Returns how many days went.
        """
        with self._transaction():
            unsealed = self._book.first_unsealed() or "9999"
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
        of = channel(name)
        self._connection.execute(
            "INSERT OR IGNORE INTO sensor (name, quantity) VALUES (?, ?)",
            (name, "" if of is None else of.quantity),
        )
        found = self._connection.execute("SELECT id FROM sensor WHERE name = ?", (name,))
        return int(found.fetchone()[0])

    def _meta(self, key: str) -> str | None:
        found = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def _set_meta(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
