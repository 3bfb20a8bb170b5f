"""A room's rows can be made again from its ledger, and one that was changed is found."""

import sqlite3
from contextlib import closing

import pytest
from gateway.ledger.rows import opened
from strongroom_gateway.cli import main
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.work import EntryRow, Work
from strongroom_gateway.replaying import replay
from strongroom_gateway.room.projections import projected
from strongroom_gateway.room.registry import discover
from strongroom_gateway.room.rows import Rows

T0 = 1_800_000_000_000
SLIP = {
    "slip": "S2027-00001",
    "person": "li",
    "by": "li",
    "items": ["H-1"],
    "reason": "work",
    "purpose": "audit",
    "external": False,
    "recipient": None,
    "days": None,
    "department": None,
    "at": T0,
}
LIFE = [
    ("person.registered", {"person": {"id": "li", "name": "Li", "badges": ["04aa"]}}),
    ("item.registered", {"item": {"id": "H-1", "name": "One", "tags": ["e1"], "home": "a-1"}}),
    ("movement.exit", {"item": "H-1", "holder": "li", "why": "as it was written once"}),
    ("slip.requested", SLIP),
    ("movement.check_out", {"item": "H-1", "holder": "li", "place": "@holder", "why": {}}),
    ("alarm.raised", {"code": "x"}),
    ("slip.refused", {"slip": "S2027-00001", "by": "wang", "comment": "no", "at": T0 + 9}),
]


@pytest.fixture
def path(tmp_path):
    discover()
    rows, states, entries = Rows(), {}, []
    for n, (kind, body) in enumerate(LIFE):
        if kind != "movement.exit":
            states |= dict(rows.change(one) for one in projected(kind, body, T0 + n, rows))
        entries.append(EntryRow(T0 + n, kind, "r1", None, None, None, canonical(body)))
    states["rule/x/y"] = "{}"
    store = opened(tmp_path / "ledger.db")
    store.commit([Work(entries=entries, states=states)])
    store.close()
    return tmp_path / "ledger.db"


def test_the_same_rows_come_out(path, capsys):
    found = replay(path)
    assert (found.different, found.more, found.older) == ([], 0, 1)
    assert found.entries == 5
    assert found.rows["slip"] == 1
    assert found.rows["where"] == 1
    assert main(["ledger", "replay", str(path)]) == 0
    assert "5 entries give the" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE room_state SET value = replace(value, 'refused', 'approved')"
            " WHERE key = 'r/slip/S2027-00001'",
            'row r/slip/S2027-00001 says {"',
        ),
        ("DELETE FROM room_state WHERE key = 'r/tag/e1'", "row r/tag/e1 is missing, the entries"),
        (
            "INSERT INTO room_state VALUES ('r/loan/L-1', '{}')",
            "row r/loan/L-1 says {}, the entries give nothing",
        ),
    ],
)
def test_a_row_that_somebody_changed_is_named(path, capsys, change, said):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(change).rowcount == 1
        connection.commit()
    assert len(replay(path).different) == 1
    assert main(["ledger", "replay", str(path)]) == 1
    assert said in capsys.readouterr().out


def test_many_differences_are_counted(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = [(f"r/loan/{n}", "{}") for n in range(50)]
        connection.executemany("INSERT INTO room_state VALUES (?, ?)", rows)
        connection.commit()
    found = replay(path)
    assert (len(found.different), found.more) == (20, 30)


def test_what_is_no_ledger_is_said(tmp_path, capsys):
    (tmp_path / "x.db").write_text("no database, but long enough to look like one" * 20)
    assert main(["ledger", "replay", str(tmp_path / "x.db")]) == 2
    assert main(["ledger", "replay", str(tmp_path / "none.db")]) == 2
    assert "none.db" in capsys.readouterr().err
