"""Disks that are slow, full, locked or gone: stand-ins for the storage, and real troubles."""

import sqlite3
import time
from pathlib import Path

from strongroom_gateway.ledger.storage import SqliteStorage


class SlowDisk(SqliteStorage):
    """Each commit takes this long on top: an SD card's sync."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(path)
        self.seconds = seconds

    def commit(self, connection: sqlite3.Connection) -> None:
        time.sleep(self.seconds)
        super().commit(connection)


class BadDisk(SqliteStorage):
    """Raises ``trouble`` in place of committing (or connecting) while it is set."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.trouble: Exception | None = None
        self.connect_trouble: Exception | None = None
        self.attempts = 0

    def connect(self) -> sqlite3.Connection:
        if self.connect_trouble is not None:
            raise self.connect_trouble
        return super().connect()

    def commit(self, connection: sqlite3.Connection) -> None:
        self.attempts += 1
        if self.trouble is not None:
            raise self.trouble
        super().commit(connection)


class SmallDisk(SqliteStorage):
    """A disk that is really full for SQLite after ``pages`` pages; None makes room."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.pages: int | None = None

    def connect(self) -> sqlite3.Connection:
        connection = super().connect()
        if self.pages is not None:
            connection.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection
