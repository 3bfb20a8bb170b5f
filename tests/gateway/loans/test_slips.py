"""Who may borrow, who approves, and what a slip allows: rules C14, D1, D2, D4, G15 and G17."""

import pytest
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.loans.model import Slip
from support.lending import DAY, Office

LEGAL = {"reason": "litigation", "external": True, "recipient": "District court"}


def status(office, slip):
    return office.room.ctx.rows.get(Slip, slip).status


def refusal(office, kind, by, **body):
    before = office.room.rows()
    with pytest.raises(RefusedActError) as refused:
        office.act(kind, by, **body)
    assert office.room.rows() == before, "a refused act left something"
    return refused.value.key


def test_C14_no_loan_without_an_approved_slip():
    office = Office()
    assert office.visit("han", "B2")[1] == "deny: Box 2: no loan slip"
    slip = office.slip("han", "B2", by=None)
    assert office.visit("han", "B2")[1] == f"deny: Box 2: slip {slip} is not approved"
    assert office.out.entries("movement.") == office.out.entries("loan.") == []
    office.act("slip.approve", "gao", slip=slip)
    assert office.visit("han", "B2")[1] == "ok: Taken: Box 2"
    ((_, loan),) = office.out.entries("loan.opened")
    assert (loan["item"], loan["person"], loan["slip"], loan["right"]) == (
        "B2",
        "han",
        slip,
        "slip",
    )
    ((_, moved),) = office.out.entries("movement.check_out")
    assert (moved["slip"], moved["loan"], moved["holder"]) == (slip, loan["loan"], "han")
    assert moved["why"]["leave"]["slip"] == slip
    assert office.where("B2") == ("han", "@holder")


@pytest.mark.parametrize("who", ["chen", "gao", "deng", "dong"])
def test_D1_chairman_general_manager_and_deputies_borrow_without_a_slip_and_on_record(who):
    office = Office()
    assert office.tap(who, "B2")[-1] == "ok: Taken: Box 2"
    ((_, loan),) = office.out.entries("loan.opened")
    assert (loan["person"], loan["slip"], loan["right"]) == (who, None, "direct")
    assert office.out.movements() == [("check_out", "B2")]


def test_D1_who_borrows_directly_is_data():
    office = Office(loans={"direct": ["chairman"]})
    assert office.tap("gao", "B2")[-1] == "deny: Box 2: no loan slip"
    assert office.tap("chen", "B2")[-1] == "ok: Taken: Box 2"


@pytest.mark.parametrize("who", ["chen", "gao", "deng"])
def test_D2_chairman_general_manager_and_the_deputy_responsible_approve(who):
    office = Office()
    slip = office.slip("han", "B2", by=who)
    assert status(office, slip) == "approved"
    ((_, entry),) = office.out.entries("slip.approved")
    assert (entry["by"], entry["items"]) == (who, ["B2"])


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ("dong", "slip.refused.not_responsible"),
        ("arch", "slip.refused.not_approver"),
        ("hu", "slip.refused.not_approver"),
        ("han", "slip.refused.own"),
    ],
)
def test_D2_nobody_else_approves(who, key):
    office = Office()
    slip = office.slip("han", "B2", by=None)
    assert refusal(office, "slip.approve", who, slip=slip) == key
    assert refusal(office, "slip.refuse", who, slip=slip, reason="no") == key
    assert status(office, slip) == "requested"


def test_D2_nobody_approves_their_own_however_high():
    office = Office()
    slip = office.slip("gao", "B2", by=None)
    assert refusal(office, "slip.approve", "gao", slip=slip) == "slip.refused.own"
    office.act("slip.approve", "chen", slip=slip)


def test_D2_a_deputy_answers_for_departments_not_for_people_without_one():
    office = Office()
    slip = office.slip("arch", "B2", by=None)
    assert refusal(office, "slip.approve", "deng", slip=slip) == "slip.refused.no_department"


def test_D2_nothing_is_approved_for_somebody_who_has_left():
    office = Office()
    slip = office.slip("han", "B2", by=None)
    left = {"id": "han", "name": "Han", "roles": ["handler_a"], "active": False}
    office.act("person.register", "gao", row=left)
    assert refusal(office, "slip.approve", "gao", slip=slip) == "act.person_inactive"
    office.act("slip.refuse", "gao", slip=slip, reason="Han has left")
    assert status(office, slip) == "refused"


def test_D4_what_leaves_the_house_is_approved_by_the_leadership_alone():
    office = Office()
    slip = office.slip("han", "B2", by=None, **LEGAL)
    assert refusal(office, "slip.approve", "deng", slip=slip) == "slip.refused.leadership"
    office.act("slip.approve", "chen", slip=slip)
    office.tap("han", "B2")
    ((_, loan),) = office.out.entries("loan.opened")
    assert loan["external"]


def test_G15_files_leave_the_house_for_legal_affairs_only():
    office = Office()
    body = {"items": ["B2"], "purpose": "an exhibition"}
    away = {"external": True, "recipient": "Museum"}
    assert refusal(office, "slip.request", "han", **body, **away) == "slip.refused.external_reason"
    assert (
        refusal(office, "slip.request", "chen", **body, **away) == "slip.refused.external_reason"
    ), "direct borrowers are no exception"
    only = {"reason": "legal", "external": True}
    assert refusal(office, "slip.request", "han", **body, **only) == "slip.refused.no_recipient"
    assert office.slip("han", "B2", **LEGAL)


