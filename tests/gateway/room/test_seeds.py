"""The configuration says what something begins as; from then on the record says how it is."""

import pytest
from support.outcome import Outcome
from support.sensing import T0, room

LI = {"id": "li", "name": "Li", "badges": ["04aa000001"], "roles": ["archivist"]}
BOSS = {"id": "boss", "name": "Boss", "roles": ["general_manager"]}
PEOPLE = [LI, BOSS]
PLACES = [{"id": name, "name": name} for name in ("A-1", "A-2", "A-3")]


def box(name, *tags, **more):
    return {"id": name, "name": f"Box {name}", "tags": list(tags), **more}


class Life:
    """A room that is started again and again, each time with another configuration."""

    def __init__(self, *items, person=PEOPLE):
        self.rows = None
        self.at = T0
        self.begin(*items, person=person)

    def begin(self, *items, person=PEOPLE):
        self.at += 1_000
        self.room = room(self.rows, item=list(items), person=person, place=PLACES)
        self.out = Outcome(self.room).take(self.room.start(self.at))
        self.rows = self.room.rows()
        return self

    def act(self, kind, by, **body):
        self.at += 1_000
        self.out.take(self.room.act(kind, by, body, self.at))
        self.rows = self.room.rows()

    def registered(self):
        return [(kind, body) for kind, body in self.out.entries() if kind.endswith(".registered")]

    def refused(self):
        return [body["why"]["key"] for _, body in self.out.entries("configuration.refused")]


def tags(life, *names):
    return {tag: life.room.ctx.rows.points("tag", tag) for tag in names}


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_a_tag_that_moves_to_another_item_leads_there(order):
    """Whichever of the two stands first in the file: dropping the one must not drop the other."""
    before = {"A": box("A", "e2000001", "e2000002"), "B": box("B")}
    after = {"A": box("A", "e2000001"), "B": box("B", "e2000002")}
    life = Life(*before.values())
    life.begin(*(after[name] for name in order))
    assert life.refused() == []
    assert tags(life, "e2000001", "e2000002") == {"e2000001": "item/A", "e2000002": "item/B"}


def test_tags_that_are_exchanged_lead_to_the_other():
    life = Life(box("A", "e2000001"), box("B", "e2000002"))
    life.begin(box("A", "e2000002"), box("B", "e2000001"))
    assert tags(life, "e2000001", "e2000002") == {"e2000001": "item/B", "e2000002": "item/A"}


def test_a_tag_that_a_badge_becomes_leads_to_the_person():
    life = Life(box("A", "e2000001"))
    new = {"id": "wang", "name": "Wang", "badges": ["e2000001"]}
    life.begin(box("A"), person=[new, LI, BOSS])
    assert tags(life, "e2000001") == {"e2000001": "person/wang"}


def test_what_did_not_change_in_the_file_is_not_registered_again():
    life = Life(box("A", "e2000001", home="A-1"))
    assert len(life.registered()) == 3 + 3
    life.begin(box("A", "e2000001", home="A-1"))
    assert life.registered() == []


def test_what_the_record_has_since_stays_when_the_file_says_nothing_new():
    life = Life(box("A", home="A-1", pages=86))
    life.act("item.register", "li", row=box("A", "e2000009", home="A-2", pages=80))
    life.begin(box("A", home="A-1", pages=86))
    item = life.room.ctx.item("A")
    assert (item.home, item.pages, item.tags) == ("A-2", 80, ("e2000009",))
    assert tags(life, "e2000009") == {"e2000009": "item/A"}


def test_only_what_changes_in_the_file_is_taken_over():
    life = Life(box("A", home="A-1", pages=86))
    life.act("item.register", "li", row=box("A", home="A-2", pages=80))
    life.begin(box("A", home="A-3", pages=86))
    item = life.room.ctx.item("A")
    assert (item.home, item.pages) == ("A-3", 80)
    ((_, body),) = life.registered()
    assert (body["by"], body["item"]["home"]) == ("configuration", "A-3")
    life.begin(box("A", home="A-3", pages=86))
    assert life.registered() == []


def test_a_badge_that_was_taken_from_somebody_stays_taken_though_the_file_lists_it():
    life = Life()
    life.act("person.register", "boss", row={"id": "li", "name": "Li", "roles": ["archivist"]})
    assert life.room.ctx.person_by_badge("04aa000001") is None
    life.begin()
    assert life.room.ctx.person_by_badge("04aa000001") is None
    assert life.room.ctx.person("li").badges == ()


def test_G6_a_number_is_not_changed_by_the_file_either():
    life = Life(box("A", number="HX-H-01-0001"))
    life.begin(box("A", number="HX-H-01-0002"))
    assert life.refused() == ["act.number_fixed"]
    assert life.room.ctx.item("A").number == "HX-H-01-0001"
    life.begin(box("A", number="HX-H-01-0002"))
    assert life.refused() == ["act.number_fixed"], "said at each start, until it is put right"


def test_a_number_or_tag_of_another_item_is_refused_and_said():
    life = Life(box("A"))
    life.act("item.register", "li", row=box("X", "e2000001", number="HX-H-01-0001"))
    life.begin(box("A", "e2000001"), box("B", number="HX-H-01-0001"))
    assert life.refused() == ["act.tag_taken", "act.number_taken"]
    assert tags(life, "e2000001") == {"e2000001": "item/X"}
    assert life.room.ctx.item("A").tags == ()
    assert life.room.ctx.item("B") is None, "what is not registered is not there"


def test_who_relied_on_a_tag_that_stays_where_it_is_is_refused_too():
    life = Life(box("A", "e2000001", number="N-1"))
    life.begin(box("A", number="N-2"), box("B", "e2000001"))
    assert sorted(life.refused()) == ["act.number_fixed", "act.tag_taken"]
    assert tags(life, "e2000001") == {"e2000001": "item/A"}


def test_before_the_start_and_without_a_disk_the_file_says_who_is_who():
    there = room(item=[box("A", "e2000001")], person=PEOPLE)
    assert there.ctx.person_by_badge("04aa000001").id == "li"
    assert there.ctx.item_by_tag("e2000001").id == "A"
