"""While rows cannot be read: what has to sound sounds, and what could not be decided is later."""

import pytest
from strongroom_gateway.assembly import open_room
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.errors import RowsUnreadableError
from support.lending import DAY, Office
from support.outcome import Outcome
from support.safes import AN, BO, DEED1, PEOPLE, SAFE, Strongbox, deed
from support.sensing import PLAIN, T0
from support.troubled_rows import TroubledRows, on_disk


def test_C12_a_safe_that_cannot_be_compared_is_compared_when_the_disk_answers():
    box = Strongbox()
    disk = on_disk(box.room)
    disk.trouble = True
    box.tag(AN).tag(BO).door(True).tag(DEED1, act="gone").door(False).wait(30_000)
    assert "ledger.not_readable" in box.out.alarms(), "people know that it is blind"
    assert box.out.entries("safe.reconciled") == []
    disk.trouble = False
    box.wait(90_000)
    assert box.out.entries("safe.reconciled")[-1][1]["missing"] == ["d1"]
    assert "safe.taken_without_slip" in box.codes()
    assert box.out.alarms()["ledger.not_readable"].state == "RTNUN"


def test_a_safe_opened_by_nobody_sounds_without_a_disk():
    box = Strongbox()
    on_disk(box.room).trouble = True
    box.door(True).wait(40_000)
    assert "safe.nobody" in box.codes()


def test_what_a_blind_gate_cannot_tell_is_an_alarm_that_it_is_blind():
    """An item of the register that is in no configuration file: nobody can say whose tag this is."""
    office = Office()
    row = {"id": "N1", "name": "New", "tags": ["e20000aa"]}
    office.act("item.register", "arch", row=row)
    disk = on_disk(office.room)
    disk.trouble = True
    office.out.feed(office.nodes.read("e20000aa", "inner", office.now))
    assert "ledger.not_readable" in office.out.alarms()


def test_D2_nothing_is_lent_on_a_slip_that_cannot_be_read():
    office = Office()
    office.slip("han", "B1")
    disk = on_disk(office.room)
    disk.trouble = True
    office.visit("han", "B1")
    assert office.out.movements() == []
    disk.trouble = False
    office.wait(60_000)
    office.visit("han", "B1")
    assert office.out.movements() == [("check_out", "B1")]


def test_E5_who_is_to_be_reminded_is_when_the_disk_answers():
    office = Office()
    office.slip("han", "B1")
    office.visit("han", "B1")
    disk = on_disk(office.room)
    disk.trouble = True
    office.wait(40 * DAY)
    assert "loan.overdue:L2027-00001" not in office.out.alarms()
    disk.trouble = False
    office.wait(2 * 60_000)
    assert "loan.overdue:L2027-00001" in office.out.alarms()


def test_an_act_without_a_disk_is_no_refusal_and_changes_nothing():
    office = Office()
    disk = on_disk(office.room)
    disk.trouble = True
    before = office.room.rows()
    with pytest.raises(RowsUnreadableError):  # and not RefusedActError: it may be allowed
        office.act("slip.request", "han", items=["B1"], purpose="to see")
    assert office.room.rows() == before
    disk.trouble = False
    assert office.act("slip.request", "han", items=["B1"], purpose="to see")


def test_a_room_that_starts_blind_takes_the_configuration_over_later_and_only_then():
    made = settings(
        typed(PLAIN | {"safe": [SAFE], "person": PEOPLE, "item": [deed("d1", DEED1)]}, Config)
    )
    disk = TroubledRows()
    disk.trouble = True
    there = open_room(made, rows=disk)
    out = Outcome(there).take(there.start(T0))
    assert there.ctx.item_by_tag(DEED1).id == "d1"
    out.at(T0 + 60_000)
    assert out.entries("item.registered") == []
    disk.trouble = False
    out.at(T0 + 120_000)
    assert len(out.entries("item.registered")) == 1
