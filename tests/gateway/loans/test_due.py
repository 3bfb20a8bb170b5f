"""What is due when: the day of return, renewals, reminders until it is back, and the leave to go."""

import pytest
from strongroom_gateway.custody.places import find_leave
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.loans.model import Loan
from support.lending import DAY, SECOND, Office
from support.sensing import T0

HOUR = 3_600_000
END_OF_DAY = T0 - T0 % DAY + 16 * HOUR - 1  # midnight in Shanghai, 2027-01-15
OVERDUE = "loan.overdue:L2027-00001"


def lent(**sections):
    office = Office(**sections)
    office.slip("han", "B2")
    office.visit("han", "B2")
    return office


def refusal(office, kind, by, **body):
    with pytest.raises(RefusedActError) as refused:
        office.act(kind, by, **body)
    return refused.value.key


def leave(office, item="B2"):
    return find_leave(item, office.room.ctx, office.now)


def test_a_loan_is_due_at_the_end_of_its_last_day():
    office = lent()
    ((_, opened),) = office.out.entries("loan.opened")
    assert opened["due"] == END_OF_DAY + 30 * DAY
    office = Office(loans={"days": 3})
    office.slip("han", "B2", days=2)
    office.visit("han", "B2")
    assert office.out.entries("loan.opened")[0][1]["due"] == END_OF_DAY + 2 * DAY


def test_who_is_overdue_is_reminded_every_day_until_it_is_back():
    office = lent()
    office.wait(END_OF_DAY + 30 * DAY - office.now - 1)
    assert office.out.entries("loan.expedited") == []
    for _ in range(4 * 24):
        office.wait(HOUR)
    nudges = [body["nudge"] for _, body in office.out.entries("loan.expedited")]
    assert nudges == [1, 2, 3, 4]
    assert office.out.states(OVERDUE) == [(OVERDUE, "UNACK"), (OVERDUE, "UNACK")]
    alarm = office.out.alarms()[OVERDUE]
    assert (alarm.priority, alarm.text) == (
        "medium",
        "Box 2 is overdue: lent to Han, due 2027-02-14 (counted in calendar days)",
    )
    assert alarm.why["due"] == END_OF_DAY + 30 * DAY
    office.visit("han", "B2")
    assert office.out.states(OVERDUE)[-1] == (OVERDUE, "RTNUN")
    office.wait(30 * DAY)
    assert len(office.out.entries("loan.expedited")) == 4


def test_reminders_go_on_after_a_restart_and_make_up_for_nothing():
    office = lent()
    office.wait(31 * DAY)
    office.now += 10 * DAY  # without power
    office.restart()
    assert [body["nudge"] for _, body in office.out.entries("loan.expedited")] == [2]
    office.wait(25 * HOUR)
    assert [body["nudge"] for _, body in office.out.entries("loan.expedited")] == [2, 3]


def test_each_loan_has_its_own_day():
    office = lent()
    office.wait(2 * DAY)
    office.visit("deng", "B1")
    office.wait(29 * DAY)
    assert [body["item"] for _, body in office.out.entries("loan.expedited")] == ["B2"]
    office.wait(2 * DAY)
    reminded = {body["item"] for _, body in office.out.entries("loan.expedited")}
    assert reminded == {"B1", "B2"}


def test_a_loan_is_prolonged_as_often_as_the_rules_say():
    office = lent()
    entry = office.act("loan.renew", "han", loan="L2027-00001")
    assert (entry["was"], entry["due"]) == (END_OF_DAY + 30 * DAY, END_OF_DAY + 60 * DAY)
    again = {"loan": "L2027-00001"}
    assert refusal(office, "loan.renew", "han", **again) == "loan.refused.too_often"
    assert refusal(office, "loan.renew", "arch", **again) == "loan.refused.too_often"
    assert refusal(office, "loan.renew", "hu", **again) == "slip.refused.not_approver"
    office.act("loan.renew", "deng", loan="L2027-00001")
    office.wait(80 * DAY)
    assert office.out.entries("loan.expedited") == []
    office.wait(11 * DAY)
    assert len(office.out.entries("loan.expedited")) == 1


def test_what_is_overdue_or_back_is_not_prolonged():
    office = lent()
    office.wait(31 * DAY)
    body = {"loan": "L2027-00001"}
    assert refusal(office, "loan.renew", "han", **body) == "loan.refused.overdue"
    assert refusal(office, "loan.renew", "gao", **body) == "loan.refused.overdue"
    office.visit("han", "B2")
    assert refusal(office, "loan.renew", "han", **body) == "loan.refused.not_out"
    assert refusal(office, "loan.renew", "han", loan="L1-1") == "loan.refused.no_loan"


def test_what_is_called_back_is_due_at_once():
    office = lent()
    office.wait(DAY)
    (slip,) = [b["slip"] for _, b in office.out.entries("slip.requested")]
    office.act("slip.withdraw", "gao", slip=slip, reason="needed in court")
    assert [body["nudge"] for _, body in office.out.entries("loan.expedited")] == [1]
    assert office.room.ctx.rows.get(Loan, "L2027-00001").recalled
    assert refusal(office, "loan.renew", "han", loan="L2027-00001") == "loan.refused.recalled"


