"""What comes back otherwise than over a desk ends the reminders as well."""

from strongroom_gateway.rounds.stocktake import Stocktake, report
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


def test_E5_reminders_end_when_a_stocktake_finds_the_box():
    office = overdue("B1")
    name = office.act("stocktake.begin", "arch", place="hall")["stocktake"]
    office.act("stocktake.seen", "arch", stocktake=name, tags=["B1"])
    ctx = office.room.ctx
    digest = report(ctx.rows.get(Stocktake, name), ctx).digest
    office.act("person.register", "gao", row={"id": "aud", "name": "A", "roles": ["auditor"]})
    office.act("stocktake.sign", "arch", stocktake=name, digest=digest)
    office.act("stocktake.sign", "aud", stocktake=name, digest=digest)
    assert office.where("B1") == ("han", "@inspection")
    assert office.out.alarms()[ALARM].state == "RTNUN"


def test_E5_reminders_end_when_the_safe_hears_the_deed():
    office = overdue("C1")
    at = office.now
    tag = {"reader": "inside", "tech": "hf", "ant": None, "rssi": None, "n": 1, "span": 0}
    for n, said in enumerate([{"id": "04aa0000000005"}, None, {"id": TAG["C1"]}, None]):
        at += 1_000
        if said is None:
            office.out.feed(office.nodes.door(n == 1, at))
        else:
            body = tag | said | {"act": "seen"}
            office.out.feed(office.nodes.say("s1", "event", "tag", body, at))
    office.now = at
    office.wait(20_000)
    assert office.where("C1") == ("han", "@inspection")
    assert office.out.alarms()[ALARM].state == "RTNUN"
