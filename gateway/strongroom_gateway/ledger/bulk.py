"""Many rows in few steps.

Every step of SQLite releases the interpreter's lock and has to win it back: with executemany that
is once a row, and a busy receiving thread would let the writer win a few rows at a time. One
statement of many rows is one step.
"""

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

_CHUNKS: Final = (256, 32, 4, 1)


@cache
def _statement(insert: str, width: int, rows: int, tail: str) -> str:
    row = f"({','.join('?' * width)})"
    return f"{insert} VALUES {','.join([row] * rows)}{tail}"


def insert_rows(
    connection: sqlite3.Connection, insert: str, rows: Sequence[Sequence[Any]], tail: str = ""
) -> None:
    """Insert rows of equal width; ``insert`` is "INSERT INTO table (columns)", ``tail`` follows."""
    if not rows:
        return
    width = len(rows[0])
    start = 0
    for size in _CHUNKS:
        statement = _statement(insert, width, size, tail)
        while len(rows) - start >= size:
            part = rows[start : start + size]
            connection.execute(statement, tuple(chain.from_iterable(part)))
            start += size