def test_G17_a_slip_goes_from_request_to_closed_and_every_step_is_on_record():
    office = Office()
    slip = office.slip("han", "B2")
    office.visit("han", "B2")
    assert status(office, slip) == "out"
    office.wait(DAY)
    office.visit("han", "B2")
    assert status(office, slip) == "out", "not before the inspection"
    office.act("return.inspect", "arch", item="B2", condition="good")
    assert status(office, slip) == "closed"
    kinds = [kind for kind, body in office.out.entries() if slip in str(body)]
    assert [k for k in kinds if k != "desk.session_closed"] == [
        "slip.requested",
        "slip.approved",
        "movement.check_out",
        "loan.opened",
        "movement.handed_in",
        "return.inspected",
        "movement.return",
        "loan.closed",
    ]


def test_what_is_refused_is_refused_with_its_words():
    office = Office()
    refused = office.slip("han", "B2", by=None)
    office.act("slip.refuse", "gao", slip=refused, reason="not needed")
    assert office.visit("han", "B2")[1] == f"deny: Box 2: slip {refused} was refused"
    withdrawn = office.slip("han", "B2")
    office.act("slip.withdraw", "han", slip=withdrawn, reason="found a copy")
    assert office.visit("han", "B2")[1] == f"deny: Box 2: slip {withdrawn} was withdrawn"
    other = office.slip("hu", "B2")
    assert office.visit("han", "B3")[1] == "deny: Box 3: no loan slip"
    mine = office.slip("han", "B3")
    assert office.visit("han", "S1")[1] == f"deny: Pack 1 is not on slip {mine}"
    assert office.visit("arch", "B2")[1] == f"deny: Box 2: slip {other} is for Hu"
    assert office.visit("han", "K1")[1] == "deny: Key 1 is given to people of other roles"
    because = [body["why"]["because"] for _, body in office.out.entries("desk.refused")]
    assert because == [
        "desk.slip_refused",
        "desk.slip_withdrawn",
        "desk.no_slip",
        "desk.not_on_slip",
        "desk.slip_of_another",
        "desk.no_key",
    ]


def test_a_slip_ends_with_its_time():
    office = Office()
    slip = office.slip("han", "B1", "B2")
    office.visit("han", "B1")
    assert status(office, slip) == "partly_out"
    office.wait(7 * DAY)
    assert office.tap("han", "B2")[-1] == "ok: Taken: Box 2", "until the end of the last day"
    slip = office.slip("hu", "B3")
    office.wait(8 * DAY)
    assert status(office, slip) == "expired"
    ((_, entry),) = office.out.entries("slip.expired")
    assert (entry["slip"], entry["items"]) == (slip, ["B3"])
    assert office.tap("hu", "B3")[-1] == f"deny: Box 3: slip {slip} has expired"


def test_a_slip_is_good_for_each_of_its_items_once():
    office = Office()
    slip = office.slip("han", "B2")
    office.visit("han", "B2")
    office.visit("han", "B2")
    office.act("return.inspect", "arch", item="B2", condition="good")
    assert office.tap("han", "B2")[-1] == f"deny: Box 2: slip {slip} was used"


def test_a_certificate_is_not_lent_without_a_slip():
    office = Office()
    assert office.tap("han", "C1")[-1] == "deny: Deed 1: no loan slip"
    assert office.tap("deng", "C1")[-1] == "ok: Taken: Deed 1"


def test_an_archivist_fills_in_a_slip_for_another_and_nobody_else_does():
    office = Office()
    body = {"items": ["B2"], "purpose": "audit", "person": "han"}
    assert refusal(office, "slip.request", "hu", **body) == "slip.refused.for_another"
    entry = office.act("slip.request", "arch", **body)
    assert (entry["person"], entry["by"], entry["department"]) == ("han", "arch", "credit")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"items": ["B9"]}, "slip.refused.no_item"),
        ({"items": ["B1", "B1"]}, "slip.refused.double_item"),
        ({"items": ["K1"]}, "slip.refused.not_lent"),
        ({"items": ["B1"], "days": 31}, "slip.refused.too_long"),
        ({"items": []}, "act.bad_body"),
        ({"items": ["B1"], "reason": "fun"}, "act.bad_body"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(body, key):
    assert refusal(Office(), "slip.request", "han", purpose="x", **body) == key


def test_the_same_item_is_not_asked_for_twice_at_a_time():
    office = Office()
    office.slip("han", "B2", by=None)
    assert (
        refusal(office, "slip.request", "han", items=["B2"], purpose="x") == "slip.refused.already"
    )
    assert office.slip("hu", "B2", by=None), "another person may ask"


def test_what_was_decided_is_not_decided_again():
    office = Office()
    slip = office.slip("han", "B2")
    assert refusal(office, "slip.approve", "chen", slip=slip) == "slip.refused.state"
    assert refusal(office, "slip.approve", "chen", slip="S1999-1") == "slip.refused.no_slip"


def test_a_borrower_takes_back_a_slip_with_nothing_out_and_its_approver_always():
    office = Office()
    slip = office.slip("han", "B1", "B2")
    office.visit("han", "B1")
    words = {"slip": slip, "reason": "enough"}
    assert refusal(office, "slip.withdraw", "han", **words) == "slip.refused.is_out"
    assert refusal(office, "slip.withdraw", "dong", **words) == "slip.refused.not_responsible"
    office.act("slip.withdraw", "deng", **words)
    assert office.tap("han", "B2")[-1] == f"deny: Box 2: slip {slip} was withdrawn"
    assert [body["person"] for _, body in office.out.entries("loan.expedited")] == ["han"]


def test_slips_are_numbered_by_year_and_go_on_after_a_restart():
    office = Office()
    assert office.slip("han", "B1", by=None) == "S2027-00001"
    office.restart()
    assert office.slip("han", "B2", by=None) == "S2027-00002"
    office.wait(360 * DAY)
    assert office.slip("han", "B3", by=None) == "S2028-00001"
