"""Originals reach their custodian on the working day of their offer (C10), or it is said who waits."""

import pytest
from strongroom_gateway.safes.acceptance import Transfer
from support.safes import Strongbox
from support.sensing import T0

DAY = 86_400_000
HOUR = 3_600_000
END_OF_DAY = T0 - T0 % DAY + 16 * HOUR - 1  # midnight in Shanghai; 2027-01-15 is a Friday
LINES = [{"name": "Deed 3", "number": "Z-3", "certificate": "other_right"}]
OFFER = {"certificates": LINES, "handler_b": "dan", "safe": "deeds", "project": "P"}
COUNT = {
    "transfer": "T000001",
    "counted": [{"name": "Deed 3", "number": "Z-3"}],
    "count": 1,
}
ALARM = "certificate.not_accepted:T000001"


def offered(**changes):
    return Strongbox([], **changes).act("certificate.offer", "chi", OFFER)


def at(there, moment):
    there.at = moment
    there.out.at(moment)
    return there


def text(there):
    alarm = there.out.alarms().get(ALARM)
    return None if alarm is None else alarm.text


def test_C10_a_list_is_due_on_the_working_day_of_its_offer():
    there = at(offered(), END_OF_DAY)
    assert text(there) is None
    at(there, END_OF_DAY + 1)
    assert text(there) == (
        "List T000001 of 1 certificates, offered by Chi, was to be accepted by 2027-01-15; "
        "it waits for: Dan"
    )


def test_C10_it_is_said_once_and_ends_with_the_third_signature():
    there = at(offered(), END_OF_DAY + 1)
    there.act("certificate.confirm", "dan", COUNT)
    at(there, there.at + 9 * DAY)
    assert [s for _, s in there.out.states(ALARM)] == ["UNACK"]
    there.act("certificate.confirm", "an", COUNT)
    at(there, there.at + 1_000)
    assert there.out.states(ALARM)[-1][1] == "RTNUN"


def test_C10_a_list_that_is_sent_back_waits_for_nobody():
    there = offered()
    there.act("certificate.reject", "an", {"transfer": "T000001", "reason": "not ours"})
    assert text(at(there, END_OF_DAY + DAY)) is None


@pytest.mark.parametrize(("days", "later"), [(0, 0), (1, 3), (5, 7)])
def test_C10_days_are_working_days(days, later):
    there = offered(accept_days=days)
    assert there.room.ctx.rows.get(Transfer, "T000001").due == END_OF_DAY + later * DAY
    assert text(at(there, END_OF_DAY + later * DAY)) is None
    assert text(at(there, END_OF_DAY + later * DAY + 1))


def test_C10_what_is_offered_on_a_sunday_is_due_on_monday():
    there = Strongbox([])
    at(there, T0 + 2 * DAY).act("certificate.offer", "chi", OFFER)
    assert there.room.ctx.rows.get(Transfer, "T000001").due == END_OF_DAY + 3 * DAY
