"""Returns: nothing is over before it was counted and looked at (G16), and what differs stays open."""

import pytest
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.loans.model import Loan
from support.lending import DAY, SECOND, Office

DEFICIENT = "return.deficient:L2027-00001"


def loan(office, name="L2027-00001"):
    return office.room.ctx.rows.get(Loan, name)


def refusal(office, kind, by, **body):
    before = office.room.rows()
    with pytest.raises(RefusedActError) as refused:
        office.act(kind, by, **body)
    assert office.room.rows() == before, "a refused act left something"
    return refused.value.key


def lent(*items, who="han", **sections):
    """Lent and brought back to the desk."""
    office = Office(**sections)
    office.slip(who, *items)
    office.visit(who, *items)
    office.wait(DAY)
    assert office.visit(who, *items)[1].startswith("ok: Handed in")
    return office


def inspect(office, item, by="arch", condition="good", **more):
    return office.act("return.inspect", by, item=item, condition=condition, **more)


def test_G16_a_return_is_over_after_its_inspection_and_not_before():
    office = lent("B1")
    assert office.where("B1") == ("han", "@inspection"), "the borrower answers for it until then"
    assert (loan(office).state, office.out.entries("loan.closed")) == ("returning", [])
    entry = inspect(office, "B1", pages=86)
    assert (entry["complete"], entry["damaged"], entry["finding"]) == (True, False, None)
    assert office.where("B1") == (None, "A-1")
    assert loan(office).state == "closed"
    ((_, closed),) = office.out.entries("loan.closed")
    assert (closed["loan"], closed["by"]) == ("L2027-00001", "arch")
    assert office.out.states("return.") == []


def test_G16_a_missing_page_keeps_the_loan_open_in_the_borrowers_name():
    office = lent("B1")
    entry = inspect(office, "B1", pages=85)
    assert entry["finding"]["pages"] == {"B1": {"expected": 86, "counted": 85}}
    assert (entry["complete"], loan(office).state) == (False, "deficient")
    assert office.where("B1") == ("han", "@inspection")
    assert office.out.entries("loan.closed") == []
    alarm = office.out.alarms()[DEFICIENT]
    assert (
        alarm.text == "Box 1 came back from Han otherwise than it was lent: Box 1: 85 of 86 pages"
    )
    assert (alarm.why["person"], alarm.why["inspected_by"]) == ("han", "arch")


@pytest.mark.parametrize(
    ("item", "words", "found"),
    [
        ("B2", {"condition": "damaged"}, {"damaged": True}),
        ("S1", {"seal": "broken"}, {"seal_broken": True}),
        ("B1", {"pages": 87}, {"pages": {"B1": {"expected": 86, "counted": 87}}}),
    ],
)
def test_G16_whatever_differs_keeps_it_open(item, words, found):
    office = lent(item)
    assert inspect(office, item, **words)["finding"] == found
    assert loan(office).state == "deficient"
    assert DEFICIENT in office.out.alarms()


def test_G16_what_has_a_page_count_is_counted_and_what_is_sealed_looked_at():
    office = lent("B1", "S1")
    good = {"item": "B1", "condition": "good"}
    assert refusal(office, "return.inspect", "arch", **good) == "return.refused.count_pages"
    pack = {"item": "S1", "condition": "good"}
    assert refusal(office, "return.inspect", "arch", **pack) == "return.refused.say_seal"
    inspect(office, "S1", seal="intact")
    assert office.where("S1") == (None, "A-4")


def test_G16_only_the_archive_inspects_and_never_its_own_loans():
    office = lent("B2", who="arch")
    body = {"item": "B2", "condition": "good"}
    assert refusal(office, "return.inspect", "han", **body) == "act.not_allowed"
    assert refusal(office, "return.inspect", "arch", **body) == "return.refused.own"


def test_what_is_still_out_is_not_inspected():
    office = Office()
    office.slip("han", "B2")
    office.visit("han", "B2")
    body = {"item": "B2", "condition": "good"}
    assert refusal(office, "return.inspect", "arch", **body) == "return.refused.not_handed_in"
    assert refusal(office, "return.inspect", "arch", **body | {"item": "B3"}) == (
        "return.refused.not_handed_in"
    )


def test_a_second_inspection_that_finds_everything_ends_it():
    office = lent("B1")
    inspect(office, "B1", pages=85)
    office.restart()
    inspect(office, "B1", pages=86)
    assert (loan(office).state, loan(office).finding) == ("closed", None)
    assert office.out.states(DEFICIENT)[-1] == (DEFICIENT, "RTNUN")


