"""A box on the wrong shelf: heard by radio that goes through shelves, with its evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.shelves.misplaced import Sighting, covers, stands_at
from strongroom_gateway.shelves.section import ShelfReaderSection
from support.outcome import Outcome
from support.sensing import T0, Nodes, room
from support.shelving import lend

SECOND, MINUTE = 1000, 60_000
ALARM = "shelf.misplaced:BOX-1"
HOME = "a-01a-01-01-01"
READERS = [
    {"id": "home", "name": "Bank A, 1A", "node": "h1", "reader": "uhf", "ant": "one"}
    | {"covers": ["a-01a"]},
    {"id": "next", "name": "Bank A, 1B", "node": "h1", "reader": "uhf", "ant": "two"}
    | {"covers": ["a-01b"]},
    {"id": "pad", "name": "Bank A, 2A", "node": "h1", "reader": "pad", "covers": ["a-02a-01"]},
]
ITEM = {"id": "BOX-1", "name": "Box 1", "tags": ["e2000009", "04110009"], "home": HOME}


def here(states=None, readers=READERS, item=ITEM):
    return room(states, shelf_reader=readers, item=[item])


class Reads:
    def __init__(self):
        self.nodes = Nodes()

    def uhf(self, ant, at, rssi=-55, act="more", **more):
        body = {"reader": "uhf", "id": "e2000009", "act": act, "tech": "uhf"}
        body |= {"ant": ant, "rssi": None if act == "gone" else rssi, "n": 1, "span": 0}
        return self.nodes.say("h1", "event", "tag", body, at, **more)

    def hf(self, at, act="seen"):
        return self.nodes.tag("h1/pad", "04110009", at, act)


def test_a_box_standing_elsewhere_is_an_alarm_with_its_evidence_until_it_is_home():
    reads = Reads()
    out = Outcome(here()).feed(reads.uhf("two", T0, act="seen")).feed(reads.uhf("two", T0 + SECOND))
    assert out.states(ALARM) == []
    out.at(T0 + MINUTE)
    assert out.states(ALARM) == [(ALARM, "UNACK")]
    alarm = out.alarms()[ALARM]
    assert alarm.priority == "low"
    assert alarm.why["at_reader"] == "next"
    assert alarm.why["home"] == HOME
    assert alarm.why["reads"][0]["rssi"] == -55
    assert alarm.why["limit"]["settle_s"] == 60
    assert alarm.text == f"Box 1 (BOX-1) stands at Bank A, 1B and belongs elsewhere: {HOME}"
    out.feed(reads.uhf("two", T0 + 2 * MINUTE, act="gone"))
    assert len(out.states(ALARM)) == 1, "taken from there is not yet home"
    out.feed(reads.uhf("one", T0 + 3 * MINUTE, act="seen"))
    assert out.states(ALARM)[-1] == (ALARM, "RTNUN")


def test_a_box_carried_past_is_none():
    reads = Reads()
    out = Outcome(here()).feed(reads.uhf("two", T0, act="seen"))
    out.feed(reads.uhf("two", T0 + 50 * SECOND, act="gone")).at(T0 + 10 * MINUTE)
    assert out.states(ALARM) == []
    assert "shelf.misplaced" not in {k.split("/")[1] for k in out.room.rows() if k[:5] == "rule/"}


@pytest.mark.parametrize(("at_home", "misplaced"), [(-50, False), (-61, False), (-62, True)])
def test_radio_goes_through_shelves_the_home_wins_within_the_margin(at_home, misplaced):
    reads = Reads()
    out = Outcome(here())
    for n in range(4):
        out.feed(reads.uhf("two", T0 + n * 30 * SECOND, -55))
        out.feed(reads.uhf("one", T0 + n * 30 * SECOND + 1, at_home))
    assert bool(out.states(ALARM)) is misplaced


def test_what_is_hardly_heard_does_not_count():
    reads = Reads()
    out = Outcome(here())
    out.feed([reads.uhf("two", T0 + n * 30 * SECOND, -80) for n in range(5)]).at(T0 + 5 * MINUTE)
    assert out.states(ALARM) == []


def test_a_tag_no_longer_heard_of_is_not_standing_there():
    reads = Reads()
    out = Outcome(here()).feed(reads.uhf("two", T0 - 10 * MINUTE, act="seen"))
    quiet = here(out.room.rows())
    late = Outcome(quiet).take(quiet.start(T0)).at(T0 + MINUTE)
    assert late.states(ALARM) == []


def test_an_hf_reader_hears_what_stands_before_it_and_nothing_else():
    reads = Reads()
    out = Outcome(here()).feed([reads.uhf("one", T0, -40), reads.hf(T0 + 1)])
    out.at(T0 + 30 * SECOND).feed(reads.uhf("one", T0 + 50 * SECOND, -40)).at(T0 + 2 * MINUTE)
    assert out.states(ALARM) == [(ALARM, "UNACK")]
    assert out.alarms()[ALARM].why["at_reader"] == "pad"


def test_a_box_in_somebodys_hands_is_theirs_to_carry():
    reads = Reads()
    out = Outcome(here())
    lend(out.room, "BOX-1", "li")
    out.feed([reads.uhf("two", T0 + n * MINUTE) for n in range(1, 4)])
    assert out.states(ALARM) == []


def test_checking_it_out_ends_it():
    reads = Reads()
    out = Outcome(here()).feed(reads.hf(T0)).at(T0 + MINUTE)
    assert out.states(ALARM) == [(ALARM, "UNACK")]
    lend(out.room, "BOX-1", "li", at=T0 + 2 * MINUTE)
    out.at(T0 + 4 * MINUTE)
    assert out.states(ALARM)[-1] == (ALARM, "RTNUN")


def test_a_box_whose_home_has_no_reader_is_over_when_it_is_gone_from_there():
    reads = Reads()
    out = Outcome(here(item=ITEM | {"home": "cabinet-3"})).feed(reads.hf(T0)).at(T0 + MINUTE)
    assert out.states(ALARM) == [(ALARM, "UNACK")]
    out.feed(reads.hf(T0 + 2 * MINUTE, act="gone"))
    assert out.states(ALARM)[-1] == (ALARM, "RTNUN")


def test_a_box_without_a_place_of_its_own_is_nowhere_misplaced():
    reads = Reads()
    out = Outcome(here(item={k: v for k, v in ITEM.items() if k != "home"}))
    out.feed(reads.hf(T0)).at(T0 + 5 * MINUTE)
    assert out.states(ALARM) == []


def test_it_stands_over_a_restart_and_goes_with_its_reader():
    reads = Reads()
    out = Outcome(here()).feed(reads.hf(T0)).at(T0 + MINUTE)
    fewer = here(out.room.rows(), readers=READERS[:2])
    later = Outcome(fewer).take(fewer.start(T0 + 2 * MINUTE))
    assert later.states(ALARM) == [], "nobody has seen it at home"
    later.feed(reads.uhf("one", T0 + 3 * MINUTE, act="seen"))
    assert later.states(ALARM)[-1] == (ALARM, "RTNUN")


def reader(name, prefix, margin):
    return ShelfReaderSection(
        id=name, name=name, node="n", reader=name, covers=[prefix], margin_db=margin
    )


@given(
    st.dictionaries(st.sampled_from("pqrst"), st.none() | st.integers(-90, -20), min_size=1),
    st.integers(0, 20),
)
def test_it_stands_at_home_or_at_the_strongest_reader(heard, margin):
    readers = {r: reader(r, f"a-0{n}a", margin) for n, r in enumerate("pqrst", 1)}
    sightings = {r: Sighting(0, 0, rssi, {}) for r, rssi in heard.items()}
    at = stands_at(sightings, readers, "a-01a-01-01-01")
    loud = {r: 1000 if rssi is None else rssi for r, rssi in heard.items()}
    if "p" in heard and loud["p"] >= max(loud.values()) - margin:
        assert at == "p"
    else:
        assert loud[at] == max(loud.values())
    assert covers(readers["p"], "a-01a") and covers(readers["p"], "a-01a-02-02-02")
    assert not covers(readers["p"], "a-01b-02-02-02")
