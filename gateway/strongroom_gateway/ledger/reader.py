"""The read side: its own read-only connections, never in the writer's way."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ..errors import LedgerError, RowsUnreadableError
from . import checkpoint
from .connections import Connections
from .dating import EntryView, ReadingView, entry_view, reading_view
from .prove import prove
from .search import find_words
from .tree import Consistency, Head, Inclusion, Prover
from .views import CheckpointView, Counts, InclusionView, Mark, QuarantineView

MOST: Final = 1_000
_ROW: Final = "SELECT value FROM room_state WHERE key = ?"
_MOST_KEYS: Final = 256
_ROWS: Final = ("r/", "r0")  # the first key of the rows, and the first behind them
_DECIDED: Final = ("decided/", "decided0")  # the same of what was decided on, see ingest.marks
_ASKED: Final = ("asked/", "asked0")  # and of acts that were asked for, see ingest.asked
_ranges: Final = msgspec.json.Decoder(list[tuple[int, int]]).decode


class Reader:
    """Reads the ledger from any thread; every call sees one consistent moment."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before it is needed."""
        self._connections = Connections(path)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._connections.close()

    def entries(
        self, after: int = -1, limit: int = 100, kind: str | None = None, node: str | None = None
    ) -> list[EntryView]:
        """Return up to ``limit`` entries behind index ``after``, oldest first."""
        where, values = _where(("kind", kind), ("node", node))
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                "SELECT idx, at, kind, room, node, boot, seq, body, leaf FROM entry"  # noqa: S608  # only fixed words
                f" WHERE idx > ?{where} ORDER BY idx LIMIT ?",
                (after, *values, min(limit, MOST)),
            ).fetchall()
            return [entry_view(connection, row) for row in rows]

    def newest_entries(
        self, limit: int = 100, kind: str | None = None, node: str | None = None
    ) -> list[EntryView]:
        """Return the last ``limit`` entries, newest first."""
        where, values = _where(("kind", kind), ("node", node))
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                "SELECT idx, at, kind, room, node, boot, seq, body, leaf FROM entry"  # noqa: S608  # only fixed words
                f" WHERE idx >= 0{where} ORDER BY idx DESC LIMIT ?",
                (*values, min(limit, MOST)),
            ).fetchall()
            return [entry_view(connection, row) for row in rows]

    def entry(self, idx: int) -> EntryView | None:
        """Return one entry, or None."""
        found = self.entries(after=idx - 1, limit=1)
        return found[0] if found and found[0].idx == idx else None

    def readings(
        self,
        after: int = 0,
        limit: int = 100,
        kind: str | None = None,
        node: str | None = None,
        newest: bool = False,
    ) -> list[ReadingView]:
        """Return readings behind ``after``, oldest first, or the newest ones, newest first."""
        where, values = _where(("kind", kind), ("node", node))
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                "SELECT id, at, kind, node, boot, seq, mono, ts, clk, body FROM reading"  # noqa: S608  # only fixed words
                f" WHERE id > ?{where} ORDER BY id {'DESC' if newest else 'ASC'} LIMIT ?",
                (after, *values, min(limit, MOST)),
            ).fetchall()
            return [reading_view(connection, row) for row in rows]

    def quarantined(self, after: int = 0, limit: int = 100) -> list[QuarantineView]:
        """Return refused messages behind ``after``, oldest first."""
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                "SELECT id, at, node, topic, reason, detail, boot, seq, size,"
                " lower(hex(sha256)), payload FROM quarantine WHERE id > ? ORDER BY id LIMIT ?",
                (after, min(limit, MOST)),
            ).fetchall()
        return [QuarantineView(*row) for row in rows]

    def quarantine_counts(self) -> dict[tuple[str, str], int]:
        """Return how many messages were refused, by (node, reason): all of them."""
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                "SELECT node, reason, sum(n) FROM ("
                " SELECT node, reason, count(*) AS n FROM quarantine GROUP BY node, reason"
                " UNION ALL"
                " SELECT node, reason, sum(count) FROM quarantine_more GROUP BY node, reason)"
                " GROUP BY node, reason"
            ).fetchall()
        return {(node, reason): count for node, reason, count in rows}

    def marks(self, node: str | None = None) -> dict[tuple[str, int, str], Mark]:
        """Return the marks, by (node, boot, lane)."""
        where, values = _where(("node", node))
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                f"SELECT node, boot, lane, high, beyond FROM mark WHERE true{where}",  # noqa: S608  # only fixed words
                values,
            ).fetchall()
        return {
            (node, boot, lane): Mark(high, _ranges(more)) for node, boot, lane, high, more in rows
        }

    def mark(self, node: str, boot: int, lane: str) -> Mark | None:
        """Return one mark, or None."""
        with self._connections.at_a_moment() as connection:
            found = connection.execute(
                "SELECT high, beyond FROM mark WHERE node = ? AND boot = ? AND lane = ?",
                (node, boot, lane),
            ).fetchone()
            decided = connection.execute(
                "SELECT value FROM room_state WHERE key = ?",
                (f"{_DECIDED[0]}{node}/{boot}/{lane}",),
            ).fetchone()
        if found is None and decided is None:
            return None
        high, beyond = found or (0, "[]")
        return Mark(high, _ranges(beyond), [] if decided is None else _ranges(decided[0]))

    def gaps(self, node: str | None = None) -> list[tuple[str, int, str, int, int]]:
        """Return the ranges that are missing, as (node, boot, lane, first, last)."""
        found = []
        for (name, boot, lane), mark in sorted(self.marks(node).items()):
            low = mark.high
            for first, last in mark.beyond:
                found.append((name, boot, lane, low + 1, first - 1))
                low = last
        return found

    def states(self) -> dict[str, str]:
        """Return the room's own memory, for the start; not the rows, which are read singly."""
        with self._connections.at_a_moment() as connection:
            return dict(
                connection.execute(
                    "SELECT key, value FROM room_state WHERE (key < ? OR key >= ?)"
                    " AND (key < ? OR key >= ?) AND (key < ? OR key >= ?)",
                    (*_ROWS, *_DECIDED, *_ASKED),
                ).fetchall()
            )

    def row(self, key: str) -> str | None:
        """Return one row of the room. Raises RowsUnreadableError."""
        with self._connections.one_by_one() as connection:
            found = connection.execute(_ROW, (key,)).fetchone()
        return None if found is None else str(found[0])

    def some(self, keys: Sequence[str]) -> dict[str, str]:
        """Return those of several rows of the room that there are. Raises RowsUnreadableError."""
        found: dict[str, str] = {}
        with self._connections.one_by_one() as connection:
            for start in range(0, len(keys), _MOST_KEYS):
                part = keys[start : start + _MOST_KEYS]
                # Few sizes, so that few statements are prepared: the last one again is no harm.
                size = 1 << (len(part) - 1).bit_length()
                wanted = (*part, *[part[-1]] * (size - len(part)))
                found.update(connection.execute(_some(size), wanted).fetchall())
        return found

    def rows(self, after: str, until: str, limit: int) -> list[tuple[str, str]]:
        """Return rows behind `after` and before `until` in their order. Raises RowsUnreadableError."""
        try:
            with self._connections.at_a_moment() as connection:
                return connection.execute(
                    "SELECT key, value FROM room_state WHERE key > ? AND key < ?"
                    " ORDER BY key LIMIT ?",
                    (after, until, limit),
                ).fetchall()
        except (sqlite3.Error, OSError, LedgerError) as error:
            raise RowsUnreadableError(str(error)) from error

    def find(self, text: str, limit: int) -> list[str]:
        """Return the keys of rows that are found by a fragment of their words."""
        with self._connections.at_a_moment() as connection:
            return find_words(connection, text, min(limit, MOST))

    def head(self) -> Head:
        """Return the tree as it is on the disk."""
        with self._connections.at_a_moment() as connection:
            return Prover(connection).edge()

    def tree(self) -> str:
        """Return the name of the hash of the tree."""
        with self._connections.at_a_moment() as connection:
            return Prover(connection).tree.name

    def inclusion(self, idx: int, size: int | None = None) -> Inclusion:
        """Return why an entry is in the tree of a size (None: of all entries).

        Raises OutsideTreeError when there is no such entry or no such tree.
        """
        with self._connections.at_a_moment() as connection:
            return Prover(connection).inclusion(idx, size)

    def inclusion_view(self, idx: int, size: int | None = None) -> InclusionView:
        """Return the same with what signs it; without ``size`` by the newest checkpoint that has
        the entry, and of all entries when none has.
        """
        with self._connections.at_a_moment() as connection:
            found = (
                checkpoint.covering(connection, idx)
                if size is None
                else checkpoint.of_size(connection, size)
            )
            prover = Prover(connection)
            proof = prover.inclusion(idx, size if found is None else found.size)
        name: Any = prover.tree.name
        return InclusionView(proof, name, found.note if found else None)

    def proof(self, idx: int) -> str:
        """Return a file that proves an entry; see `prove.prove` for what it raises."""
        with self._connections.at_a_moment() as connection:
            return prove(connection, idx)

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """Return why the tree of a size only adds to that of an earlier one.

        Raises OutsideTreeError when there is no such tree.
        """
        with self._connections.at_a_moment() as connection:
            return Prover(connection).consistency(old, new)

    def checkpoints(
        self, after: int = 0, limit: int = 100, newest: bool = False
    ) -> list[CheckpointView]:
        """Return checkpoints behind ``after``, oldest first, or the last ones, newest first."""
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                "SELECT id, size, at, note FROM checkpoint WHERE id > ?"  # noqa: S608  # only fixed words
                f" ORDER BY id {'DESC' if newest else 'ASC'} LIMIT ?",
                (after, min(limit, MOST)),
            ).fetchall()
        return [CheckpointView(*row) for row in rows]

    def corrections(self, idx: int) -> list[EntryView]:
        """Return the corrections of an entry, oldest first."""
        with self._connections.at_a_moment() as connection:
            rows = connection.execute(
                "SELECT idx, at, kind, room, node, boot, seq, body, leaf FROM entry"
                " WHERE kind = 'correction' AND json_extract(body, '$.supersedes') = ?"
                " ORDER BY idx",
                (idx,),
            ).fetchall()
            return [entry_view(connection, row) for row in rows]

    def counts(self) -> Counts:
        """Return how much there is; entries are not scanned."""
        missing = sum(last - first + 1 for _, _, _, first, last in self.gaps())
        refused = sum(self.quarantine_counts().values())
        with self._connections.at_a_moment() as connection:
            entries, readings = connection.execute(
                "SELECT (SELECT coalesce(max(idx) + 1, 0) FROM entry),"
                " (SELECT coalesce(max(id), 0) FROM reading)"
            ).fetchone()
        return Counts(entries, readings, refused, missing)


def _some(keys: int) -> str:
    return f"SELECT key, value FROM room_state WHERE key IN ({','.join('?' * keys)})"  # noqa: S608  # only fixed words


def _where(*filters: tuple[str, str | None]) -> tuple[str, list[str]]:
    wanted = [(column, value) for column, value in filters if value is not None]
    return "".join(f" AND {column} = ?" for column, _ in wanted), [value for _, value in wanted]
