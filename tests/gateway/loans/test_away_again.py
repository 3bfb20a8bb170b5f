"""What was handed in and is carried off again before anybody has looked at it."""

import pytest
from support.lending import BADGE, DAY, TAG, Office
from support.safes import SAFE

OVERDUE = "loan.overdue:L2027-00001"
EPC = {"B1": "e2000001", "B3": "e2000003"}


def handed_in(item="B1"):
    office = Office()
    office.slip("han", item)
    office.visit("han", item)
    office.wait(DAY)
    office.visit("han", item)
    assert office.where(item) == ("han", "@inspection")
    return office


def walk(office, item, *sides):
    for side in sides:
        for _ in range(3):
            office.now += 200
            office.out.feed(office.nodes.read(EPC[item], side, office.now, rssi=-50))
    office.wait(5_000)


def nudges(office):
    return [body for _, body in office.out.entries("loan.expedited")]


def test_its_borrower_answers_for_it_and_is_reminded_when_it_is_due():
    office = handed_in()
    walk(office, "B1", "inner", "outer")
    assert office.where("B1") == ("han", "@outside")
    assert office.room.ctx.accountable("B1") == "han"
    ((_, told),) = office.out.entries("loan.away_again")
    assert (told["loan"], told["item"], told["person"]) == ("L2027-00001", "B1", "han")
    assert told["because"] == "carried out through a gate"
    assert told["handed_in"] < told["at"]
    office.wait(20 * DAY)
    assert nudges(office) == [], "it is not due yet"
    for _ in range(13):
        office.wait(DAY)
    assert [body["nudge"] for body in nudges(office)][:3] == [1, 2, 3]
    alarm = office.out.alarms()[OVERDUE]
    assert "Han" in alarm.text
    assert "handed in" in alarm.text
    assert alarm.why["away_again"] == ["B1"]


def test_at_once_when_it_was_overdue_already():
    office = Office()
    office.slip("han", "B1")
    office.visit("han", "B1")
    office.wait(40 * DAY)
    office.visit("han", "B1")
    before = len(nudges(office))
    assert office.out.alarms()[OVERDUE].state == "RTNUN"
    office.wait(2 * DAY)
    assert len(nudges(office)) == before
    walk(office, "B1", "inner", "outer")
    office.wait(5_000)
    assert len(nudges(office)) == before + 1
    assert office.out.alarms()[OVERDUE].state == "UNACK"


def test_at_once_when_its_slip_was_withdrawn_while_it_waited():
    """Nobody is reminded as long as it is there; what is carried off then has no leave left."""
    office = handed_in()
    (slip,) = [body["slip"] for _, body in office.out.entries("slip.requested")]
    office.act("slip.withdraw", "gao", slip=slip, reason="no longer")
    office.wait(2 * DAY)
    assert nudges(office) == []
    walk(office, "B1", "inner", "outer")
    assert [body["nudge"] for body in nudges(office)] == [1]
    assert office.out.alarms()[OVERDUE].state == "UNACK"


@pytest.mark.parametrize("restart", [False, True])
def test_it_ends_when_it_is_handed_in_again(restart):
    office = handed_in()
    walk(office, "B1", "inner", "outer")
    office.wait(40 * DAY)
    assert OVERDUE in office.out.alarms()
    if restart:
        office.restart()
    walk(office, "B1", "outer", "inner")
    many = len(nudges(office))
    office.wait(2 * DAY)
    assert len(nudges(office)) > many, "inside again, and not handed in"
    office.visit("han", "B1")
    assert office.where("B1") == ("han", "@inspection")
    assert office.out.alarms()[OVERDUE].state == "RTNUN"
    many = len(nudges(office))
    office.wait(10 * DAY)
    assert len(nudges(office)) == many
    office.act("return.inspect", "arch", item="B1", pages=86, condition="good")
    assert office.out.entries("loan.closed")
    assert office.where("B1") == (None, "A-1")


def test_nobody_may_carry_it_out_although_the_loan_is_not_over():
    office = handed_in()
    for _ in range(2):
        walk(office, "B1", "inner", "outer")
        office.wait(60_000)
        walk(office, "B1", "outer", "inner")
        office.wait(60_000)
    kinds = [kind for kind, _ in office.out.movements()]
    assert kinds.count("exit_without_leave") == 2
    assert "exit" not in kinds
    assert len(office.out.entries("loan.away_again")) == 1


def test_a_volume_that_is_not_there_at_the_inspection_is_reminded_of():
    office = handed_in("B3")
    office.act(
        "return.inspect", "arch", item="B3", pages={"V1": 9}, condition="good", missing=["V2"]
    )
    assert [body["item"] for _, body in office.out.entries("loan.away_again")] == ["V2"]
    assert office.where("V2") == ("han", "@missing")
    office.wait(40 * DAY)
    assert office.out.alarms()[OVERDUE].state == "UNACK"
    office.visit("han", "V2")
    assert office.out.alarms()[OVERDUE].state == "RTNUN"


def test_what_is_given_up_is_reminded_of_no_more():
    office = handed_in()
    walk(office, "B1", "inner", "outer")
    office.wait(40 * DAY)
    office.act("return.settle", "gao", loan="L2027-00001", outcome="lost", reason="stolen")
    many = len(nudges(office))
    assert office.out.alarms()[OVERDUE].state == "RTNUN"
    office.wait(10 * DAY)
    assert len(nudges(office)) == many


def test_what_came_back_without_a_loan_has_no_borrower_to_remind():
    office = Office()
    walk(office, "B1", "inner", "outer")
    walk(office, "B1", "outer", "inner")
    office.visit("arch", "B1")
    assert office.where("B1")[1] == "@inspection"
    walk(office, "B1", "inner", "outer")
    assert office.out.entries("loan.away_again") == []
    assert office.out.movements()[-1] == ("exit_without_leave", "B1")


def test_whoever_takes_it_from_the_safe_answers_for_it():
    """A deed that waits for its inspection in the safe; the record knows who opened the safe."""
    safe = SAFE | {"persons": 1, "people": ["arch"]}
    office = Office(place=[{"id": "deeds", "name": "Safe"}], safe=[safe])
    office.slip("han", "C1")
    office.visit("han", "C1")
    office.wait(40 * DAY)
    _open(office, "seen")
    assert office.where("C1") == ("han", "@inspection")
    _open(office, "gone")
    assert office.where("C1") == ("arch", "@holder")
    office.wait(5_000)
    told = nudges(office)[-1]
    assert (told["person"], told["responsible"]) == ("han", "arch")
    assert "Archie answers" in office.out.alarms()[OVERDUE].text


def _open(office, act):
    for n, said in enumerate([(BADGE["arch"], "seen"), None, (TAG["C1"], act), None]):
        office.now += 1_000
        if said is None:
            office.out.feed(office.nodes.door(n == 1, office.now))
        else:
            office.out.feed(office.nodes.tag("s1/inside", said[0], office.now, said[1]))
    office.wait(20_000)
