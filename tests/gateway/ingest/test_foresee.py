"""What is read ahead for a batch: fewer looks at the disk, and never another answer."""

from collections.abc import Mapping, Sequence

import pytest
from gateway.ingest.rig import Rig, climate, tag
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.errors import RowsUnreadableError
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.work import Work
from strongroom_gateway.room.row_source import MemoryRows
from strongroom_gateway.room.rows import Rows, drop, note
from support.troubled_rows import TroubledRows

NAMES = [f"e{n}" for n in range(6)]
FEW = NAMES[:3]
CHANGES = st.tuples(st.just("put"), st.sampled_from(FEW), st.text("ab", max_size=2))
REMOVALS = st.tuples(st.just("drop"), st.sampled_from(FEW))
LOOKS = st.tuples(st.just("ahead"), st.lists(st.sampled_from(FEW)))
STEPS = CHANGES | REMOVALS | LOOKS | st.sampled_from([("commit",), ("settle",), ("back",)])


class Counted(MemoryRows):
    """Rows that count how often the disk is asked."""

    asked = 0

    def row(self, key: str) -> str | None:
        self.asked += 1
        return super().row(key)

    def some(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked += 1
        return {key: self.held[key] for key in keys if key in self.held}


def test_the_tags_of_a_batch_are_looked_up_together():
    source = Counted({"r/tag/e3": '"item/X"'})
    rows = Rows(source)
    rows.foresee("tag", NAMES)
    assert [rows.points("tag", name) for name in NAMES] == [None] * 3 + ["item/X"] + [None] * 2
    assert source.asked == 1
    rows.foresee("tag", NAMES)
    assert source.asked == 1, "what is known already is not asked for again"


def test_more_than_can_be_remembered_is_looked_up_all_the_same():
    source = Counted({"r/tag/t24999": '"item/X"'})
    rows = Rows(source)
    for start in range(0, 25_000, 500):
        rows.foresee("tag", [f"t{n}" for n in range(start, start + 500)])
    assert rows.points("tag", "t24999") == "item/X"
    assert rows.points("tag", "t24998") is None
    assert source.asked == 50
    assert rows.points("tag", "t0") is None
    assert source.asked == 51, "the oldest was forgotten"


def test_what_cannot_be_read_ahead_is_left_to_those_who_ask():
    source = TroubledRows({"r/tag/e1": '"item/X"'})
    rows = Rows(source)
    source.trouble = True
    rows.foresee("tag", NAMES)
    assert rows.unread == 0
    with pytest.raises(RowsUnreadableError):
        rows.points("tag", "e1")
    assert rows.unread == 1
    source.trouble = False
    assert rows.points("tag", "e1") == "item/X"


@given(st.lists(STEPS, max_size=40))
def test_reading_ahead_changes_no_answer(steps):
    expected: dict[str, str | None] = {"e0": "x", "e1": "y"}
    disk, written = MemoryRows({f"r/tag/{k}": f'"{v}"' for k, v in expected.items()}), []
    rows = Rows(disk)
    before = dict(expected)
    for step in steps:
        match step:
            case ("put" | "drop", name, *rest):
                rows.journal.forget()
                before = dict(expected)
                value = rest[0] if rest else None
                change = drop("tag", name) if value is None else note("tag", name, value)
                written.append(rows.change(change))
                expected[name] = value
            case ("back",):
                if rows.journal.mark():
                    written.pop()
                rows.journal.back(0)
                expected = dict(before)
            case ("ahead", names):
                rows.foresee("tag", names)
            case ("commit" | "settle" as what,):
                rows.journal.forget()
                before = dict(expected)
                for key, value in written:
                    disk.held.pop(key, None)
                    if value is not None:
                        disk.held[key] = value
                written.clear()
                if what == "settle":
                    rows.settled()
        if step[0] != "ahead":  # what was read ahead is used when later steps have passed
            continue
        probe = step[1][:1]
        assert [rows.points("tag", name) for name in probe] == [expected.get(n) for n in probe]
    assert [rows.points("tag", name) for name in NAMES] == [expected.get(n) for n in NAMES]


def test_the_room_hears_of_a_whole_batch_before_its_first_message(tmp_path):
    rig = Rig(tmp_path / "ledger.db")
    try:
        rig.send(tag(1), b"nonsense", tag(2))
        rig.send(climate(1), topic="telemetry/climate")
        assert rig.room.foreseen == [([1, 2], 0), ([1], 2)]
    finally:
        rig.stop()


@pytest.mark.parametrize("many", [0, 1, 2, 255, 256, 257, 600])
def test_several_rows_are_those_that_are_read_one_by_one(tmp_path, many):
    store = Store(SqliteStorage(tmp_path / "ledger.db"))
    store.open()
    store.commit([Work(states={f"r/tag/t{n}": f'"item/{n}"' for n in range(0, 600, 3)})])
    store.close()
    reader = Reader(tmp_path / "ledger.db")
    try:
        keys = [f"r/tag/t{n}" for n in range(many)]
        singly = {key: row for key in keys if (row := reader.row(key)) is not None}
        assert reader.some(keys) == singly
        assert len(singly) == len(range(0, many, 3))
    finally:
        reader.close()


def test_several_rows_of_a_ledger_that_is_gone_cannot_be_read(tmp_path):
    with pytest.raises(RowsUnreadableError):
        Reader(tmp_path / "none.db").some(["r/tag/t1"])
