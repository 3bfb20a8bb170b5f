"""Makes the room's rows anew from the record, by the gateway's own projections, and compares.

`strongroom ledger verify` adds up the entries by code of its own, but knows only some kinds of
rows. This knows all of them; a mistake in a projection it repeats.
"""

import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from .room.projections import kinds, projected
from .room.registry import discover
from .room.rows import PREFIX, Rows

_BATCH: Final = 2_000
_MOST_NAMED: Final = 20
_SCRATCH: Final = (
    "CREATE TABLE made (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
)
_DIFFERENT: Final = (
    "SELECT s.key, s.value, m.value FROM ledger.room_state AS s LEFT JOIN made AS m ON m.key = s.key"
    " WHERE s.key >= 'r/' AND s.key < 'r0' AND m.value IS NOT s.value"
    " UNION ALL SELECT m.key, NULL, m.value FROM made AS m"
    " WHERE NOT EXISTS (SELECT 1 FROM ledger.room_state AS s WHERE s.key = m.key)"
)


class Different(msgspec.Struct, frozen=True):
    """A row that the record does not give: as it is, and as it should be (None: not at all)."""

    key: str
    stored: str | None
    made: str | None


class Replayed(msgspec.Struct):
    """What came of it: entries that made rows, rows by kind, and what is different."""

    entries: int = 0
    rows: Counter[str] = msgspec.field(default_factory=Counter)
    older: int = 0
    """Entries of a form from before there were rows; they made none."""
    different: list[Different] = []
    more: int = 0
    """Differences beyond those that are listed."""


class _Scratch:
    """Rows in a file of their own, so that a large register needs no large memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def row(self, key: str) -> str | None:
        """Return the JSON stored under a key."""
        found = self._connection.execute("SELECT value FROM made WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def some(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return those of several keys that there are, with their JSON."""
        found = {key: self.row(key) for key in keys}
        return {key: row for key, row in found.items() if row is not None}

    def rows(self, after: str, until: str, limit: int) -> list[tuple[str, str]]:
        """Return keys behind `after` and before `until` in their order, with their JSON."""
        return self._connection.execute(
            "SELECT key, value FROM made WHERE key > ? AND key < ? ORDER BY key LIMIT ?",
            (after, until, limit),
        ).fetchall()

    def take(self, changes: dict[str, str | None]) -> None:
        """Store changes; None removes a row."""
        kept = [(key, value) for key, value in changes.items() if value is not None]
        self._connection.executemany("INSERT OR REPLACE INTO made VALUES (?, ?)", kept)
        gone = [(key,) for key, value in changes.items() if value is None]
        self._connection.executemany("DELETE FROM made WHERE key = ?", gone)


def replay(path: Path, progress: Callable[[int], None] = lambda done: None) -> Replayed:
    """Replay a ledger, also one that is being written to, and compare its rows.

    `progress` is called now and then with the index that was reached. Raises sqlite3.Error when the
    ledger cannot be read.
    """
    discover()
    with tempfile.TemporaryDirectory(prefix="strongroom-replay-") as folder:
        scratch = Path(folder) / "rows.db"
        with closing(sqlite3.connect(f"{scratch.as_uri()}", uri=True)) as connection:
            connection.isolation_level = None
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(_SCRATCH)
            connection.execute("ATTACH ? AS ledger", (f"{path.absolute().as_uri()}?mode=ro",))
            connection.execute("BEGIN")
            found = _made(connection, progress)
            for key, stored, made in connection.execute(_DIFFERENT):
                if len(found.different) < _MOST_NAMED:
                    found.different.append(Different(key, stored, made))
                else:
                    found.more += 1
            connection.execute("COMMIT")
            return found


def _made(connection: sqlite3.Connection, progress: Callable[[int], None]) -> Replayed:
    """Make the rows of all entries."""
    found = Replayed()
    scratch = _Scratch(connection)
    rows = Rows(scratch)
    wanted = kinds()
    changes: dict[str, str | None] = {}
    entries = connection.execute(
        "SELECT idx, at, kind, body FROM ledger.entry NOT INDEXED ORDER BY idx"
    )
    for idx, at, kind, body in entries:
        if kind in wanted:
            try:
                made = tuple(projected(kind, json.loads(body), at, rows))
            except (KeyError, TypeError, ValueError, msgspec.ValidationError):
                found.older += 1
                continue
            changes.update(rows.change(one) for one in made if one.key.startswith(PREFIX))
            found.entries += 1
        if idx % _BATCH == 0:
            scratch.take(changes)
            changes.clear()
            rows.settled()
            progress(idx)
    scratch.take(changes)
    for table, count in connection.execute(
        "SELECT substr(key, 3, instr(substr(key, 3), '/') - 1) AS name, count(*) FROM made GROUP BY name"
    ):
        found.rows[table] = count
    return found
