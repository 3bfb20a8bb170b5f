"""Read-only connections to the ledger, opened when needed and used again. Safe from any thread."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue

from ..errors import LedgerError, RowsUnreadableError
from . import schema
from .storage import open_reader


class Connections:
    """Connections to one ledger."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._free: LifoQueue[sqlite3.Connection] = LifoQueue()

    def close(self) -> None:
        """Close the connections that are not in use."""
        while True:
            try:
                self._free.get_nowait().close()
            except Empty:
                return

    @contextmanager
    def at_a_moment(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection on which everything is as it was at one moment."""
        connection = self._borrow()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._free.put(connection)

    @contextmanager
    def one_by_one(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for single rows: each statement sees a moment of its own, which costs
        less than a transaction. Raises RowsUnreadableError.
        """
        try:
            connection = self._borrow()
            try:
                yield connection
            finally:
                self._free.put(connection)
        except (sqlite3.Error, OSError, LedgerError) as error:
            raise RowsUnreadableError(str(error)) from error

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._free.get_nowait()
        except Empty:
            connection = open_reader(self._path)
            schema.version(connection)
            return connection
