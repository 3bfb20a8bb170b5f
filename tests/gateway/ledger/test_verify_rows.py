"""verify adds the entries up by itself: rows as the gateway makes them fit, changed ones are named."""

import itertools
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gateway.ledger.rows import opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.verify import Report, verify
from strongroom_gateway.ledger.verify.projections import DEFAULTS, INDEXES
from strongroom_gateway.ledger.verify.projections import Rows as Added
from strongroom_gateway.ledger.work import EntryRow, Work
from strongroom_gateway.room.projections import kinds, projected
from strongroom_gateway.room.registry import discover
from strongroom_gateway.room.rows import Rows

discover()  # which registers the projections
T0 = 1_800_000_000_000
Entries = list[tuple[str, dict[str, Any]]]


def record(path: Path, entries: Entries, **more: str) -> Path:
    """Write entries with the rows the gateway's own projections make of them."""
    rows, states = Rows(), dict[str, str | None](more)
    made = []
    for n, (kind, body) in enumerate(entries):
        old = kind.startswith("movement.") and "place" not in body
        for change in () if old else projected(kind, body, T0 + n, rows):
            key, value = rows.change(change)
            states[key] = value
        made.append(EntryRow(T0 + n, kind, "r1", None, None, None, canonical(body)))
    store = opened(path)
    store.commit([Work(entries=made, states=states)])
    store.close()
    return path


