"""A session at the desk, from badge to done: how it ends, what it sums up, and who served."""

import pytest
from strongroom_gateway.i18n import text
from strongroom_gateway.loans.model import Slip
from strongroom_gateway.loans.right import right_to
from support.lending import BADGE, DAY, SECOND, TAG, Office
from support.sensing import T0

HOUR = 3_600 * SECOND
DONE_CARD = "04d0e0000000ff"
DESK = {
    "id": "front",
    "name": "Desk",
    "node": "d1",
    "reader": "desk",
    "signal": "buzzer",
    "done_tags": [DONE_CARD],
    "done_input": "done",
}


def summaries(office):
    return [body for _, body in office.out.entries("desk.session_closed")]


def press(office, on=True, name="done"):
    office.now += SECOND
    body = {"input": name, "on": on, "value": None}
    before = len(office.out.commands())
    office.out.feed(office.nodes.say("d1", "event", "input", body, office.now))
    return [f"{c.pattern}: {c.text}" for _, c in office.out.commands()[before:]]


def test_a_session_is_summed_up_when_it_is_done():
    office = Office()
    slip = office.slip("han", "B1", "B2", "B3")
    answers = office.visit("han", "B1", "B2", "S1")
    assert answers == [
        "ok: Han: tap the boxes",
        "ok: Taken: Box 1",
        "ok: Taken: Box 2",
        f"deny: Pack 1 is not on slip {slip}",
        "deny: 1 refused! 2 taken, 0 back",
    ]
    (told,) = summaries(office)
    assert (told["person"], told["desk"], told["taken"], told["returned"]) == (
        "han",
        "front",
        ["B1", "B2"],
        [],
    )
    assert told["refused"] == [{"item": "S1", "because": "desk.not_on_slip"}]
    assert told["slips"] == [{"slip": slip, "left": ["B3"]}]
    assert told["partly"] is True
    assert told["why"]["ended_by"] == "badge"


def test_a_partly_successful_act_says_so_and_stays_open():
    office = Office()
    slip = office.slip("han", "B1", "B2")
    assert office.visit("han", "B1")[-1] == f"ok: 1 taken, 0 back; slip {slip} has 1 left"
    assert office.room.ctx.rows.get(Slip, slip).status == "partly_out"
    office.wait(DAY)
    assert office.visit("han", "B2")[-1] == "ok: Done: 1 taken, 0 back"
    assert [told["partly"] for told in summaries(office)] == [True, False]
    assert office.room.ctx.rows.get(Slip, slip).status == "out"


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (lambda office: office.tap(DONE_CARD), "done"),
        (press, "button"),
        (lambda office: office.wait(21 * SECOND), "idle"),
        (lambda office: office.tap("hu"), "another badge"),
    ],
)
def test_a_session_ends_by_card_button_time_or_the_next_one(end, how):
    office = Office(desk=[DESK])
    office.tap("deng", "B2")
    end(office)
    (told,) = summaries(office)
    assert (told["person"], told["why"]["ended_by"]) == ("deng", how)
    assert office.tap("B3")[-1].startswith("deny:")
    assert office.where("B3") == (None, "A-3")
    assert office.out.states("badge.unknown") == [], "the card is known"


def test_a_button_let_go_and_other_inputs_end_nothing():
    office = Office(desk=[DESK])
    office.tap("deng")
    assert press(office, on=False) == press(office, name="float-switch") == []
    assert office.tap("B2") == ["ok: Taken: Box 2"]


def test_done_without_a_session_is_answered():
    office = Office(desk=[DESK])
    assert office.tap(DONE_CARD) == ["deny: Tap your badge first"]


def test_a_session_in_which_nothing_happened_is_not_worth_an_entry():
    office = Office()
    office.tap("han")
    office.wait(21 * SECOND)
    assert summaries(office) == []


def test_a_badge_read_twice_ends_nothing():
    office = Office()
    office.tap("deng", "B2", "deng")
    assert summaries(office) == []
    assert office.tap("B1") == ["ok: Taken: Box 1"]


def test_a_badge_shown_again_before_anything_was_handled_goes_on():
    office = Office()
    office.tap("deng")
    office.wait(10 * SECOND)
    assert office.tap("deng") == ["ok: Deng: tap the boxes"]
    office.wait(15 * SECOND)
    assert office.tap("B2") == ["ok: Taken: Box 2"]


def test_a_stack_read_together_is_booked_box_by_box():
    office = Office()
    slip = office.slip("han", "B1", "B2", "B3", "S1")
    office.tap("han")
    assert office.tap("B1", "B2", "B3", "V1", "V2", "S1", every=0) == [
        "ok: Taken: Box 1",
        "ok: Taken: Box 2",
        "ok: Taken: Box 3, with 2 in it",
        "ok: Taken: Pack 1",
    ]
    assert [m for m, _ in office.out.movements()] == ["check_out"] * 6
    assert office.room.ctx.rows.get(Slip, slip).status == "out"


def test_a_box_is_booked_once_in_a_session_however_often_it_is_shown():
    office = Office()
    office.tap("deng", "B2")
    office.wait(7 * SECOND)
    assert office.tap("B2") == ["ok: Taken: Box 2"]
    office.wait(7 * SECOND)
    office.tap("B2")
    assert office.out.movements() == [("check_out", "B2")]


