"""Finding rows by fragments of their words, in Chinese or Latin script.

Full-text search cuts text into words, which Chinese does not mark. So Chinese text is stored as its
overlapping pairs of characters: a fragment of two or more is then a phrase of pairs, a single
character the beginning of a pair. Latin words and numbers are found by their beginning.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

_RUN: Final = re.compile(r"[㐀-鿿豈-﫿]+|[^\W㐀-鿿豈-﫿]+")
_CHINESE: Final = re.compile(r"[㐀-鿿豈-﫿]")

TABLES: Final = """
CREATE VIRTUAL TABLE words USING fts5(text, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3');
CREATE TABLE worded (       -- which row of the room is found by which words
  key   TEXT PRIMARY KEY,
  rowid_of INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
"""


def terms(text: str) -> Iterator[str]:
    """Yield what a text is stored as: words, and pairs of Chinese characters."""
    for run in _RUN.findall(text.casefold()):
        if not _CHINESE.match(run):
            yield run
            continue
        for n in range(len(run) - 1):
            yield run[n : n + 2]
        yield run[-1]


def question(text: str) -> str | None:
    """Return the query for a fragment, None when it holds nothing to look for."""
    parts = []
    for run in _RUN.findall(text.casefold()):
        if not _CHINESE.match(run) or len(run) == 1:
            parts.append(f'"{run}"*')
        else:
            parts.append('"' + " ".join(run[n : n + 2] for n in range(len(run) - 1)) + '"')
    return " AND ".join(parts) if parts else None


def store_words(connection: sqlite3.Connection, words: Iterable[tuple[str, str | None]]) -> None:
    """Let rows be found by these words from now on; None: no longer."""
    for key, text in words:
        found = connection.execute("SELECT rowid_of FROM worded WHERE key = ?", (key,)).fetchone()
        if found is not None:
            connection.execute("DELETE FROM words WHERE rowid = ?", found)
            connection.execute("DELETE FROM worded WHERE key = ?", (key,))
        if text is None:
            continue
        cursor = connection.execute("INSERT INTO words (text) VALUES (?)", (" ".join(terms(text)),))
        connection.execute(
            "INSERT INTO worded (key, rowid_of) VALUES (?, ?)", (key, cursor.lastrowid)
        )


def find_words(connection: sqlite3.Connection, text: str, limit: int) -> list[str]:
    """Return keys of rows that hold every part of a fragment, in the order they were stored."""
    asked = question(text)
    if asked is None:
        return []
    rows = connection.execute(
        "SELECT worded.key FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?) AS hit"
        " JOIN worded ON worded.rowid_of = hit.rowid",
        (asked, limit),
    ).fetchall()
    return [key for (key,) in rows]