def test_settling_takes_approval_and_a_reason():
    office = lent("B1")
    body = {"loan": "L2027-00001", "outcome": "accepted", "reason": "page 3 was never there"}
    assert refusal(office, "return.settle", "deng", **body) == "loan.refused.no_finding"
    inspect(office, "B1", pages=85)
    assert refusal(office, "return.settle", "arch", **body) == "slip.refused.not_approver"
    assert refusal(office, "return.settle", "dong", **body) == "slip.refused.not_responsible"
    assert refusal(office, "return.settle", "deng", **body | {"reason": ""}) == "act.bad_body"
    entry = office.act("return.settle", "deng", **body)
    assert (entry["by"], entry["person"], entry["reason"]) == ("deng", "han", body["reason"])
    assert entry["finding"]["pages"] == {"B1": {"expected": 86, "counted": 85}}
    assert office.where("B1") == (None, "A-1")
    assert office.room.ctx.item("B1").pages == 85, "the next inspection expects what is there"
    assert loan(office).state == "closed"
    assert office.out.states(DEFICIENT)[-1] == (DEFICIENT, "RTNUN")


def test_what_was_made_good_leaves_the_register_as_it_is():
    office = lent("B1")
    inspect(office, "B1", pages=85)
    office.act(
        "return.settle", "gao", loan="L2027-00001", outcome="made_good", reason="page put back"
    )
    assert office.room.ctx.item("B1").pages == 86
    assert office.where("B1") == (None, "A-1")


def test_a_box_goes_out_and_comes_back_with_what_lies_in_it():
    office = Office()
    office.slip("han", "B3")
    assert office.visit("han", "B3")[1] == "ok: Taken: Box 3, with 2 in it"
    assert office.out.movements() == [("check_out", i) for i in ("B3", "V1", "V2")]
    assert {office.where(i) for i in ("B3", "V1", "V2")} == {("han", "@holder")}
    ((_, opened),) = office.out.entries("loan.opened")
    assert opened["contents"] == ["V1", "V2"]
    office.visit("han", "B3")
    assert {office.where(i) for i in ("B3", "V1", "V2")} == {("han", "@inspection")}
    entry = inspect(office, "B3", pages={"V1": 9, "V2": 5})
    assert entry["items"] == ["B3", "V1", "V2"]
    assert office.where("B3") == (None, "A-3")
    assert office.where("V1")[0] is None
    assert loan(office).state == "closed"


def test_a_volume_that_is_missing_from_its_box_stays_with_the_borrower():
    office = lent("B3")
    inspect(office, "B3", pages={"V1": 9}, missing=["V2"])
    assert office.where("V2") == ("han", "@missing")
    assert office.where("B3") == ("han", "@inspection")
    assert loan(office).away == ("V2",)
    assert "Vol 2 is missing" in office.out.alarms()[DEFICIENT].text
    again = inspect(office, "B3", pages={"V1": 9})
    assert again["finding"]["missing"] == ["V2"], "counting the rest again brings nothing back"
    office.visit("han", "V2")
    assert office.where("V2") == ("han", "@inspection")
    inspect(office, "B3", pages={"V1": 9, "V2": 5})
    assert loan(office).state == "closed"
    assert office.where("V2")[0] is None


def test_a_volume_may_come_back_before_its_box():
    office = Office()
    office.slip("han", "B3")
    office.visit("han", "B3")
    office.visit("han", "V1")
    assert office.where("V1") == ("han", "@inspection")
    assert office.where("B3") == ("han", "@holder")
    inspect(office, "V1", pages=9)
    assert office.where("V1")[0] is None
    assert (loan(office).state, loan(office).away) == ("out", ("B3", "V2"))
    office.visit("han", "B3")
    inspect(office, "B3", pages={"V2": 5})
    assert loan(office).state == "closed"


def test_a_volume_lent_by_itself_is_not_in_its_box():
    office = Office()
    office.slip("hu", "V1")
    office.visit("hu", "V1")
    office.slip("han", "B3")
    assert office.visit("han", "B3")[1] == "ok: Taken: Box 3, with 1 in it"
    assert office.where("V1") == ("hu", "@holder")


def test_what_is_lost_is_given_up_by_whoever_may_approve():
    office = Office()
    office.slip("han", "B2")
    office.visit("han", "B2")
    office.wait(31 * DAY)
    assert "loan.overdue:L2027-00001" in office.out.alarms()
    body = {"loan": "L2027-00001", "outcome": "lost", "reason": "burnt in the car"}
    office.act("return.settle", "gao", **body)
    assert office.where("B2") == (None, "@missing")
    assert office.room.ctx.where("B2").last_holder == "han"
    assert loan(office).state == "closed"
    assert office.out.states("loan.overdue")[-1][1] == "RTNUN"
    office.wait(10 * DAY)
    assert len(office.out.entries("loan.expedited")) == 1


