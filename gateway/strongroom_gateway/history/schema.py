"""The tables of the history, as numbered steps; how to open it."""

import sqlite3
from pathlib import Path
from typing import Final

from ..errors import SchemaError

APPLICATION_ID: Final = 0x53744869  # "StHi"

_FIRST: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sensor (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE           -- node/device, or what an import was told to call it
) STRICT;
CREATE TABLE source (                 -- where readings come from
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,            -- when it was first used, Unix ms
  kind   TEXT NOT NULL,               -- live | import
  file   TEXT NOT NULL,               -- '' for live
  sha256 TEXT NOT NULL,
  hold   INTEGER NOT NULL,            -- ms a reading of it holds at most
  said   TEXT NOT NULL                -- JSON: how the file was read; of live, the correction added
) STRICT;
CREATE TABLE fresh (                  -- readings of days that are not closed yet
  sensor INTEGER NOT NULL REFERENCES sensor,
  day    TEXT NOT NULL,               -- local date
  at     INTEGER NOT NULL,
  t      REAL,
  rh     REAL,
  source INTEGER NOT NULL REFERENCES source,
  boot   INTEGER,                     -- with seq: the message of the node
  seq    INTEGER
) STRICT;
CREATE INDEX fresh_day ON fresh (day, sensor, at);
CREATE TABLE refused (                -- what the gateway did not believe, as its entries list it
  sensor INTEGER NOT NULL REFERENCES sensor,
  boot   INTEGER NOT NULL,
  first  INTEGER NOT NULL,            -- seq
  last   INTEGER NOT NULL,
  entry  INTEGER NOT NULL,            -- in the ledger
  PRIMARY KEY (sensor, boot, first, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE unbelieved (             -- those readings, kept apart
  sensor INTEGER NOT NULL REFERENCES sensor,
  at     INTEGER NOT NULL,
  t      REAL,
  rh     REAL,
  boot   INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  entry  INTEGER NOT NULL,
  PRIMARY KEY (sensor, boot, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE raw (                    -- readings of closed days, packed
  sensor INTEGER NOT NULL REFERENCES sensor,
  day    TEXT NOT NULL,
  data   BLOB NOT NULL,
  PRIMARY KEY (sensor, day)
) STRICT;
CREATE TABLE minute (
  sensor INTEGER NOT NULL REFERENCES sensor,
  day    TEXT NOT NULL,
  data   BLOB NOT NULL,
  PRIMARY KEY (sensor, day)
) STRICT;
CREATE TABLE hour (
  sensor   INTEGER NOT NULL REFERENCES sensor,
  at       INTEGER NOT NULL,          -- Unix ms
  readings INTEGER NOT NULL,
  t_known  INTEGER NOT NULL,          -- ms
  t_mean REAL, t_low REAL, t_high REAL,
  rh_known INTEGER NOT NULL,
  rh_mean REAL, rh_low REAL, rh_high REAL,
  PRIMARY KEY (sensor, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE day (
  sensor   INTEGER NOT NULL REFERENCES sensor,
  day      TEXT NOT NULL,
  at       INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  t_known  INTEGER NOT NULL,
  t_mean REAL, t_low REAL, t_high REAL,
  rh_known INTEGER NOT NULL,
  rh_mean REAL, rh_low REAL, rh_high REAL,
  sha256   TEXT NOT NULL,             -- over the canonical rows of the readings
  minutes_sha256 TEXT NOT NULL,       -- over the packed minutes, '' without: left when raw is pruned
  refused  INTEGER NOT NULL,          -- readings that were left out, in unbelieved
  revision INTEGER NOT NULL,          -- from 1; one more each time readings came late
  PRIMARY KEY (sensor, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE seal (                   -- what is to stand in the ledger
  key  TEXT PRIMARY KEY,
  at   INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,                 -- canonical JSON
  idx  INTEGER                        -- its entry; null until it is there
) STRICT;
CREATE INDEX seal_waiting ON seal (at) WHERE idx IS NULL;
"""

_SECOND: Final = """
ALTER TABLE sensor ADD COLUMN quantity TEXT NOT NULL DEFAULT '';  -- '' for t and rh; else t is its value
"""

MIGRATIONS: Final[tuple[str, ...]] = (_FIRST, _SECOND)


def connect(path: Path) -> sqlite3.Connection:
    """Open the history for writing, making it when it is not there. Raises SchemaError."""
    # An import of many years is one transaction, and takes half a minute on a small machine.
    connection = sqlite3.connect(path, timeout=60.0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # The ledger's own readings are pruned once they are here: so they must be on the disk.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_size_limit = 16777216")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open an existing history for reading. Raises SchemaError when it is none or too new."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=5.0,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        version = _version(connection)
        if version < 1:
            raise SchemaError(f"{path} is no climate history")
        if version < len(MIGRATIONS):
            raise SchemaError(
                f"{path} was written by an older version: the gateway, or an import, brings it up"
                " to date"
            )
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner not in (0, APPLICATION_ID) or (found and owner != APPLICATION_ID):
        raise SchemaError("this database is not a climate history")
    if found > len(MIGRATIONS):
        raise SchemaError(
            f"the climate history has schema {found}, this program knows up to {len(MIGRATIONS)}:"
            " it was written by a newer version; install that one"
        )
    return found


def _migrate(connection: sqlite3.Connection) -> None:
    for number in range(_version(connection) + 1, len(MIGRATIONS) + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{MIGRATIONS[number - 1]}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\n"
            f"PRAGMA user_version = {number};\nCOMMIT;"
        )