def test_leave_lasts_as_long_as_the_loan():
    office = Office()
    assert not leave(office).granted
    slip = office.slip("han", "B2")
    assert leave(office).looked_for["slips"] == [slip], "a slip alone is no leave"
    assert not leave(office).granted
    office.visit("han", "B2")
    found = leave(office)
    assert (found.granted, found.holder, found.slip) == (True, "han", slip)
    assert found.looked_for["approved_by"] == "gao"
    office.wait(29 * DAY)
    assert leave(office).granted
    office.wait(2 * DAY)
    assert not leave(office).granted
    assert leave(office).looked_for["because"] == "overdue"


def test_leave_ends_when_the_slip_is_withdrawn():
    office = lent()
    (slip,) = [b["slip"] for _, b in office.out.entries("slip.requested")]
    office.act("slip.withdraw", "gao", slip=slip, reason="no")
    assert find_leave("B2", office.room.ctx, office.now - SECOND).granted, "a report that came late"
    found = leave(office)
    assert not found.granted
    assert (found.looked_for["slip"], found.looked_for["because"]) == (
        slip,
        "its slip was withdrawn",
    )


def test_leave_ends_when_it_is_handed_in():
    office = lent()
    office.visit("han", "B2")
    assert not leave(office).granted
    assert leave(office).looked_for["found"] == "han"


def test_what_lies_in_a_lent_box_may_go_with_it():
    office = Office()
    office.slip("han", "B3")
    office.visit("han", "B3")
    assert leave(office, "V2").granted


def test_direct_borrowers_have_leave_without_a_slip():
    office = Office()
    office.visit("chen", "B2")
    found = leave(office)
    assert (found.granted, found.slip, found.looked_for["loan"]) == (True, None, "L2027-00001")
    office.wait(SECOND)


def test_who_carries_it_out_without_leave_still_answers_for_it():
    office = lent()
    (slip,) = [b["slip"] for _, b in office.out.entries("slip.requested")]
    office.act("slip.withdraw", "gao", slip=slip, reason="no")
    item = office.room.ctx.item("B2")
    for n, side in enumerate(["inner", "inner", "outer", "outer"]):
        at = office.now + n * 200
        office.out.feed(office.nodes.read(item.tags[-1], side, at, rssi=-45, mono=n * 200))
    office.wait(20 * SECOND)
    ((_, body),) = office.out.entries("movement.exit_without_leave")
    assert (body["holder"], office.room.ctx.accountable("B2")) == ("han", "han")


def working(tmp_path, **section):
    """Lend by working days: around the week-end 16/17 January 2027, with the Monday off and the
    Saturday after it worked.
    """
    path = tmp_path / "days.csv"
    path.write_text("date,to,kind\n2027-01-18,,off\n2027-01-23,,work\n")
    return {"loans": {"days_kind": "working", **section}, "calendar": {"file": str(path)}}


@pytest.mark.parametrize(
    ("days", "later"),
    [(1, 4), (2, 5), (5, 8), (6, 10)],
    ids=["Tue 19", "Wed 20", "Sat 23", "Mon 25"],
)
def test_a_loan_may_be_counted_in_working_days(tmp_path, days, later):
    office = lent(**working(tmp_path, days=days))
    ((_, opened),) = office.out.entries("loan.opened")
    assert opened["due"] == END_OF_DAY + later * DAY


def test_a_reminder_says_what_days_the_day_of_return_was_counted_in(tmp_path):
    """Those of then, whatever the configuration says now."""
    office = lent(**working(tmp_path, days=1))
    office.wait(6 * DAY)
    assert office.out.alarms()[OVERDUE].text.endswith("due 2027-01-19 (counted in working days)")
    ((_, body), *_) = office.out.entries("loan.expedited")
    assert (body["days_kind"], body["why"]["limit"]["days_kind"]) == ("working", "working")


def test_what_is_called_back_is_due_by_no_count_of_days():
    office = lent()
    (slip,) = [b["slip"] for _, b in office.out.entries("slip.requested")]
    office.act("slip.withdraw", "gao", slip=slip, reason="no")
    office.wait(2 * SECOND)
    assert "counted" not in office.out.alarms()[OVERDUE].text
    assert office.room.ctx.rows.get(Loan, "L2027-00001").days_kind is None


def test_a_renewal_is_counted_in_the_days_of_then(tmp_path):
    before = lent().room.rows()
    again = Office(before, **working(tmp_path))
    again.act("loan.renew", "han", loan="L2027-00001")
    assert again.room.ctx.rows.get(Loan, "L2027-00001").days_kind == "working"


def test_renewals_and_slips_count_the_same_days(tmp_path):
    office = Office(**working(tmp_path, days=1, renew_days=4, slip_days=1))
    office.slip("han", "B2")
    assert office.out.entries("slip.approved")[0][1]["until"] == END_OF_DAY + 4 * DAY
    office.visit("han", "B2")
    assert office.act("loan.renew", "han", loan="L2027-00001")["due"] == END_OF_DAY + 8 * DAY
