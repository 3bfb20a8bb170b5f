"""At each closing the contents are compared with the record (C9, C12)."""

from strongroom_gateway.loans.lending import loan_of
from support.safes import AN, BO, CHI, DEED1, DEED2, DEED3, Strongbox, deed


def opened(there, *badges):
    for badge in badges:
        there.tag(badge).tag(badge, 300, "gone")
    return there.door(True)


def shut(there):
    return there.wait(30_000).door(False).wait(20_000)


def slip(there, person, *items):
    there.act("slip.request", person, {"items": list(items), "reason": "work", "purpose": "check"})
    name = there.last("slip.requested")["slip"]
    return there.act("slip.approve", "boss", {"slip": name})


def where(there, item):
    found = there.room.ctx.where(item)
    return found.holder, found.place


def test_C12_what_is_there_agrees():
    there = Strongbox().visit(AN, BO)
    body = there.last("safe.reconciled")
    assert (body["expected"], body["seen"], body["missing"], body["extra"]) == (2, 2, [], [])
    assert there.codes() == set()


def test_C9_what_is_missing_went_with_those_who_were_there():
    there = shut(opened(Strongbox(), AN, BO).tag(DEED1, act="gone"))
    assert where(there, "d1") == ("an", "@holder")
    ((kind, body),) = [e for e in there.out.entries("movement.") if e[1]["item"] == "d1"]
    assert (kind, body["witnesses"], body["safe"]) == ("movement.check_out", ["bo"], "deeds")
    assert there.codes() == {"safe.taken_without_slip"}
    assert there.room.ctx.accountable("d1") == "an"


def test_C9_with_a_slip_it_is_a_loan_of_whoever_has_the_slip():
    there = slip(Strongbox(), "bo", "d1")
    shut(opened(there, AN, BO).tag(DEED1, act="gone"))
    assert where(there, "d1") == ("bo", "@holder")
    assert there.codes() == set()
    assert there.last("loan.opened")["person"] == "bo"


def test_C9_missing_with_nobody_there_is_an_alarm_and_nobody_s_movement():
    there = shut(opened(Strongbox()).tag(DEED1, act="gone"))
    assert there.codes() == {"safe.nobody", "safe.item_missing"}
    assert where(there, "d1") == (None, "deeds")
    there.tag(DEED1).visit(AN, BO)
    assert there.out.alarms()["safe.item_missing:d1"].state == "LATCH_UNACK"
    assert "d1" in there.last("safe.reconciled")["items"]


def test_what_comes_back_while_on_loan_waits_for_its_inspection():
    there = slip(Strongbox(), "bo", "d1")
    shut(opened(there, AN, BO).tag(DEED1, act="gone"))
    shut(opened(there, AN, BO).tag(DEED1))
    assert where(there, "d1") == ("bo", "@inspection")
    assert there.codes() == set()
    again = there.visit(AN, BO)
    assert again.last("safe.reconciled")["waiting"] == ["d1"]
    assert again.codes() == set()


def waits_for_its_inspection():
    there = slip(Strongbox(), "bo", "d1")
    shut(opened(there, AN, BO).tag(DEED1, act="gone"))
    shut(opened(there, AN, BO).tag(DEED1))
    assert where(there, "d1") == ("bo", "@inspection")
    return there.wait(60_000)


def test_what_is_taken_again_before_its_inspection_is_taken_without_a_slip():
    there = waits_for_its_inspection()
    loan = loan_of("d1", there.room.ctx)
    shut(opened(there, AN, BO).tag(DEED1, act="gone"))
    assert (where(there, "d1"), there.codes()) == (("an", "@holder"), {"safe.taken_without_slip"})
    now = loan_of("d1", there.room.ctx)
    assert (now.id, now.person, now.due) == (loan.id, loan.person, loan.due), "on loan as before"
    assert (now.gone, now.next) == (("d1",), loan.due), "and to be reminded of"
    shut(opened(there, AN, BO).tag(DEED1))
    assert where(there, "d1") == ("bo", "@inspection")


def test_what_is_gone_before_its_inspection_with_nobody_there_is_an_alarm():
    there = waits_for_its_inspection()
    shut(there.door(True).tag(DEED1, act="gone"))
    assert "safe.item_missing" in there.codes()
    assert where(there, "d1") == ("bo", "@inspection"), "bo answers for it"
    shut(opened(there, AN, BO).tag(DEED1))
    assert ("safe.item_missing:d1", "LATCH_UNACK") in there.out.states()


