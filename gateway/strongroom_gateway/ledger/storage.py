"""Where the record lives: how to open it, how to make it durable. Tests stand in for the disk."""

import sqlite3
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """The disk, as the writer sees it."""

    def connect(self) -> sqlite3.Connection:
        """Open the database for writing; raise sqlite3.Error or OSError when it cannot."""
        ...

    def commit(self, connection: sqlite3.Connection) -> None:
        """Return when the open transaction is on the disk."""
        ...


class SqliteStorage:
    """SQLite in WAL mode; every commit is synced before it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def connect(self) -> sqlite3.Connection:
        """Open the file, make it if needed, and set it to durable commits."""
        connection = sqlite3.connect(
            self.path, timeout=1.0, isolation_level=None, check_same_thread=False
        )
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise sqlite3.OperationalError(f"journal mode is {mode}, not WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA recursive_triggers = ON")
            # Rows of one statement are gathered in a temporary table when the table they go into has
            # a trigger: in memory that is a quarter of the cost of an entry less than in a file.
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cache_size = -8192")
            connection.execute("PRAGMA journal_size_limit = 16777216")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def commit(self, connection: sqlite3.Connection) -> None:
        """Commit; with synchronous=FULL the WAL is synced before this returns."""
        connection.execute("COMMIT")


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the database for reading only; it must exist."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=1.0,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA query_only = ON")
    return connection