def test_who_served_is_on_record_when_the_archive_opened_the_desk():
    office = Office()
    office.slip("han", "B1")
    office.slip("hu", "B2")
    office.tap("arch", "han", "B1")
    office.wait(6 * SECOND)
    office.tap("han", "hu", "B2")
    office.wait(30 * SECOND)
    office.tap("deng", "B3")
    served = {b["item"]: b["served_by"] for _, b in office.out.entries("movement.check_out")}
    assert (served["B1"], served["B2"], served["B3"]) == ("arch", "arch", None)
    assert [told["served_by"] for told in summaries(office)] == ["arch", "arch"]


def test_nobody_takes_anything_on_the_archivists_turn():
    office = Office()
    office.slip("han", "B1")
    office.tap("arch", "han", "B1")
    office.wait(6 * SECOND)
    office.tap("han")  # done; the archivist still serves
    assert office.tap("B2")[-1] == "deny: Tap your badge first"


def test_a_tap_that_comes_late_counts_as_it_was_made():
    """The slip was approved after the box was taken to the reader, and before that was heard."""
    office = Office()
    slip = office.slip("han", "B2", by=None)
    made = office.now + SECOND
    office.wait(DAY)
    office.act("slip.approve", "gao", slip=slip)
    office.wait(SECOND)
    taps = [
        office.nodes.tap(BADGE["han"], office.now, ts=made),
        office.nodes.tap(TAG["B2"], office.now, ts=made + SECOND),
    ]
    office.out.feed(taps)
    assert office.out.movements() == []
    ((_, refused),) = office.out.entries("desk.refused")
    assert refused["why"]["because"] == "desk.slip_later"


def test_a_tap_dated_before_the_approval_says_so_and_not_that_nobody_approved():
    """Heard at once from a node whose clock was put back an hour: its times are what counts."""
    office = Office()
    office.slip("han", "B2")
    approved, back = office.now, office.now - HOUR
    taps = [
        office.nodes.tap(BADGE["han"], office.now + SECOND, ts=back),
        office.nodes.tap(TAG["B2"], office.now + 2 * SECOND, ts=back + SECOND),
    ]
    office.out.feed(taps)
    ((_, refused),) = office.out.entries("desk.refused")
    leave = refused["why"]["leave"]
    assert (refused["why"]["because"], leave["because"]) == ("desk.slip_later",) * 2
    assert (leave["approved"], leave["approved_after_ms"]) == (approved, HOUR - SECOND)
    person, item = office.room.ctx.person("han"), office.room.ctx.item("B2")
    right = right_to(item, person, back, office.room.ctx)
    said = text(right.because, {"item": item.name, **right.params}, "en")
    assert said == (
        "Box 2: slip S2027-00001 was approved at 2027-01-15 16:00:00, and this tap is of"
        " 2027-01-15 15:00:00: made before that, or a clock was put back"
    )


def test_a_slip_that_nobody_decided_on_is_still_not_approved():
    office = Office()
    office.slip("han", "B2", by=None)
    office.tap("han", "B2")
    ((_, refused),) = office.out.entries("desk.refused")
    assert refused["why"]["because"] == "desk.slip_pending"


def test_what_was_withdrawn_after_a_late_tap_was_made_is_lent_and_called_back():
    office = Office()
    slip = office.slip("han", "B2")
    made = office.now + SECOND
    office.wait(DAY)
    office.act("slip.withdraw", "gao", slip=slip, reason="no")
    withdrawn = office.now
    office.wait(SECOND)
    taps = [
        office.nodes.tap(BADGE["han"], office.now, ts=made),
        office.nodes.tap(TAG["B2"], office.now, ts=made + SECOND),
    ]
    office.out.feed(taps)
    assert office.where("B2") == ("han", "@holder"), "they have it, whatever the slip says now"
    ((_, loan),) = office.out.entries("loan.opened")
    assert (loan["at"], loan["due"]) == (made + SECOND, withdrawn)
    assert [body["person"] for _, body in office.out.entries("loan.expedited")] == ["han"]


def test_clocks_that_differ_a_little_refuse_nobody():
    office = Office()
    office.slip("han", "B2")
    office.now += 1_000
    behind = office.now - 20_000
    office.out.feed(
        [
            office.nodes.tap(BADGE["han"], office.now, ts=behind),
            office.nodes.tap(TAG["B2"], office.now, ts=behind + 500),
        ]
    )
    assert office.out.movements() == [("check_out", "B2")]


def test_a_session_goes_on_over_a_restart_of_the_gateway():
    office = Office()
    slip = office.slip("han", "B1", "B2")
    office.tap("han", "B1")
    office.restart()
    assert office.tap("B2") == ["ok: Taken: Box 2"]
    office.wait(21 * SECOND)
    (told,) = summaries(office)
    assert (told["taken"], told["slips"]) == (["B1", "B2"], [{"slip": slip, "left": []}])
    assert told["since"] == T0 + SECOND


def late(office, tag, made):
    """Hand over a tap that was made earlier."""
    office.out.feed(office.nodes.tap(TAG[tag], office.now, ts=made))


def test_taps_that_come_after_the_idle_time_belong_to_the_session_they_were_made_in():
    """The badge arrived, then the network was away: the boxes were shown in time all the same."""
    office = Office()
    office.tap("deng", "B1")
    shown = office.now + SECOND
    office.wait(60 * SECOND)
    for tag in ("B2", "B1", "B2"):
        late(office, tag, shown)
        shown += SECOND
    assert [office.where(box)[0] for box in ("B1", "B2")] == ["deng", "deng"]
    assert [m for m, _ in office.out.movements()] == ["check_out"] * 2
    office.wait(60 * SECOND)
    late(office, "B3", shown + 21 * SECOND)
    assert office.where("B3")[0] is None, "that one was not shown in time"
    assert [told["taken"] for told in summaries(office)] == [["B1"], ["B2"]]
