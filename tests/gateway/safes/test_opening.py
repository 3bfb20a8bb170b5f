"""Two authorised people open a safe, within a window, and not for long (C9)."""

import pytest
from support.safes import AN, BO, CHI, Strongbox


def test_C9_two_authorised_people_open_it_and_nobody_is_troubled():
    there = Strongbox().visit(AN, BO)
    assert there.codes() == set()
    assert there.last("safe.shut")["people"] == ["an", "bo"]


def test_C9_one_alone_is_an_alarm_with_their_name():
    there = Strongbox().visit(AN)
    (alarm,) = there.out.alarms().values()
    assert (alarm.code, alarm.priority) == ("safe.one_person", "critical")
    assert "An" in alarm.text
    assert alarm.why["people"] == ["an"]


def test_C9_the_same_badge_twice_is_one_person():
    assert Strongbox().visit(AN, AN).codes() == {"safe.one_person"}


def test_C9_the_second_may_badge_after_the_door_is_open():
    there = Strongbox().tag(AN).door(True).wait(20_000)
    assert there.codes() == set(), "there is time yet"
    there.tag(BO).wait(60_000).door(False).wait(20_000)
    assert there.codes() == set()


def test_C9_a_second_badge_that_comes_too_late_does_not_help():
    there = Strongbox().tag(AN).door(True).wait(31_000)
    assert there.codes() == {"safe.one_person"}
    there.tag(BO)
    assert there.codes() == {"safe.one_person"}


def test_C9_a_badge_of_long_before_does_not_count():
    assert Strongbox().tag(BO).wait(120_000).visit(AN).codes() == {"safe.one_person"}


def test_nobody_at_all():
    assert Strongbox().visit().codes() == {"safe.nobody"}


def test_a_badge_that_is_not_authorised_is_an_alarm_and_no_second_person():
    there = Strongbox().visit(AN, CHI)
    assert there.codes() == {"safe.not_authorised", "safe.one_person"}


def test_people_can_be_named_instead_of_roles():
    assert Strongbox(people=["chi"]).visit(AN, CHI).codes() == set()


def test_one_may_be_enough_where_the_site_says_so():
    assert Strongbox(persons=1).visit(AN).codes() == set()


def test_open_too_long_until_it_is_shut():
    there = Strongbox().tag(AN).tag(BO).door(True).wait(299_000)
    assert there.codes() == set()
    there.wait(2_000)
    assert there.codes() == {"safe.open_too_long"}
    there.door(False).wait(20_000)
    assert ("safe.open_too_long:deeds", "RTNUN") in there.out.states()


@pytest.mark.parametrize("late", [90_000, 600_000])
def test_what_a_node_held_back_is_judged_by_when_it_happened(late):
    """Badges and door of ten minutes ago arrive in one go: their own times count."""
    there = Strongbox()
    began = there.at
    there.at += late
    there.tag(AN, 0, ts=began + 1_000).tag(BO, 10, ts=began + 2_000)
    there.door(True, 10, ts=began + 3_000).door(False, 10, ts=began + 63_000).wait(30_000)
    assert there.codes() == set()
    assert there.last("safe.reconciled")["complete"] is True


def test_a_door_that_comes_before_its_badges_waits_for_the_rest():
    there = Strongbox()
    began = there.at
    there.at += 600_000
    there.door(True, 0, ts=began + 3_000).wait(1_000)
    there.tag(AN, 0, ts=began + 1_000).tag(BO, 0, ts=began + 2_000).wait(60_000)
    assert "safe.one_person" not in there.codes() and "safe.nobody" not in there.codes()


def test_a_restart_of_the_gateway_forgets_no_opening():
    from support.outcome import Outcome
    from support.safes import PEOPLE, SAFE
    from support.sensing import room

    there = Strongbox().tag(AN).door(True)
    again = room(
        there.room.rows(),
        safe=[SAFE],
        person=PEOPLE,
        item=there.items,
        place=[{"id": "deeds", "name": "Deed safe", "kind": "safe", "custodian": "an"}],
    )
    out = Outcome(again).take(again.start(there.at + 1_000)).at(there.at + 40_000)
    assert {a.code for a in out.alarms().values()} == {"safe.one_person"}


def test_an_opening_that_another_follows_is_judged_by_its_own_badges():
    """One person, then two, in one go after a while without network."""
    there = Strongbox()
    began = there.at
    there.at += 600_000
    there.tag(AN, 0, ts=began).door(True, 0, ts=began + 1_000).door(False, 0, ts=began + 9_000)
    there.tag(AN, 0, ts=began + 100_000).tag(BO, 0, ts=began + 101_000)
    there.door(True, 0, ts=began + 102_000).door(False, 0, ts=began + 109_000).wait(60_000)
    (alarm,) = (a for a in there.out.alarms().values() if a.code == "safe.one_person")
    assert (alarm.why["opened"], alarm.why["people"], alarm.count) == (began + 1_000, ["an"], 1)


def test_one_opening_soon_after_another_hides_nothing():
    """Opened by one; by both half a minute later: the first is judged when its time is over."""
    there = Strongbox().tag(AN).door(True).door(False)
    there.wait(26_000).door(True).door(False).wait(3_000).tag(BO, 1_000)
    assert "safe.one_person" in there.wait(60_000).codes()
    (alarm,) = (a for a in there.out.alarms().values() if a.code == "safe.one_person")
    assert alarm.count == 1, "both were there within half a minute of the second"
