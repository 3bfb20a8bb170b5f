"""A correction is a new entry; what was recorded stays as it is and proves itself."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from gateway.ingest.rig import Rig
from gateway.ledger import sealed
from gateway.ledger.rows import opened
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.errors import CorrectionError
from strongroom_gateway.ingest.port import Decision, Entry
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.correction import corrected, correction
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.verify import verify
from strongroom_gateway.ledger.work import EntryRow, Work
from strongroom_gateway.surface import Surface
from support.waiting import wait_for

RECORDED = {"item": "HX-H-01", "place": "A-01-02", "holder": None, "time": 5}


def correct(changes: dict[str, Any], before: Any = (), **more: Any) -> dict[str, Any]:
    values = {"who": "Li Wen", "why": "read wrongly", **more}
    return correction(7, "custody.taken", RECORDED, changes, values["who"], values["why"], before)


def test_it_says_what_was_and_what_is_who_says_so_and_why() -> None:
    assert correct({"place": "A-01-03", "item": "HX-H-01"}) == {
        "supersedes": 7,
        "who": "Li Wen",
        "why": "read wrongly",
        "changes": {"place": {"was": "A-01-02", "is": "A-01-03"}},
    }


def test_a_later_one_begins_where_the_earlier_ended() -> None:
    first = correct({"place": "A-01-03", "time": 6})
    second = correct({"place": "A-01-04"}, [first])
    assert second["changes"] == {"place": {"was": "A-01-03", "is": "A-01-04"}}
    assert corrected(RECORDED, [first, second]) == RECORDED | {"place": "A-01-04", "time": 6}


@pytest.mark.parametrize(
    ("changes", "more", "word"),
    [
        ({}, {}, "changes nothing"),
        ({"place": "A-01-02"}, {}, "changes nothing"),
        ({"shelf": 1}, {}, "has no shelf; it has holder, item, place, time"),
        ({"seq": 1}, {}, "sent by the node"),
        ({"place": "x"}, {"who": "  "}, "names who"),
        ({"place": "x"}, {"why": ""}, "and why"),
        ({"place": float("nan")}, {}, "place"),
        ({"place": 2**60}, {}, "place"),
    ],
)
def test_what_is_no_correction_is_refused(
    changes: dict[str, Any], more: dict[str, str], word: str
) -> None:
    with pytest.raises(CorrectionError, match=word):
        correct(changes, **more)


def test_a_correction_is_not_corrected_but_its_entry_once_more() -> None:
    with pytest.raises(CorrectionError, match="correct entry 7 once more"):
        correction(9, "correction", correct({"place": "x"}), {"who": "y"}, "Li Wen", "no")


def test_two_corrections_that_wait_for_the_disk_follow_on_each_other(tmp_path: Path) -> None:
    """The second says what the first has made of it, though nobody can read the first yet."""
    rig = Rig(tmp_path / "ledger.db")
    try:
        rig.pipeline.act(lambda now: Decision(entries=[Entry("custody.taken", RECORDED)]))
        rig.settle()
        rig.disk.trouble = sqlite3.OperationalError("disk I/O error")
        nobody: Any = None
        surface = Surface(
            nobody, nobody, nobody, rig.pipeline, rig.writer, rig.reader, lambda: rig.now
        )
        made = [
            surface.correct(0, {"place": place}, "Li Wen", "read wrongly", seconds=0)
            for place in ("A-01-03", "A-01-04", "A-01-03", "A-01-04")
        ]
        assert rig.reader.corrections(0) == []
        with pytest.raises(CorrectionError, match="changes nothing"):
            surface.correct(0, {"place": "A-01-04"}, "Li Wen", "read wrongly")
        rig.disk.trouble = None
        wait_for(lambda: len(rig.reader.corrections(0)) == 4, what="the corrections")
        assert [one.recorded for one in made] == [False] * 4
        made.append(surface.correct(0, {"place": "A-01-05"}, "Li Wen", "read wrongly", seconds=60))
        assert made[-1].recorded
        wait_for(lambda: len(rig.reader.corrections(0)) == 5, what="the last correction")
        bodies = [one.entries[0]["body"] for one in made]
        assert [one.body for one in rig.reader.corrections(0)] == bodies
        told = [one["changes"]["place"] for one in bodies]
        was = ["A-01-02", *(one["is"] for one in told)]
        assert [one["was"] for one in told] == was[:-1]
    finally:
        rig.disk.trouble = None
        rig.stop()


values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(RECORDED)), values, min_size=1), max_size=5))
def test_corrections_one_after_the_other_end_at_the_last_word_of_each_field(
    wishes: list[dict[str, Any]],
) -> None:
    made: list[dict[str, Any]] = []
    model: dict[str, Any] = dict(RECORDED)
    for wish in wishes:
        new = model | wish
        if canonical(new) == canonical(model):
            with pytest.raises(CorrectionError, match="nothing"):
                correct(wish, made)
            continue
        made.append(correct(wish, made))
        model = new
        assert canonical(corrected(RECORDED, made)) == canonical(model)
        for field, change in made[-1]["changes"].items():
            assert canonical(change["is"]) == canonical(wish[field])


def test_the_reader_shows_what_supersedes_an_entry_and_the_record_stays_whole(
    tmp_path: Path,
) -> None:
    store = opened(tmp_path / "ledger.db")
    store.commit([sealed.work(0, 9)])
    before = Reader(tmp_path / "ledger.db").entry(7)
    assert before is not None
    for place in ("A-01-03", "A-01-04"):
        body = canonical({"supersedes": 7, "changes": {"place": {"was": 1, "is": place}}})
        store.commit([Work(entries=[EntryRow(1, "correction", "r1", None, None, None, body)])])
    store.close()
    reader = Reader(tmp_path / "ledger.db")
    after = reader.entry(7)
    assert after is not None
    assert (after.body, after.leaf) == (before.body, before.leaf)
    assert [one.superseded_by for one in reader.entries()] == [*[None] * 7, 10, *[None] * 3]
    assert [one.idx for one in reader.corrections(7)] == [9, 10]
    assert reader.corrections(8) == []
    assert verify(tmp_path / "ledger.db").problems == []