def test_what_was_given_up_and_turns_up_is_taken_in_at_the_desk_and_inspected():
    office = Office()
    office.slip("han", "B2")
    office.visit("han", "B2")
    body = {"loan": "L2027-00001", "outcome": "lost", "reason": "not found"}
    office.act("return.settle", "gao", **body)
    assert office.visit("hu", "B2")[1] == "ok: Handed in: Box 2; to be inspected"
    ((_, entry),) = office.out.entries("movement.handed_in")
    assert (entry["person"], entry["holder"], entry["loan"]) == ("hu", None, None)
    assert entry["why"]["because"] == "comes back without having been checked out"
    inspect(office, "B2")
    assert office.where("B2") == (None, "A-2")


def test_the_archive_takes_in_what_somebody_else_has():
    office = Office()
    office.slip("han", "B2")
    office.visit("han", "B2")
    assert office.visit("hu", "B2")[1] == "deny: Box 2 is held by Han"
    assert office.visit("arch", "B2")[1] == "ok: Handed in: Box 2; to be inspected"
    ((_, entry),) = office.out.entries("movement.handed_in")
    assert (entry["person"], entry["holder"]) == ("arch", "han")
    assert entry["why"]["because"] == "brought back for han"
    inspect(office, "B2")
    assert loan(office).state == "closed"


def test_what_waits_for_its_inspection_is_not_lent():
    office = lent("B2")
    assert office.visit("deng", "B2")[1] == "deny: Box 2 waits for its inspection"
    assert office.visit("han", "B2")[1] == "deny: Box 2 waits for its inspection"
    inspect(office, "B2")
    assert office.visit("deng", "B2")[1] == "ok: Taken: Box 2"
    office.wait(SECOND)


def test_what_differs_on_an_item_without_a_loan_is_settled_too():
    office = Office()
    office.slip("han", "B1")
    office.visit("han", "B1")
    gone = {"loan": "L2027-00001", "outcome": "lost", "reason": "not found"}
    office.act("return.settle", "gao", **gone)
    office.visit("hu", "B1")
    inspect(office, "B1", pages=80)
    assert "return.deficient:B1" in office.out.alarms()
    assert office.where("B1") == (None, "@inspection")
    body = {"loan": "B1", "outcome": "accepted", "reason": "found on the stairs"}
    assert refusal(office, "return.settle", "arch", **body) == "slip.refused.not_approver"
    office.act("return.settle", "gao", **body)
    assert office.where("B1") == (None, "A-1")
    assert office.room.ctx.item("B1").pages == 80
    assert office.out.states("return.deficient:B1")[-1][1] == "RTNUN"
    assert refusal(office, "return.settle", "gao", **body) == "loan.refused.no_loan"


def carry(office, epc, *sides):
    """Carry a tag past the gate, from one antenna to the other."""
    for side in sides:
        for n in range(3):
            office.now += 100
            office.out.feed(office.nodes.read(epc, side, office.now, rssi=-45 + n))
    office.wait(90 * SECOND)


def test_what_is_carried_off_from_the_desk_comes_back_to_be_inspected():
    office = lent("B2")
    carry(office, "e2000002", "inner", "outer")
    assert office.out.movements()[-1] == ("exit_without_leave", "B2")
    body = {"item": "B2", "condition": "good"}
    assert refusal(office, "return.inspect", "arch", **body) == "return.refused.not_handed_in"
    carry(office, "e2000002", "outer", "inner")
    office.visit("han", "B2")
    assert office.where("B2") == ("han", "@inspection")
    inspect(office, "B2")
    assert loan(office).state == "closed"


def test_withdrawing_the_slip_of_what_is_back_reminds_nobody():
    office = lent("B2")
    office.act("slip.withdraw", "gao", slip="S2027-00001", reason="enough")
    office.wait(40 * DAY)
    assert office.out.entries("loan.expedited") == []
    inspect(office, "B2")
    assert loan(office).state == "closed"


def test_what_was_found_stands_until_it_is_looked_at_again():
    office = lent("B3")
    inspect(office, "B3", pages={"V1": 8}, missing=["V2"])
    office.visit("han", "V2")
    assert loan(office).state == "deficient"
    words = {"loan": "L2027-00001", "outcome": "accepted", "reason": "one page less"}
    office.act("return.settle", "gao", **words)
    assert office.room.ctx.item("V1").pages == 8
    assert loan(office).state == "closed"


def test_C2_who_leaves_is_told_to_have_what_they_still_have():
    office = Office()
    office.slip("han", "B1", "B2")
    office.visit("han", "B1", "B2")
    row = {"id": "han", "name": "Han", "roles": ["handler_a"]}
    office.act("person.register", "gao", row=row)
    assert office.out.entries("person.left_holding") == []
    office.act("person.register", "gao", row=row | {"active": False})
    ((_, told),) = office.out.entries("person.left_holding")
    assert (told["person"], told["items"], told["more"]) == ("han", ["B1", "B2"], False)
    assert office.room.ctx.accountable("B1") == "han", "until it is taken back"
    office.act("person.register", "gao", row=row | {"active": False, "name": "Han (left)"})
    assert len(office.out.entries("person.left_holding")) == 1
