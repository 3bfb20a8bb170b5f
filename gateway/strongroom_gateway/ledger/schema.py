"""The tables, as numbered steps. A step is never changed once released; a new one is added."""

import sqlite3
from typing import Final

from ..errors import SchemaError
from .search import TABLES as SEARCH

APPLICATION_ID: Final = 0x5374526D  # "StRm"

_FIRST: Final = """
CREATE TABLE entry (
  idx  INTEGER PRIMARY KEY,   -- place in the Merkle tree, from 0, without gaps
  at   INTEGER NOT NULL,      -- reception or decision, Unix ms
  kind TEXT NOT NULL,
  room TEXT NOT NULL,
  node TEXT,
  boot INTEGER,               -- with seq: the message; null for decisions
  seq  INTEGER,
  body TEXT NOT NULL,         -- canonical JSON
  leaf BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_origin ON entry (node, boot, seq) WHERE boot IS NOT NULL;
CREATE INDEX entry_kind ON entry (kind);
CREATE INDEX entry_node ON entry (node);
CREATE TRIGGER entry_in_order BEFORE INSERT ON entry
WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM entry)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: entries follow each other'); END;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no entry is changed'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no entry is removed'); END;

CREATE TABLE reading (
  id   INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  kind TEXT NOT NULL,
  node TEXT NOT NULL,
  boot INTEGER NOT NULL,
  seq  INTEGER NOT NULL,
  mono INTEGER NOT NULL,
  ts   INTEGER,
  clk  TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX reading_kind ON reading (kind, node);

CREATE TABLE quarantine (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  node    TEXT NOT NULL,      -- '' when the topic does not tell
  topic   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  detail  TEXT NOT NULL,
  boot    INTEGER,
  seq     INTEGER,
  size    INTEGER NOT NULL,   -- of the whole payload
  sha256  BLOB NOT NULL,      -- of the whole payload
  payload BLOB NOT NULL       -- its beginning
) STRICT;
CREATE TRIGGER quarantine_no_update BEFORE UPDATE ON quarantine
BEGIN SELECT RAISE(ABORT, 'the quarantine is append-only'); END;
CREATE TRIGGER quarantine_no_delete BEFORE DELETE ON quarantine
BEGIN SELECT RAISE(ABORT, 'the quarantine is append-only'); END;
CREATE TABLE quarantine_more (  -- a flood: only counted
  minute INTEGER NOT NULL,      -- Unix minute
  node   TEXT NOT NULL,
  reason TEXT NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (minute, node, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE mark (             -- what is committed or reported dropped, for dedupe and ack
  node   TEXT NOT NULL,
  boot   INTEGER NOT NULL,
  lane   TEXT NOT NULL,
  high   INTEGER NOT NULL,      -- all of 1..high
  beyond TEXT NOT NULL,         -- JSON: ranges [first, last] above high, with gaps between
  PRIMARY KEY (node, boot, lane)
) STRICT, WITHOUT ROWID;
CREATE TABLE anchor (           -- dates records made before the clock was set
  node    TEXT NOT NULL,
  boot    INTEGER NOT NULL,
  at_mono INTEGER NOT NULL,
  at_ts   INTEGER NOT NULL,
  source  TEXT NOT NULL,
  PRIMARY KEY (node, boot, at_mono)
) STRICT, WITHOUT ROWID;
CREATE TABLE room_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""

_PROOFS: Final = """
CREATE TABLE subtree (          -- roots of the full subtrees of 2**level entries
  level INTEGER NOT NULL,       -- 8, 16, 24 ...
  idx   INTEGER NOT NULL,       -- over entries idx * 2**level and on
  hash  BLOB NOT NULL,
  PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
  id   INTEGER PRIMARY KEY,     -- from 1, without gaps
  size INTEGER NOT NULL,
  at   INTEGER NOT NULL,        -- when it was made, Unix ms; not signed
  note TEXT NOT NULL            -- signed note
) STRICT;
CREATE INDEX checkpoint_size ON checkpoint (size);
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no checkpoint is changed'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no checkpoint is removed'); END;
CREATE INDEX entry_corrected ON entry (json_extract(body, '$.supersedes'))
WHERE kind = 'correction';
"""

MIGRATIONS: Final[tuple[str, ...]] = (_FIRST, _PROOFS, SEARCH)
NEWEST: Final = len(MIGRATIONS)


def version(connection: sqlite3.Connection) -> int:
    """Return the number of the last step taken; refuse what is not a ledger, or a newer one."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner not in (0, APPLICATION_ID) or (found and owner != APPLICATION_ID):
        raise SchemaError("this database is not a Strongroom ledger")
    if found > NEWEST:
        raise SchemaError(
            f"the ledger has schema {found}, this program knows up to {NEWEST}:"
            " it was written by a newer version; install that one"
        )
    return found


def migrate(connection: sqlite3.Connection) -> None:
    """Take the missing steps, each in its own transaction."""
    for number in range(version(connection) + 1, NEWEST + 1):
        # executescript commits on its own; BEGIN and COMMIT inside make one transaction of it.
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{MIGRATIONS[number - 1]}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\n"
            f"PRAGMA user_version = {number};\nCOMMIT;"
        )
