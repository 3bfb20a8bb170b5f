"""An act is done once for each id, and its answer says whether it is on the disk."""

import sqlite3
import threading

import pytest
from gateway.ingest.rig import Rig, tag
from strongroom_gateway.errors import NotRecordingError, RefusedActError
from strongroom_gateway.ingest.asked import REMEMBERED_MS, Asked
from strongroom_gateway.ingest.port import Decision, Entry
from support.waiting import wait_for

LONG = 30.0
FULL = sqlite3.OperationalError("database or disk is full")


class Office:
    """Somebody who asks a gateway for acts."""

    def __init__(self, rig):
        self.rig = rig
        self.begin_again()

    def begin_again(self):
        self.asked = Asked(self.rig.pipeline, self.rig.reader, lambda: self.rig.now)

    def ask(self, name, what="book", seconds=LONG):
        def decide(now):
            return Decision(entries=[Entry("custody.booked", {"what": what, "at": now})])

        return self.asked.act(name, what, decide, seconds)

    @property
    def booked(self):
        return [one.body["what"] for one in self.rig.reader.entries(kind="custody.booked")]


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path / "ledger.db")
    yield made
    made.disk.trouble = None
    made.stop()


@pytest.fixture
def office(rig):
    return Office(rig)


def test_the_same_id_is_the_same_act_with_the_same_answer(office):
    first = office.ask("a-1")
    office.rig.now += 1
    assert office.ask("a-1") == first
    assert first.recorded
    assert office.ask("a-2") != first
    assert office.booked == ["book", "book"]


def test_without_an_id_every_act_is_another_and_gets_one(office):
    first, second = office.ask(None), office.ask(None)
    assert len({first.id, second.id}) == 2
    assert office.ask(first.id) == first
    assert len(office.booked) == 2


def test_an_id_of_something_else_is_refused(office):
    office.ask("a-1", "book")
    with pytest.raises(RefusedActError) as refused:
        office.ask("a-1", "return")
    assert refused.value.key == "act.other_id"
    assert office.booked == ["book"]


def test_who_does_not_get_it_onto_the_disk_in_time_is_told_so_and_asks_again(office):
    office.rig.disk.trouble = FULL
    slow = office.ask("a-1", seconds=0.01)
    assert (slow.id, slow.recorded, office.booked) == ("a-1", False, [])
    assert not office.ask("a-1", seconds=0.01).recorded, (
        "also while the ledger is known not to record"
    )
    with pytest.raises(RefusedActError):
        office.ask("a-1", "return")
    office.rig.disk.trouble = None
    done = office.ask("a-1")
    assert (done.entries, done.recorded) == (slow.entries, True)
    assert office.booked == ["book"]


def test_while_the_ledger_does_not_record_nothing_new_is_begun(office):
    office.rig.disk.trouble = FULL
    office.rig.send(tag(1))
    wait_for(lambda: not office.rig.pipeline.is_recording, 10, "the ledger not recording")
    with pytest.raises(NotRecordingError):
        office.ask("a-1")
    office.rig.disk.trouble = None
    wait_for(lambda: office.rig.pipeline.is_recording, 10, "the ledger recording")
    assert office.ask("a-1").recorded
    assert office.booked == ["book"]


def test_an_id_is_known_after_a_restart_exactly_if_its_act_is(office):
    done = office.ask("on-disk")
    office.rig.disk.trouble = FULL
    office.ask("lost", seconds=0.01)
    office.rig.restart()  # the disk took nothing of it: as after a power cut
    office.rig.disk.trouble = None
    wait_for(lambda: office.rig.pipeline.is_recording, 10, "the ledger recording")
    office.begin_again()
    office.rig.now += 1
    assert office.ask("on-disk") == done
    assert office.ask("lost").recorded
    assert office.booked == ["book", "book"]


def test_what_is_refused_is_not_remembered(office):
    def refuse(now):
        raise RefusedActError("act.bad_body", {"reason": "no"})

    with pytest.raises(RefusedActError):
        office.asked.act("a-1", "book", refuse, LONG)
    assert office.ask("a-1").recorded
    assert office.booked == ["book"]


def test_ids_are_forgotten_after_their_time_and_the_room_never_sees_them(office):
    for n in range(20):
        office.ask(f"a-{n}")
    office.rig.now += REMEMBERED_MS + 1
    for n in range(3):
        office.ask(f"b-{n}")
    left = office.rig.reader.rows("asked/id/", "asked/id0", 100)
    assert [key.removeprefix("asked/id/") for key, _ in left] == ["b-0", "b-1", "b-2"]
    assert len(office.rig.reader.rows("asked/at/", "asked/at0", 100)) == 3
    assert office.rig.reader.states() == {}


def test_several_who_ask_at_once_with_one_id_get_one_act(office):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(office.ask("a-1"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert len(answers) == 8
    assert len({str(one) for one in answers}) == 1
    assert office.booked == ["book"]


def test_what_is_held_aside_is_not_said_to_be_on_the_disk(tmp_path):
    rig = Rig(tmp_path / "ledger.db", pending_limit=4)
    try:
        rig.disk.trouble = FULL
        rig.send(*[tag(n) for n in range(1, 5)])
        entry = Entry("custody.booked", {"what": "book"})
        ticket = rig.pipeline.act(lambda now: Decision(entries=[entry]))
        rig.disk.trouble = None
        wait_for(lambda: rig.pipeline.pending == 0, 10, "all that was handed over")
        assert not rig.pipeline.recorded(ticket, 0)
        assert rig.reader.entries(kind="custody.booked") == []
        rig.pipeline.tick()
        assert rig.pipeline.recorded(ticket, LONG)
        assert len(rig.reader.entries(kind="custody.booked")) == 1
    finally:
        rig.stop()
