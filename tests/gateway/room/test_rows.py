"""Rows: whatever was written, committed or not, is read as one; the oracle is a plain dictionary."""

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from strongroom_gateway.errors import RowsUnreadableError
from strongroom_gateway.ingest.taking import empty_work
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.room import rows as rows_module
from strongroom_gateway.room.model import Item, Person, Where
from strongroom_gateway.room.row_source import MemoryRows
from strongroom_gateway.room.rows import Rows, drop, note, put

NAMES = st.text("ab/é", min_size=1, max_size=3)
KINDS = st.sampled_from(["at", "held"])


class RowsMachine(RuleBasedStateMachine):
    """Writes and commits in any order; what is read is what a dictionary holds."""

    def __init__(self):
        super().__init__()
        self.disk = MemoryRows()
        self.rows = Rows(self.disk)
        self.model = {}
        self.waiting = {}

    @rule(kind=KINDS, name=NAMES, value=st.sampled_from(["", "x", "y"]))
    def write(self, kind, name, value):
        key, raw = self.rows.change(note(kind, name, value))
        self.model[kind, name] = value
        self.waiting[key] = raw

    @rule(kind=KINDS, name=NAMES)
    def remove(self, kind, name):
        key, raw = self.rows.change(drop(kind, name))
        self.model.pop((kind, name), None)
        self.waiting[key] = raw

    @rule()
    def commit(self):
        for key, raw in self.waiting.items():
            if raw is None:
                self.disk.held.pop(key, None)
            else:
                self.disk.held[key] = raw
        self.waiting.clear()
        self.rows.settled()

    @rule(kind=KINDS, name=NAMES)
    def read(self, kind, name):
        assert self.rows.points(kind, name) == self.model.get((kind, name))

    @rule(kind=KINDS, prefix=st.text("ab/", max_size=2), after=st.none() | NAMES)
    def scan(self, kind, prefix, after):
        found = [name for name, _ in self.rows.scan(kind, prefix, after or "")]
        wanted = sorted(
            n for k, n in self.model if k == kind and n.startswith(prefix) and n > (after or "")
        )
        assert found == wanted

    @invariant()
    def all_is_held(self):
        held = {k.removeprefix("r/") for k in self.rows.held()}
        assert held == {f"{kind}/{name}" for kind, name in self.model}


TestRows = RowsMachine.TestCase
TestRows.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def test_a_scan_longer_than_a_page(monkeypatch):
    monkeypatch.setattr(rows_module, "_PAGE", 3)
    disk = MemoryRows({f"r/at/{n:02d}": '""' for n in range(0, 20, 2)})
    rows = Rows(disk)
    rows.change(note("at", "07"))
    rows.change(drop("at", "08"))
    assert [n for n, _ in rows.scan("at")] == [
        "00",
        "02",
        "04",
        "06",
        "07",
        "10",
        "12",
        "14",
        "16",
        "18",
    ]


def test_what_is_known_stays_bounded(monkeypatch):
    monkeypatch.setattr(rows_module, "_MOST_KNOWN", 10)
    rows = Rows(MemoryRows({f"r/tag/{n}": f'"item/{n}"' for n in range(100)}))
    assert [rows.points("tag", str(n)) for n in range(100)] == [f"item/{n}" for n in range(100)]
    assert len(rows._known) <= 10


def test_rows_on_a_real_disk_are_found_by_words_too(tmp_path: Path):
    store = Store(SqliteStorage(tmp_path / "ledger.db"))
    store.open()
    work = empty_work()
    changes = [
        put(Person(id="li", name="李文")),
        put(Where(id="b1", holder="li", place="@holder")),
        rows_module.words("item", "b1", "HX-H-01-0001", "国网电力供用电合同"),
        rows_module.words("item", "b2", "HX-L-02-0044", "国家电网公司合同"),
    ]
    work.states.update({c.key: c.value for c in changes})
    store.commit([work])
    reader = Reader(tmp_path / "ledger.db")
    rows = Rows(reader)
    assert rows.get(Person, "li").name == "李文"
    assert rows.get(Item, "b1") is None
    assert reader.find("国网", 10) == ["item/b1"]
    assert reader.find("网", 10) == ["item/b1", "item/b2"]
    assert reader.find("用电合", 10) == ["item/b1"]
    assert reader.find("电力合同", 10) == [], "not as one piece"
    assert reader.find("合同 0044", 10) == ["item/b2"]
    assert reader.find("hx-h-01", 10) == ["item/b1"]
    assert reader.find('" OR 1', 10) == reader.find("...", 10) == []
    again = empty_work()
    again.states["w/item/b1"] = "另一份"
    again.states["w/item/b2"] = None
    store.commit([again])
    assert (reader.find("国网", 10), reader.find("另一", 10)) == ([], ["item/b1"])
    assert "w/item/b1" not in reader.states()
    reader.close()
    store.close()


def test_rows_that_cannot_be_read_are_said_to_be(tmp_path: Path):
    with pytest.raises(RowsUnreadableError):
        Rows(Reader(tmp_path / "nowhere" / "ledger.db")).get(Person, "li")
