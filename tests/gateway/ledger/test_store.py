import json
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest
from gateway.ledger.rows import entry, opened, work
from strongroom_gateway.errors import LedgerError, SchemaError
from strongroom_gateway.ledger import schema
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store, entry_bytes
from strongroom_gateway.ledger.work import EntryRow, QuarantineRow, ReadingRow, Work


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_entry_bytes_are_the_canonical_json_of_idx_time_kind_origin_and_body() -> None:
    row = EntryRow(7, "event/tag", "r1", "n1", 3, 9, '{"a":1}')
    expected = {
        "idx": 5, "at": 7, "kind": "event/tag", "room": "r1", "node": "n1", "boot": 3, "seq": 9,
        "body": {"a": 1},
    }  # fmt: skip
    text = json.dumps(expected, sort_keys=True, separators=(",", ":"))
    assert entry_bytes(5, row) == text.encode()
    decision = EntryRow(7, "custody.taken", "r1", None, None, None, "{}")
    expected |= {"kind": "custody.taken", "node": None, "boot": None, "seq": None, "body": {}}
    text = json.dumps(expected, sort_keys=True, separators=(",", ":"))
    assert entry_bytes(5, decision) == text.encode()


def test_what_is_committed_is_there_after_opening_again(path: Path) -> None:
    store = opened(path)
    store.commit([work(1, 3), work(4, 200)])
    head = store.head
    store.close()
    again = opened(path)
    assert again.head == head
    again.commit([work(204)])
    again.close()
    entries = Reader(path).entries(limit=1000)
    assert [one.seq for one in entries] == list(range(1, 205))
    assert [one.idx for one in entries] == list(range(204))
    leaves = [
        sha256(b"\x00" + entry_bytes(one.idx, entry(one.seq or 0))).hexdigest() for one in entries
    ]
    assert [one.leaf for one in entries] == leaves


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE entry SET body = '{}' WHERE idx = 1",
        "DELETE FROM entry WHERE idx = 2",
        "INSERT OR REPLACE INTO entry SELECT 1, at, kind, room, 'x', boot, seq, body, leaf"
        " FROM entry WHERE idx = 0",
        "INSERT INTO entry SELECT 99, at, kind, room, 'x', boot, seq, body, leaf"
        " FROM entry WHERE idx = 0",
        "UPDATE quarantine SET reason = ''",
        "DELETE FROM quarantine",
    ],
)
def test_the_database_itself_refuses_to_change_the_record(path: Path, attack: str) -> None:
    store = opened(path)
    bad = QuarantineRow(1, "n1", "t", "r", "d", None, None, 1, b"x", b"x")
    store.commit([work(1, 3), Work(quarantine=[bad])])
    store.close()
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(attack)
    connection.close()


def test_all_rows_of_a_group_or_none(path: Path) -> None:
    store = opened(path)
    store.commit([work(1)])
    head = store.head
    reading = ReadingRow(1, "climate", "n1", 1, 1, 5, None, "none", "{}")
    with pytest.raises(sqlite3.IntegrityError):
        store.commit([Work(readings=[reading], states={"a": "b"}), work(1)])
    assert store.head == head
    store.close()
    reader = Reader(path)
    assert (reader.readings(), reader.states()) == ([], {})


def test_a_message_the_ledger_already_has_goes_into_the_quarantine_when_careful(path: Path) -> None:
    store = opened(path)
    store.commit([work(1)])
    assert store.commit([work(2), work(1), work(3)], careful=True) == 1
    store.close()
    reader = Reader(path)
    assert [one.seq for one in reader.entries()] == [1, 2, 3]
    [refused] = reader.quarantined()
    assert (refused.reason, refused.boot, refused.seq) == ("conflict", 1, 1)


def test_states_are_replaced_and_removed_in_the_order_of_the_works(path: Path) -> None:
    store = opened(path)
    store.commit([Work(states={"a": "1", "b": "1"}), Work(states={"a": "2", "b": None})])
    store.commit([Work(states={"c": "3"})])
    store.close()
    assert Reader(path).states() == {"a": "2", "c": "3"}


def test_a_ledger_of_a_newer_version_is_refused_in_words(path: Path) -> None:
    opened(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.NEWEST + 1}")
    connection.close()
    with pytest.raises(SchemaError, match="newer version"):
        opened(path)
    with pytest.raises(SchemaError, match="newer version"):
        Reader(path).entries()


def test_another_programs_database_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 12345")
    connection.execute("CREATE TABLE entry (x)")
    connection.close()
    with pytest.raises(SchemaError, match="not a Strongroom ledger"):
        opened(path)


def test_every_migration_is_its_own_transaction(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "CREATE TABLE half (x); CREATE TABLE half (x);"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
    monkeypatch.setattr(schema, "NEWEST", len(schema.MIGRATIONS))
    with pytest.raises(sqlite3.OperationalError, match="half"):
        opened(path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS) - 1,)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "entry" in tables
    assert "half" not in tables
    connection.close()


def test_a_tree_that_does_not_fit_the_entries_is_refused_at_the_start(path: Path) -> None:
    store = opened(path)
    store.commit([work(1, 5)])
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER entry_no_delete")
    connection.execute("DELETE FROM entry WHERE idx = 4")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="verify"):
        opened(path)


def test_commits_are_synced(path: Path) -> None:
    connection = SqliteStorage(path).connect()
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_opening_for_the_first_time_in_a_folder_that_is_not_there_fails(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Store(SqliteStorage(tmp_path / "nowhere" / "ledger.db")).open()
