"""The write side of the ledger: one transaction for a group of works, the tree's edge with it."""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from ..errors import LedgerError
from . import schema
from .bulk import insert_rows
from .merkle import Frontier, leaf_hash
from .search import store_words
from .storage import Storage
from .tree import Head, choose_hash, fill_subtrees, load_frontier, store_subtrees
from .work import EntryRow, QuarantineRow, Work

CONFLICT: Final = "conflict"
_ENTRY: Final = "INSERT INTO entry (idx, at, kind, room, node, boot, seq, body, leaf)"
_READING: Final = "INSERT INTO reading (at, kind, node, boot, seq, mono, ts, clk, body)"
_QUARANTINE: Final = (
    "INSERT INTO quarantine (at, node, topic, reason, detail, boot, seq, size, sha256, payload)"
)
_WORDS: Final = "w/"  # such states are not kept but searched
_CHECKPOINT: Final = "INSERT INTO checkpoint (size, at, note)"
_FRONTIER: Final = "INSERT OR REPLACE INTO meta (key, value) VALUES ('frontier', ?)"
_MARK: Final = "INSERT OR REPLACE INTO mark (node, boot, lane, high, beyond)"
_STATE: Final = "INSERT OR REPLACE INTO room_state (key, value)"
_MORE: Final = (
    "INSERT INTO quarantine_more (minute, node, reason, count) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)


def entry_bytes(idx: int, row: EntryRow) -> bytes:
    """Return the canonical JSON of an entry: what its leaf in the tree covers."""
    at, kind, room, node, boot, seq, body = row
    quoted = "null" if node is None else f'"{node}"'
    origin = f'"boot":{"null" if boot is None else boot},"idx":{idx},"kind":"{kind}"'
    number = "null" if seq is None else seq
    return (
        f'{{"at":{at},"body":{body},{origin},"node":{quoted},"room":"{room}","seq":{number}}}'
    ).encode()


class Store:
    """The database open for writing; used by one thread at a time.

    ``tree`` is the hash a new ledger's tree is made with; for one that is there, None or the same.
    """

    def __init__(self, storage: Storage, tree: str | None = None) -> None:
        self._storage = storage
        self._tree = tree
        self._connection: sqlite3.Connection | None = None
        self._frontier = Frontier()

    @property
    def size(self) -> int:
        """How many entries are on the disk."""
        return self._frontier.size

    @property
    def head(self) -> Head:
        """The tree as it is on the disk."""
        return Head(self._frontier.size, self._frontier.root())

    def open(self) -> None:
        """Open the file, take missing migrations, read the tree's edge; no scan of the entries
        (but for the one start that has to store the subtrees of an older ledger).

        Raises sqlite3.Error or OSError while the disk does not let it, LedgerError when the file is
        not one it may write to.
        """
        self._open()

    def _open(self) -> sqlite3.Connection:
        self.close()
        connection = self._storage.connect()
        try:
            schema.migrate(connection)
            self._frontier = _frontier(connection, self._tree)
            fill_subtrees(connection, self._frontier)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def close(self) -> None:
        """Close the file; what was not committed is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def commit(self, works: Sequence[Work], careful: bool = False) -> int:
        """Make works durable, all of them or none, in one transaction.

        With ``careful`` an entry the ledger already holds is put into the quarantine instead of
        failing the whole; returns how many were. Raises sqlite3.Error or OSError.
        """
        connection = self._connection or self._open()
        frontier = self._frontier.copy()
        connection.execute("BEGIN IMMEDIATE")
        try:
            conflicts = self._write(connection, works, frontier, careful)
            self._storage.commit(connection)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._frontier = frontier
        return conflicts

    def _write(
        self,
        connection: sqlite3.Connection,
        works: Sequence[Work],
        frontier: Frontier,
        careful: bool,
    ) -> int:
        entries = [row for work in works for row in work.entries]
        conflicts = 0
        if entries:
            if careful:
                conflicts = _append_one_by_one(connection, entries, frontier)
            else:
                _append(connection, entries, frontier)
            connection.execute(_FRONTIER, (frontier.dump(),))
            if frontier.finished:
                store_subtrees(connection, frontier.finished)
        insert_rows(connection, _READING, [row for work in works for row in work.readings])
        insert_rows(connection, _QUARANTINE, [row for work in works for row in work.quarantine])
        insert_rows(connection, _CHECKPOINT, [row for work in works for row in work.checkpoints])
        for work in works:
            if work.more:
                rows = [(*key, count) for key, count in work.more.items()]
                connection.executemany(_MORE, rows)
            if work.anchors:
                connection.executemany(
                    "INSERT OR REPLACE INTO anchor (node, boot, at_mono, at_ts, source)"
                    " VALUES (?, ?, ?, ?, ?)",
                    work.anchors,
                )
        marks = {key: mark for work in works for key, mark in work.marks.items()}
        insert_rows(connection, _MARK, [(*key, *mark) for key, mark in marks.items()])
        _write_states(connection, works)
        return conflicts


def _append(
    connection: sqlite3.Connection, entries: Sequence[EntryRow], frontier: Frontier
) -> None:
    rows = []
    idx = frontier.size
    grow, new = frontier.append, frontier.tree.new
    for row in entries:
        leaf = new(b"\x00" + entry_bytes(idx, row)).digest()
        grow(leaf)
        rows.append((idx, *row, leaf))
        idx += 1
    insert_rows(connection, _ENTRY, rows)


def _append_one_by_one(
    connection: sqlite3.Connection, entries: Sequence[EntryRow], frontier: Frontier
) -> int:
    conflicts = 0
    for row in entries:
        idx = frontier.size
        leaf = leaf_hash(entry_bytes(idx, row), frontier.tree)
        try:
            insert_rows(connection, _ENTRY, [(idx, *row, leaf)])
        except sqlite3.IntegrityError as error:
            insert_rows(connection, _QUARANTINE, [_refused(row, str(error))])
            conflicts += 1
        else:
            frontier.append(leaf)
    return conflicts


def _refused(row: EntryRow, detail: str) -> QuarantineRow:
    body = row.body.encode()
    return QuarantineRow(
        row.at,
        row.node or "",
        row.kind,
        CONFLICT,
        detail,
        row.boot,
        row.seq,
        len(body),
        sha256(body).digest(),
        body[:1024],
    )


def _write_states(connection: sqlite3.Connection, works: Sequence[Work]) -> None:
    states = {key: value for work in works for key, value in work.states.items()}
    if not states:
        return
    words = [key for key in states if key.startswith(_WORDS)]
    store_words(connection, [(key[len(_WORDS) :], states.pop(key)) for key in words])
    insert_rows(
        connection, _STATE, [(key, value) for key, value in states.items() if value is not None]
    )
    connection.executemany(
        "DELETE FROM room_state WHERE key = ?",
        [(key,) for key, value in states.items() if value is None],
    )


def _frontier(connection: sqlite3.Connection, tree: str | None) -> Frontier:
    frontier = load_frontier(connection, choose_hash(connection, tree))
    entries = connection.execute("SELECT coalesce(max(idx) + 1, 0) FROM entry").fetchone()[0]
    if entries != frontier.size:
        raise LedgerError(
            f"the ledger has {entries} entries but its tree has {frontier.size}:"
            " somebody changed it; run `strongroom ledger verify`"
        )
    return frontier