def item(name: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "item.registered", {"by": "li", "item": {"id": name, "name": name, **more}}


def filed(name: str, slot: str) -> tuple[str, dict[str, Any]]:
    body = {"item": name, "holder": None, "place": slot, "home": slot, "pool": "p", "why": {}}
    return "movement.filed", body


def moved(kind: str, name: str, holder: str | None, place: str) -> tuple[str, dict[str, Any]]:
    return f"movement.{kind}", {"item": name, "holder": holder, "place": place, "why": {}}


LIFE: Entries = [
    (
        "person.registered",
        {"by": "configuration", "person": {"id": "li", "name": "Li", "badges": ["04aa"]}},
    ),
    ("place.registered", {"by": "li", "place": {"id": "a-1", "name": "A", "order": 3}}),
    item("H-1", kind="volume", number="HX-1", tags=["e1", "e2"], home="a-1", parent="B-1"),
    item("B-1", kind="box", closed=False, tags=[]),
    moved("check_out", "H-1", "li", "@holder"),
    moved("exit", "H-1", "li", "@outside"),
    item("H-1", kind="volume", number="HX-2", tags=["e2", "e3"], home="a-1", pages=86),
    moved("return_pending", "B-1", None, "@returning"),
    moved("return", "H-1", None, "a-1"),
    moved("check_out", "B-1", "li", "@holder"),
    filed("H-1", "a-01-1-07"),
    ("movement.check_out", {"item": "old", "holder": "li", "why": "as it was written once"}),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(tmp_path / "ledger.db", LIFE)


def test_rows_that_follow_from_the_entries_are_counted(path: Path) -> None:
    report = verify(path)
    assert report.problems == []
    assert report.rows == {
        "person": 1,
        "place": 1,
        "item": 2,
        "where": 2,
        "at": 2,
        "held": 1,
        "home": 1,
        "tag": 3,
        "number": 1,
        "under": 1,
    }
    assert report.unchecked["shelf_filed"] == 1
    assert not report.unchecked.keys() & {*DEFAULTS, *INDEXES}


WHERE = '{"holder":"wang","id":"H-1","place":"a-1","since":1}'
TAMPERED = [
    ("r/where/H-1", WHERE, 'row r/where/H-1 says {"holder": "wang"'),
    ("r/where/H-1", None, "row r/where/H-1 is missing: entry 10 made it"),
    ("r/where/X-1", WHERE, "row r/where/X-1 follows from no entry"),
    ("r/where/B-1", "{", "row r/where/B-1 says \"no JSON: b'{'\""),
    ("r/where/B-1", "[7]", "row r/where/B-1 says [7], entry 9"),
    ("r/item/H-1", '{"id":"H-1","name":"H-1"}', "row r/item/H-1 does not say what entry 10 says"),
    ("r/item/B-1", None, "row r/item/B-1 is missing: entry 3 made it"),
    ("r/item/B-1", '{"id":"B-1","name":"B-1","closed":true}', "row r/item/B-1 does not say what"),
    ("r/item/Z", '{"id":"Z","name":"Z","tags":7,"number":[1]}', "row r/item/Z follows from no"),
    ("r/person/li", '{"badges":["04bb"],"id":"li","name":"Li"}', "row r/person/li does not say"),
    ("r/person/wang", '{"id":"wang","name":"W"}', "row r/person/wang follows from no entry"),
    ("r/place/a-1", '{"id":"a-1","name":"A","order":"x"}', "row r/place/a-1 does not say what"),
    ("r/at/a-01-1-07/H-1", None, "row r/at/a-01-1-07/H-1 is missing"),
    ("r/at/a-1/B-1", '""', "row r/at/a-1/B-1 fits no other row"),
    ("r/held/li/B-1", None, "row r/held/li/B-1 is missing"),
    ("r/held/li/H-1", '""', "row r/held/li/H-1 fits no other row"),
    ("r/home/a-01-1-07/H-1", None, "row r/home/a-01-1-07/H-1 is missing"),
    ("r/home/a-1/H-1", '""', "row r/home/a-1/H-1 fits no other row"),
    ("r/in/B-1/H-1", '""', "row r/in/B-1/H-1 fits no other row"),
    ("r/number/HX-2", '"B-1"', "row r/number/HX-2 leads to \"B-1\", not to 'H-1'"),
    ("r/tag/e3", '"item/B-1"', "row r/tag/e3 leads to \"item/B-1\", not to 'item/H-1'"),
    ("r/tag/e3", '"item/H-1" "', "row r/tag/e3 leads to \"no JSON: b'"),
    ("r/tag/e3", "[]", "row r/tag/e3 leads to [], not to 'item/H-1'"),
    ("r/tag/04aa", None, "row r/tag/04aa is missing"),
    ("r/under//000000003/a-1", None, "row r/under//000000003/a-1 is missing"),
]


@pytest.mark.parametrize(("key", "value", "said"), TAMPERED)
def test_a_row_that_somebody_changed_is_named(
    path: Path, tmp_path: Path, key: str, value: str | None, said: str
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DELETE FROM room_state WHERE key = ?", (key,))
        if value is not None:
            connection.execute("INSERT INTO room_state VALUES (?, ?)", (key, value))
        connection.commit()
    problems = verify(copy).problems
    assert any(problem.startswith(said) for problem in problems), problems
    named = key.split("/")
    assert all(named[-1] in problem or "r/" in problem for problem in problems)
    assert verify(path).problems == []


def test_every_swap_of_two_rows_is_found(path: Path, tmp_path: Path) -> None:
    """Whatever two checked rows trade their values, it shows."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT key, value FROM room_state ORDER BY key").fetchall()
    rows = [row for row in rows if row[0].split("/")[1] in (*DEFAULTS, *INDEXES)]
    tried = 0
    for n, (key, value) in enumerate(rows):
        other, foreign = rows[(n + 1) % len(rows)]
        if value == foreign:
            continue
        copy = tmp_path / f"{n}.db"
        shutil.copy(path, copy)
        with closing(sqlite3.connect(copy)) as connection:
            for one, new in ((key, foreign), (other, value)):
                connection.execute("UPDATE room_state SET value = ? WHERE key = ?", (new, one))
            connection.commit()
        assert verify(copy).problems, (key, other)
        tried += 1
    assert tried >= 6


def test_rows_of_an_index_that_swap_what_they_lead_to_are_found(tmp_path: Path) -> None:
    """Every pair of many: sums over them must not come out the same."""
    entries = [item(f"H-{n}", tags=[f"e{n}"]) for n in range(12)]
    path = record(tmp_path / "ledger.db", entries)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT key, value FROM room_state WHERE key >= 'r/tag/' AND key < 'r/tag0'"
        ).fetchall()
        assert len(rows) == 12
        for (one, first), (other, second) in itertools.combinations(rows, 2):
            change = "UPDATE room_state SET value = ? WHERE key = ?"
            connection.executemany(change, [(second, one), (first, other)])
            connection.commit()
            assert len(verify(path).problems) == 2, (one, other)
            connection.executemany(change, [(first, one), (second, other)])
            connection.commit()
    assert verify(path).problems == []


def test_an_entry_that_made_no_row_is_found(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    store = opened(copy)
    body = canonical(moved("return", "B-1", None, "a-1")[1])
    store.commit([Work(entries=[EntryRow(T0, "movement.return", "r1", None, None, None, body)])])
    store.close()
    assert [p for p in verify(copy).problems if p.startswith("row r/where/B-1 says")]


def test_rows_of_other_kinds_are_said_to_be_unchecked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"r/slip/S-1": "{}", "r/slip/S-2": "{}", "r/due/0001/B-1": '""', "rule/x/y": "{}"}
    path = record(tmp_path / "ledger.db", LIFE, **more)
    report = verify(path)
    assert report.problems == []
    assert (report.unchecked["slip"], report.unchecked["due"]) == (2, 1)
    assert main(["ledger", "verify", str(path)]) == 0
    said = capsys.readouterr().out
    assert "15 rows of the room follow from the entries" in said
    assert "of other kinds, not checked: due 1, shelf_filed 1, slip 2" in said


def test_a_changed_row_fails_the_command(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE room_state SET value = ? WHERE key = 'r/where/H-1'", (WHERE,))
        connection.commit()
    assert main(["ledger", "verify", str(path)]) == 1
    assert "row r/where/H-1 says" in capsys.readouterr().out


PLAIN = {
    "accepted",
    "check_out",
    "exit",
    "exit_without_leave",
    "missing",
    "return",
    "return_pending",
}
"""Movements that say nothing but who has an item, and where."""
NAMES = st.sampled_from(["A", "B", "C", "D"])
TAGS = st.lists(st.sampled_from(["t1", "t2", "t3", "t4"]), unique=True, max_size=2)
PLACES = st.sampled_from(["p", "q", "@outside", "@holder", "@returning"])
STEPS = st.one_of(
    st.builds(
        lambda name, kind, number, tags, home, parent, closed: item(
            name,
            kind=kind,
            number=number,
            tags=[f"{name}{tag}" for tag in tags],
            home=home,
            parent=parent,
            closed=closed,
        ),
        NAMES,
        st.sampled_from(["box", "volume", "key"]),
        st.none() | st.sampled_from(["n1", "n2"]).map(lambda n: n),
        TAGS,
        st.none() | PLACES,
        st.none() | NAMES,
        st.booleans(),
    ),
    st.builds(
        moved,
        st.sampled_from(sorted(PLAIN)),
        NAMES,
        st.none() | st.sampled_from(["li", "wang"]),
        PLACES,
    ),
    st.builds(filed, NAMES, st.sampled_from(["a-01-1-07", "a-01-1-08"])),
    st.builds(
        lambda name, order, parent: (
            "place.registered",
            {"place": {"id": name, "name": name, "order": order, "parent": parent}},
        ),
        st.sampled_from(["p", "q"]),
        st.integers(0, 5),
        st.none() | st.just("p"),
    ),
    st.builds(
        lambda name, tags, active: (
            "person.registered",
            {
                "person": {
                    "id": name,
                    "name": name,
                    "badges": [name + t for t in tags],
                    "active": active,
                }
            },
        ),
        st.sampled_from(["li", "wang"]),
        TAGS,
        st.booleans(),
    ),
)


def numbered(entries: Entries) -> Entries:
    """Give each item a number of its own: the register refuses a second one with the same."""
    for kind, body in entries:
        if kind == "item.registered" and body["item"].get("number"):
            body["item"]["number"] += body["item"]["id"]
    return entries


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEPS, max_size=25).map(numbered))
def test_what_the_gateway_makes_of_any_entries_fits(tmp_path: Path, entries: Entries) -> None:
    path = tmp_path / "any.db"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert verify(record(path, entries)).problems == []


def test_every_kind_that_changes_these_rows_is_added_up_here() -> None:
    """A new kind of movement or registration is known by its name; others need a line in verify."""
    wanted = Added().wanted
    ours = {kind for kind in kinds() if kind.split(".")[0] == "movement" or "registered" in kind}
    assert ours
    assert all(wanted[kind.encode()] for kind in ours)


def test_sums_of_a_report_begin_at_nothing() -> None:
    assert (Report().rows, Report().unchecked) == ({}, {})
    assert json.dumps(Report().rows) == "{}"
