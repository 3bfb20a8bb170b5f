"""C2: each stored item has one accountable custodian at any time, also when one has left."""

import pytest
from strongroom_gateway.errors import RefusedActError
from support.outcome import Outcome
from support.sensing import PLAIN, T0, Nodes, room

SECOND = 1_000
LI = {"id": "li", "name": "Li Wen", "roles": ["archivist"]}
WANG = {"id": "wang", "name": "Wang Fang", "roles": ["archivist"]}
MA = {"id": "ma", "name": "Ma", "roles": ["archivist"]}
BOSS = {"id": "boss", "name": "Boss", "roles": ["general_manager"]}
HALL = {"id": "hall", "name": "Hall", "kind": "room", "custodian": "wang"}
SHELF = {"id": "A-1", "name": "A-1", "custodian": "li", "parent": "hall"}
YARD = {"id": "yard", "name": "Yard", "kind": "area"}
BOXES = [
    {"id": "b1", "name": "Box 1", "tags": ["e2000001"], "home": "A-1"},
    {"id": "b2", "name": "Box 2", "home": "yard"},
]
ALARM = "custody.custodian_left:"


class House:
    """A room whose people come and go."""

    def __init__(self, places=(HALL, SHELF, YARD), custodian=None, people=(LI, WANG, MA, BOSS)):
        keeper = {} if custodian is None else {"custodian": custodian}
        self.room = room(
            person=list(people), place=list(places), item=BOXES, room=PLAIN["room"] | keeper
        )
        self.now = T0
        self.out = Outcome(self.room).take(self.room.start(T0))

    def act(self, kind, row, by="local:root"):
        self.now += SECOND
        self.out.take(self.room.act(kind, by, {"row": row}, self.now))
        return self

    def leaves(self, person, active=False):
        return self.act("person.register", person | {"active": active})

    def wait(self, seconds=30):
        """Let the time pass that looking through many places takes."""
        for _ in range(seconds * 10):
            self.now += 100
            self.out.at(self.now)
        return self

    def answers(self, item="b1"):
        return self.room.ctx.accountable(item)

    def named(self):
        """Return who is named by an alarm, with the places."""
        standing = self.out.alarms().values()
        return {
            alarm.subject: alarm.why["places"]
            for alarm in standing
            if alarm.code == "custody.custodian_left" and "RTN" not in alarm.state
        }


def test_C2_the_place_above_answers_once_a_custodian_has_left_and_it_is_said():
    there = House()
    assert (there.answers(), there.named()) == ("li", {})
    there.leaves(LI)
    assert (there.answers(), there.named()) == ("wang", {"li": ["A-1"]})
    text = there.out.alarms()[ALARM + "li"].text
    assert text == "Li Wen is no longer active and still the custodian of A-1: name somebody else"
    there.act("place.register", SHELF | {"custodian": "ma"}, by="wang")
    assert (there.answers(), there.named()) == ("ma", {})


def test_C2_who_comes_back_answers_again():
    there = House().leaves(LI).leaves(LI, active=True)
    assert (there.answers(), there.named()) == ("li", {})


def test_C2_a_custodian_who_left_is_answer_only_where_all_have_left():
    there = House(custodian="ma").leaves(LI).leaves(WANG)
    assert (there.answers(), there.answers("b2")) == ("ma", "ma")
    there.leaves(MA)
    assert (there.answers(), there.answers("b2")) == ("li", "ma"), "never nobody"
    assert there.named() == {"li": ["A-1"], "wang": ["hall"], "ma": ["room.custodian"]}


def test_C2_what_is_outside_is_answered_for_by_whose_it_is_at_home():
    there, nodes = House(), Nodes()
    for n, side in enumerate(["inner", "inner", "outer", "outer"]):
        there.out.feed(nodes.read("e2000001", side, T0 + n * 200, rssi=-45))
    assert there.room.ctx.where("b1").place == "@outside"
    assert there.answers() == "li"


def test_nobody_who_has_left_is_made_a_custodian():
    there = House().leaves(MA)
    for place in (SHELF | {"custodian": "ma"}, {"id": "new", "name": "New", "custodian": "ma"}):
        with pytest.raises(RefusedActError) as refused:
            there.act("place.register", place, by="wang")
        assert refused.value.key == "act.person_inactive"


def test_a_place_keeps_a_custodian_who_left_when_something_else_of_it_changes():
    there = House().leaves(LI)
    there.act("place.register", SHELF | {"name": "Shelf one"}, by="wang")
    assert there.room.ctx.place("A-1").name == "Shelf one"
    assert there.named() == {"li": ["A-1"]}


def test_a_list_that_gives_the_places_to_another_ends_it():
    there = House().leaves(LI)
    rows = [SHELF | {"custodian": "wang"}]
    body = {"kind": "place", "rows": rows, "source": "l.csv", "sha256": "0" * 64}
    there.out.take(there.room.act("register.import", "wang", body, there.now))
    assert there.named() == {}


def test_who_left_while_the_gateway_was_off_is_named_at_the_start():
    there = House(people=(LI | {"active": False}, WANG, MA, BOSS))
    assert (there.answers(), there.named()) == ("wang", {"li": ["A-1"]})


def test_thousands_of_slots_are_looked_through_some_at_a_time():
    slots = [
        {"id": f"s{n:04d}", "name": f"S {n}", "kind": "slot", "parent": "hall", "custodian": "li"}
        for n in range(1_000)
    ]
    there = House(places=(HALL, SHELF, YARD, *slots))
    there.wait().leaves(LI)
    assert there.named() == {}, "not in one go: sensors do not wait for it"
    there.wait()
    ((who, places),) = there.named().items()
    assert (who, places) == ("li", ["A-1", *(f"s{n:04d}" for n in range(9))])
    assert there.out.alarms()[ALARM + "li"].why["more"] is True


def test_it_is_said_once_and_known_after_a_restart():
    there = House().leaves(LI).leaves(WANG).wait()
    assert there.out.states(ALARM) == [(ALARM + "li", "UNACK"), (ALARM + "wang", "UNACK")]
    rows = there.room.rows()
    again = room(rows, person=[LI, WANG, MA, BOSS], place=[HALL, SHELF, YARD], item=BOXES)
    out = Outcome(again).take(again.start(there.now + SECOND))
    assert out.states(ALARM) == [], "nothing new"
    assert {a for a in out.alarms() if a.startswith(ALARM)} == {ALARM + "li", ALARM + "wang"}
