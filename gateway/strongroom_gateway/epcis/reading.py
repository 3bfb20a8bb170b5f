"""Reads a ledger that somebody is writing to: page by page, each page one short look at it.

No lock is held between pages, so the writer is never kept from tidying up behind itself.
"""

import heapq
import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..ledger import schema
from ..ledger.storage import open_reader

_PAGE: Final = 200
_NAMES: Final = 50_000
"""Kinds of items that are remembered."""


class Entry(NamedTuple):
    """An entry of the ledger: index, when it was written (Unix ms), kind, body, leaf in hex."""

    idx: int
    at: int
    kind: str
    body: dict[str, Any]
    leaf: str


class Ledger:
    """A ledger, read-only. Raises sqlite3.Error or LedgerError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._connection = open_reader(path)
        try:
            schema.version(self._connection)
            found = self._one("SELECT value FROM meta WHERE key = 'tree'")
        except BaseException:
            self._connection.close()
            raise
        self.tree: str = "sha256" if found is None else bytes(found[0]).decode()
        self.kind_of = lru_cache(_NAMES)(self._kind_of)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def size(self) -> int:
        """Return how many entries there are now."""
        row = self._one("SELECT coalesce(max(idx) + 1, 0) FROM entry")
        return 0 if row is None else int(row[0])

    def kinds(self) -> list[str]:
        """Return every kind of entry there is, by a jump through the index for each."""
        found: list[str] = []
        while row := self._one(
            "SELECT min(kind) FROM entry WHERE kind > ?", found[-1] if found else ""
        ):
            if row[0] is None:
                break
            found.append(str(row[0]))
        return found

    def count(self, kind: str, after: int, until: int) -> int:
        """Return how many entries of a kind lie behind an index and before another."""
        row = self._one(
            "SELECT count(*) FROM entry WHERE kind = ? AND idx > ? AND idx < ?", kind, after, until
        )
        return 0 if row is None else int(row[0])

    def entries(self, kinds: Iterable[str], after: int, until: int) -> Iterator[Entry]:
        """Yield entries of these kinds behind an index and before another, in their order."""
        streams = [self._of_kind(kind, after, until) for kind in kinds]
        return heapq.merge(*streams, key=itemgetter(0))

    def entry(self, idx: int) -> Entry | None:
        """Return one entry."""
        row = self._one("SELECT idx, at, kind, body, leaf FROM entry WHERE idx = ?", idx)
        return None if row is None else _entry(row)

    def corrections(self, idx: int, before: int) -> list[Entry]:
        """Return the corrections of an entry that lie before an index, oldest first."""
        rows = self._connection.execute(
            "SELECT idx, at, kind, body, leaf FROM entry WHERE kind = 'correction'"
            " AND json_extract(body, '$.supersedes') = ? AND idx < ? ORDER BY idx",
            (idx, before),
        )
        return [_entry(row) for row in rows]

    def _of_kind(self, kind: str, after: int, until: int) -> Iterator[Entry]:
        while True:
            rows = self._connection.execute(
                "SELECT idx, at, kind, body, leaf FROM entry INDEXED BY entry_kind"
                " WHERE kind = ? AND idx > ? AND idx < ? ORDER BY idx LIMIT ?",
                (kind, after, until, _PAGE),
            ).fetchall()
            for row in rows:
                yield _entry(row)
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def _kind_of(self, item: str) -> str | None:
        """Return the kind of an item of the register, None when the record knows none of this id."""
        row = self._one("SELECT value FROM room_state WHERE key = ?", f"r/item/{item}")
        if row is None:
            return None
        kind: str = json.loads(row[0]).get("kind", "box")
        return kind

    def _one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found


def _entry(row: tuple[Any, ...]) -> Entry:
    idx, at, kind, body, leaf = row
    return Entry(idx, at, kind, json.loads(body), leaf.hex())
