"""What comes back otherwise than over a desk, and what nobody may carry out meanwhile."""

import pytest
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.rounds.stocktake_report import Stocktake, report
from support.lending import DAY, TAG, Office
from support.safes import SAFE

PLACES = [{"id": "hall", "name": "Hall", "kind": "room"}, {"id": "deeds", "name": "Safe"}]
ALARM = "loan.overdue:L2027-00001"


def overdue(*items):
    office = Office(place=PLACES, safe=[SAFE | {"persons": 1, "people": ["arch"]}])
    office.slip("han", *items)
    office.visit("han", *items)
    office.wait(40 * DAY)
    assert office.out.alarms()[ALARM].state == "UNACK"
    return office


def refuses(office, kind, by, **body):
    with pytest.raises(RefusedActError):
        office.act(kind, by, **body)


def signed(office, stocktake):
    """Two people sign the report."""
    ctx = office.room.ctx
    digest = report(ctx.rows.get(Stocktake, stocktake), ctx).digest
    office.act("person.register", "gao", row={"id": "aud", "name": "A", "roles": ["auditor"]})
    for by in ("arch", "aud"):
        office.act("stocktake.sign", by, stocktake=stocktake, digest=digest)


def test_E5_reminders_end_when_a_stocktake_finds_the_box():
    office = overdue("B1")
    name = office.act("stocktake.begin", "arch", place="hall")["stocktake"]
    office.act("stocktake.seen", "arch", stocktake=name, tags=["B1"])
    signed(office, name)
    assert office.where("B1") == ("han", "@inspection")
    assert office.out.alarms()[ALARM].state == "RTNUN"


def opened_safe(office, act, badge="04aa0000000005"):
    """Archie opens the safe; meanwhile its reader hears the deed come, or no longer hears it."""
    at = office.now
    for n, said in enumerate([(badge, "seen"), None, (TAG["C1"], act), None]):
        at += 1_000
        if said is None:
            office.out.feed(office.nodes.door(n == 1, at))
        else:
            office.out.feed(office.nodes.tag("s1/inside", said[0], at, said[1]))
    office.now = at
    office.wait(20_000)


def test_E5_reminders_end_when_the_safe_hears_the_deed():
    office = overdue("C1")
    opened_safe(office, "seen")
    assert office.where("C1") == ("han", "@inspection")
    assert office.out.alarms()[ALARM].state == "RTNUN"


def crossing(office, epc):
    """The box is carried out."""
    at = office.now + 1_000
    walk = [
        (side, at + 300 * n + 100 * m)
        for n, side in enumerate(("inner", "outer"))
        for m in (0, 1, 2)
    ]
    office.out.feed([office.nodes.read(epc, side, when, rssi=-50) for side, when in walk])
    office.now = at + 1_000


def test_C14_what_is_missing_has_no_leave_though_its_custodian_may_borrow_it():
    """They answer for it; whoever carries it out now is not known to be them."""
    office = Office(place=[{"id": "hall", "name": "Hall", "custodian": "gao"}, *PLACES[1:]])
    office.act(
        "item.register",
        "arch",
        row={"id": "N1", "name": "New", "home": "hall", "tags": ["e20000aa"]},
    )
    signed(office, office.act("stocktake.begin", "arch", place="hall")["stocktake"])
    assert office.where("N1") == ("gao", "@missing")
    crossing(office, "e20000aa")
    assert "exit.no_leave:N1" in office.out.alarms()


def test_G16_what_waits_for_its_inspection_has_no_leave_though_a_slip_would_allow_it():
    office = Office(place=PLACES, safe=[SAFE | {"persons": 1, "people": ["arch"]}])
    opened_safe(office, "gone")
    office.wait(60_000)
    assert office.where("C1") == ("arch", "@holder"), "taken from the safe without a slip"
    office.visit("arch", "C1")
    assert office.where("C1") == ("arch", "@inspection")
    office.slip("arch", "C1")
    crossing(office, TAG["C1"])
    assert "exit.no_leave:C1" in office.out.alarms()


def test_G16_what_was_carried_off_again_is_not_inspected_with_the_rest():
    office = Office()
    office.slip("han", "B3")
    office.visit("han", "B3")
    office.visit("han", "B3")
    crossing(office, "e2000003")
    assert office.where("B3") == ("han", "@outside")
    found = office.act(
        "return.inspect", "arch", item="V1", pages={"V1": 9, "V2": 5}, condition="good"
    )
    assert sorted(found["items"]) == ["V1", "V2"]
    assert office.where("B3") == ("han", "@outside"), "nobody has seen it"
    refuses(office, "return.inspect", "arch", item="B3", condition="good")
    office.act(
        "return.settle", "gao", loan="L2027-00001", outcome="lost", reason="never seen again"
    )
    assert office.where("B3") == (None, "@missing")


def test_what_was_carried_off_again_can_be_handed_in_again():
    office = Office()
    office.slip("han", "B3")
    office.visit("han", "B3")
    office.visit("han", "B3")
    crossing(office, "e2000003")
    office.wait(120_000)
    office.visit("arch", "B3")
    assert office.where("B3") == ("han", "@inspection")
    office.act("return.inspect", "arch", item="B3", pages={"V1": 9, "V2": 5}, condition="good")
    assert [office.where(item) for item in ("B3", "V1")] == [(None, "A-3"), (None, "@unfiled")]
    assert office.out.entries("loan.closed")
