"""A small ledger of many kinds of entries with signed checkpoints, and ways to tamper with it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.ledger.rows import entry
from strongroom_gateway.ledger import checkpoint
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.export import export
from strongroom_gateway.ledger.signing import Signer
from strongroom_gateway.ledger.storage import SqliteStorage, open_reader
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.verify.note import Key, read_key
from strongroom_gateway.ledger.work import EntryRow, Work

NOW = 1_800_000_000_000
SIGNER = Signer("strongroom/r1", bytes(range(32)))
KEY: Key = read_key(SIGNER.public)
BODIES = [
    {"item": "HX-H-01", "why": {"rule": "desk.take", "margin": 6.5}},
    {"item": "权证 7", "place": "一号柜", "t": 1e-7, "n": -0.25},
    {"e": 1e21, "deep": [[], {}, [1, 2.5, None, True]], "quote": 'a"b\\c\n'},
    {"\U0001f511": 1, "\ufb33": 2},
]


def rows(first: int, count: int) -> list[EntryRow]:
    """Return entries: mostly events, every fourth a decision."""
    made = []
    for n in range(first, first + count):
        if n % 4 == 3:
            node = None if n % 8 == 3 else "n2"
            body = canonical(BODIES[n // 4 % len(BODIES)])
            made.append(EntryRow(NOW + n, "custody.taken", "r1", node, None, None, body))
        else:
            made.append(entry(n + 1, node="n1"))
    return made


def work(first: int, count: int) -> Work:
    """Return a work of such entries that leaves nothing out of the marks."""
    missing = "[]"
    return Work(
        entries=rows(first, count), marks={("n1", 1, "event"): (first + count + 1, missing)}
    )


def sign(path: Path, signer: Signer = SIGNER) -> str:
    """Store a checkpoint as the ledger is, and return it."""
    with closing(SqliteStorage(path).connect()) as connection:
        row = checkpoint.make(connection, signer, NOW)
        assert row is not None
        checkpoint.store(connection, row)
    return row.note


def build(
    path: Path, sizes: tuple[int, ...] = (12, 25, 37), more: int = 3, tree: str = "sha256"
) -> list[str]:
    """Make a ledger with a checkpoint at each size and some entries behind; return checkpoints."""
    made = []
    signer = Signer(checkpoint.origin("r1", tree), bytes(range(32)))
    store = Store(SqliteStorage(path), tree)
    store.open()
    for size in sizes:
        store.commit([work(store.size, size - store.size)])
        made.append(sign(path, signer))
    store.commit([work(store.size, more)])
    store.close()
    return made


def exported(path: Path, folder: Path) -> Path:
    """Return the exported checkpoint of the ledger as it is."""
    return export(sign(path), folder)


def copied(path: Path, to: Path) -> Path:
    """Return a copy that can be spoilt."""
    for suffix in ("", "-wal", "-shm"):
        to.with_name(to.name + suffix).unlink(missing_ok=True)
    with closing(open_reader(path)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint").fetchone() is not None
    shutil.copy(path, to)
    return to


@contextmanager
def unguarded(path: Path) -> Iterator[sqlite3.Connection]:
    """Change a ledger as somebody would who knows how: guards away, and put back afterwards."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        connection.execute("BEGIN")
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in guards:
            connection.execute(sql)
        connection.execute("COMMIT")


def rewritten(path: Path, to: Path, change: list[EntryRow], upto: int | None = None) -> Path:
    """Return a ledger that is whole in itself, with other entries and the old checkpoints."""
    store = Store(SqliteStorage(to))
    store.open()
    store.commit([Work(entries=change, marks={("n1", 1, "event"): (1_000, "[]")})])
    store.close()
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(to)) as new:
        limit = len(change) if upto is None else upto
        found = old.execute("SELECT size, at, note FROM checkpoint WHERE size <= ?", (limit,))
        new.executemany("INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?)", found)
        new.commit()
    return to


def recorded(path: Path) -> list[EntryRow]:
    """Return the entries as rows that can be written again."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            EntryRow(*row)
            for row in connection.execute(
                "SELECT at, kind, room, node, boot, seq, body FROM entry ORDER BY idx"
            )
        ]
