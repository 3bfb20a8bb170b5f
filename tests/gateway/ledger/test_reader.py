from pathlib import Path

import pytest
from gateway.ledger.rows import entry, opened, work
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.views import Mark
from strongroom_gateway.ledger.work import (
    AnchorRow,
    EntryRow,
    QuarantineRow,
    ReadingRow,
    Work,
)

NOW = 1_800_000_000_000


def climate(seq: int, mono: int, ts: int | None, clk: str, boot: int = 1) -> ReadingRow:
    return ReadingRow(NOW, "climate", "n1", boot, seq, mono, ts, clk, '{"t":20}')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def filled(path: Path, *works: Work) -> Reader:
    store = opened(path)
    store.commit(works)
    store.close()
    return Reader(path)


def test_entries_are_paged_and_filtered(path: Path) -> None:
    decision = EntryRow(NOW, "custody.taken", "r1", "n2", None, None, '{"item":"box"}')
    reader = filled(path, work(1, 5), work(1, 5, node="n2"), Work(entries=[decision]))
    assert [one.idx for one in reader.entries(after=2, limit=3)] == [3, 4, 5]
    assert [one.idx for one in reader.entries(node="n2")] == [5, 6, 7, 8, 9, 10]
    assert [one.idx for one in reader.entries(kind="custody.taken")] == [10]
    assert [one.idx for one in reader.newest_entries(limit=2)] == [10, 9]
    taken = reader.entry(10)
    assert taken is not None
    assert (taken.body, taken.time, taken.time_source) == ({"item": "box"}, NOW, "received")
    assert reader.entry(11) is None


def test_time_comes_from_the_node_then_the_anchor_then_reception(path: Path) -> None:
    day = 86_400_000
    anchors = [
        AnchorRow("n1", 1, 50_000, NOW - 10_000, "ntp"),
        AnchorRow("n1", 1, day, NOW - 10_000 + day - 50_000 + 7, "gateway"),
    ]
    readings = [
        climate(1, 1_000, NOW - 5, "ntp"),
        climate(2, 2_000, None, "none"),
        climate(3, 2_000, NOW + 300_001, "rtc"),  # more than five minutes ahead
        climate(4, 2_000, 1_600_000_000_000, "rtc"),  # the year 2020
        climate(5, 2_000, None, "none", boot=2),  # no anchor for this boot
        climate(6, 2_000, NOW + 300_000, "rtc"),
    ]
    reader = filled(path, Work(readings=readings, anchors=anchors))
    found = [(one.time, one.time_source) for one in reader.readings()]
    by_anchor = (NOW - 10_000 + 2_000 - 50_000, "anchor")
    assert found == [
        (NOW - 5, "node"),
        by_anchor,
        by_anchor,
        by_anchor,
        (NOW, "received"),
        (NOW + 300_000, "node"),
    ]
    assert [one.seq for one in reader.readings(newest=True, limit=2)] == [6, 5]


def test_an_entry_before_the_clock_was_set_is_dated_by_a_later_anchor_and_stays_as_it_is(
    path: Path,
) -> None:
    row = entry(7)
    anchor = AnchorRow("n1", 1, 1_007, row.at - 100, "gateway")
    reader = filled(path, Work(entries=[row]), Work(anchors=[anchor]))
    [found] = reader.entries()
    assert (found.time, found.time_source) == (row.at - 100 - 1_000, "anchor")
    assert (found.at, found.body["ts"]) == (row.at, None)


def test_gaps_are_between_the_mark_and_what_came_beyond(path: Path) -> None:
    marks = {("n1", 1, "event"): (4, "[[7,9],[11,11]]"), ("n1", 1, "telemetry"): (2, "[]")}
    reader = filled(path, Work(marks=marks))
    assert reader.gaps() == [("n1", 1, "event", 5, 6), ("n1", 1, "event", 10, 10)]
    assert reader.marks("n1")["n1", 1, "event"] == Mark(4, [(7, 9), (11, 11)])
    assert reader.marks("n2") == {}
    assert reader.counts().missing == 3


def test_every_refused_message_is_counted(path: Path) -> None:
    row = QuarantineRow(NOW, "n1", "t", "malformed_json", "d", None, None, 3, b"\x01", b"abc")
    flood = {(1, "n1", "malformed_json"): 40, (2, "", "bad_topic"): 2}
    reader = filled(path, Work(quarantine=[row, row], more=flood), Work(more=flood))
    assert reader.quarantine_counts() == {("n1", "malformed_json"): 82, ("", "bad_topic"): 4}
    assert reader.counts().quarantined == 86
    first, second = reader.quarantined()
    assert (first.payload, first.sha256, second.id) == (b"abc", "01", 2)
    assert [one.id for one in reader.quarantined(after=1)] == [2]


def test_the_head_is_the_writers(path: Path) -> None:
    store = opened(path)
    store.commit([work(1, 9)])
    head = store.head
    store.close()
    assert Reader(path).head() == head


def test_reading_goes_on_while_the_writer_writes(path: Path) -> None:
    store = opened(path)
    store.commit([work(1)])
    reader = Reader(path)
    assert len(reader.entries()) == 1
    store.commit([work(2)])
    assert len(reader.entries()) == 2
    store.close()
    reader.close()
