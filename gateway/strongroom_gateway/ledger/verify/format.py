"""What the database must look like before its rows mean anything."""

import sqlite3
from collections.abc import Iterator

APPLICATION = 0x5374526D  # "StRm"
GUARDS = {
    "entry_in_order": (
        "BEFORE INSERT ON entry WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM entry) BEGIN"
    ),
    "entry_no_update": "BEFORE UPDATE ON entry BEGIN",
    "entry_no_delete": "BEFORE DELETE ON entry BEGIN",
    "checkpoint_no_update": "BEFORE UPDATE ON checkpoint BEGIN",
    "checkpoint_no_delete": "BEFORE DELETE ON checkpoint BEGIN",
}
_TYPES = {
    "at": "'integer'",
    "kind": "'text'",
    "room": "'text'",
    "node": "'text', 'null'",
    "boot": "'integer', 'null'",
    "seq": "'integer', 'null'",
    "body": "'text'",
    "leaf": "'blob'",
}


def application_problem(connection: sqlite3.Connection) -> Iterator[str]:
    """Say when the database is not a ledger."""
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if owner != APPLICATION:
        yield "the database does not say that it is a ledger"


def guard_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Say which of the triggers that refuse changes are missing or do something else."""
    found = {
        name.decode(): " ".join(sql.decode("utf-8", "replace").split())
        for name, sql in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        )
    }
    checkpoints = has_table(connection, "checkpoint")
    for name, does in GUARDS.items():
        if name.startswith("checkpoint") and not checkpoints:
            continue  # a ledger from before there were any
        if name not in found:
            yield f"the guard {name} was removed from the database"
        elif f"CREATE TRIGGER {name} {does} SELECT RAISE(ABORT, '" not in found[name]:
            yield f"the guard {name} was changed"
    for name in sorted(found.keys() - GUARDS.keys()):
        if not name.startswith("quarantine_"):
            yield f"the database does something on its own at a change: trigger {name}"


def type_problems(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Say which entries hold a value of a wrong type, with their index."""
    wrong = " OR ".join(f"typeof({name}) NOT IN ({good})" for name, good in _TYPES.items())
    rows = connection.execute(
        f"SELECT idx FROM entry NOT INDEXED WHERE {wrong} ORDER BY idx LIMIT 5"  # noqa: S608  # only fixed words
    )
    for (idx,) in rows:
        yield f"entry {idx} is not what was recorded: a column is of another type", idx


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether there is a table of that name."""
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
    )
    return found.fetchone() is not None