def test_what_belongs_elsewhere_is_named():
    box = {"id": "box", "name": "Box", "tags": [DEED3], "home": "deeds"}
    there = Strongbox([deed("d1", DEED1), {**box, "home": None}])
    assert where(there, "box") == (None, "@unfiled")
    shut(opened(there, AN, BO).tag(DEED3))
    assert where(there, "box") == (None, "deeds")
    assert there.codes() == set(), "it had no other home"
    there.tag("04ee0000")
    shut(opened(there, AN, BO))
    assert there.codes() == {"safe.item_unexpected"}
    assert there.last("safe.reconciled")["unknown"] == ["04ee0000"]


def test_a_lost_reader_is_a_fault_and_not_an_empty_safe():
    there = Strongbox().node("sensor.lost", device="inside").visit(AN, BO)
    assert "safe.not_reconciled" in there.codes()
    assert there.last("safe.reconciled")["because"] == "its reader is lost"
    assert there.out.movements() == []
    there.node("sensor.back", device="inside").visit(AN, BO)
    assert "safe.not_reconciled" not in {
        a.code for a in there.out.alarms().values() if a.state != "RTNUN"
    }


def test_a_reader_that_hears_nothing_of_many_is_not_believed():
    there = opened(Strongbox(), AN, BO).tag(DEED1, act="gone").tag(DEED2, act="gone")
    shut(there)
    assert there.out.movements() == []
    assert there.codes() == {"safe.not_reconciled"}


def test_after_a_restart_of_the_node_only_what_it_hears_again_is_there():
    there = Strongbox()
    there.nodes.boot = 2
    there.nodes._seq.clear()
    there.node("boot", cause="power").tag(DEED1)
    there.visit(AN, BO)
    assert there.last("safe.reconciled")["missing"] == ["d2"]


def test_a_safe_without_a_reader_says_so_and_raises_nothing():
    there = Strongbox(readers=[])
    there.door(True).wait(1_000).door(False).wait(60_000)
    assert there.last("safe.reconciled")["because"] == "the safe has no reader"
    assert "safe.not_reconciled" not in there.codes()


def test_what_was_taken_at_one_opening_is_not_of_those_at_the_next():
    there = Strongbox()
    began = there.at
    there.at += 600_000
    for at, badge in ((0, AN), (1_000, BO)):
        there.tag(badge, 0, ts=began + at)
    there.door(True, 0, ts=began + 2_000).tag(DEED1, 0, act="gone", ts=began + 5_000)
    there.door(False, 0, ts=began + 9_000)
    there.tag(CHI, 0, ts=began + 100_000)
    there.door(True, 0, ts=began + 101_000).door(False, 0, ts=began + 109_000).wait(60_000)
    ((_, taken),) = there.out.entries("movement.check_out")
    assert (taken["item"], taken["holder"], taken["witnesses"]) == ("d1", "an", ["bo"])
    compared = [body for _, body in there.out.entries("safe.reconciled")]
    assert [(one["missing"], one["people"]) for one in compared] == [
        (["d1"], ["an", "bo"]),
        ([], []),
    ]


def test_a_safe_opened_again_too_soon_to_compare_is_of_the_people_of_both():
    there = opened(Strongbox(), AN, BO).wait(60_000).tag(DEED1, act="gone")
    there.door(False).door(True, 3_000).wait(1_000).door(False).wait(60_000)
    (compared,) = (body for _, body in there.out.entries("safe.reconciled"))
    assert (compared["missing"], compared["people"]) == (["d1"], ["an", "bo"])
    assert "safe.item_missing" not in there.codes()


def test_a_reader_that_has_just_started_has_not_told_of_everything_yet():
    there = opened(Strongbox(), AN, BO).door(False).wait(9_000)
    there.nodes.boot = 2
    there.nodes._seq.clear()
    there.node("boot", cause="power").tag(DEED1).wait(3_000).tag(DEED2).wait(30_000)
    assert there.out.movements() == []
    assert there.last("safe.reconciled")["complete"] is True


def test_what_leaves_together_is_lent_on_loans_of_their_own():
    there = Strongbox([deed("d1", DEED1), deed("d2", DEED2), deed("d3", DEED3)])
    slip(there, "an", "d1", "d2")
    opened(there, AN, BO).tag(DEED1, act="gone").tag(DEED2, act="gone")
    shut(there)
    loans = [(body["item"], body["loan"]) for _, body in there.out.entries("loan.opened")]
    assert [item for item, _ in loans] == ["d1", "d2"]
    assert len({loan for _, loan in loans}) == 2
    assert [loan_of(item, there.room.ctx).item for item in ("d1", "d2")] == ["d1", "d2"]


def test_the_badges_of_the_next_visit_take_nothing_from_those_who_were_there():
    there = opened(Strongbox(), AN, BO).tag(DEED1, act="gone").wait(30_000).door(False, 1_000)
    there.tag(AN, 2_000).tag(BO, 1_000).wait(60_000)
    assert where(there, "d1") == ("an", "@holder")
    assert "safe.item_missing" not in there.codes()
