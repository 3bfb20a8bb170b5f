"""The desk: a badge, then boxes; what each tap books and how it is answered."""

import pytest
from support.outcome import Outcome
from support.sensing import T0, Nodes, room

LI, WANG = "04aabbccdd0001", "04aabbccdd0002"
BOX1, BOX2 = "04110001", "04110002"
STRANGE = "04ffffffff0009"


def taps(nodes, *tags, every=1_000, start=T0, **more):
    return [nodes.tap(tag, start + n * every, **more) for n, tag in enumerate(tags)]


def answers(out):
    return [body.pattern for _, body in out.commands()]


def test_a_box_becomes_theirs():
    there = room()
    out = Outcome(there).feed(taps(Nodes(), LI, BOX1, BOX2))
    assert out.movements() == [("check_out", "HX-H-01"), ("check_out", "HX-H-02")]
    assert answers(out) == ["ok", "ok", "ok"]
    state = there.ctx.where("HX-H-01")
    assert (state.holder, state.place) == ("li", "@holder")
    why = out.entries("movement.")[0][1]["why"]
    assert why["reads"] == [{"node": "d1", "lane": "event", "boot": 1, "seq": 2}]
    assert (why["held_before"], why["place_before"]) == (None, "A-1")


def test_their_box_comes_back_in_a_new_session_and_waits_for_its_inspection():
    there = room()
    out = Outcome(there).feed(taps(Nodes(), LI, BOX1, LI, LI, BOX1, every=6_000))
    assert [m for m, _ in out.movements()] == ["check_out", "handed_in"]
    state = there.ctx.where("HX-H-01")
    assert (state.holder, state.place) == ("li", "@inspection")


def test_their_box_comes_home_at_once_where_returns_are_not_inspected():
    there = room(loans={"inspection": False})
    out = Outcome(there).feed(taps(Nodes(), LI, BOX1, LI, LI, BOX1, every=6_000))
    assert [m for m, _ in out.movements()] == ["check_out", "return"]
    assert (there.ctx.where("HX-H-01").holder, there.ctx.where("HX-H-01").place) == (None, "A-1")
    assert there.ctx.where("HX-H-01").last_holder == "li"
    assert [body["loan"] for _, body in out.entries("loan.closed")] == ["L2027-00001"]


def test_a_box_that_flickers_in_the_field_is_booked_once():
    nodes = Nodes()
    events = [
        nodes.tap(LI, T0),
        nodes.tap(BOX1, T0 + 1_000),
        nodes.tap(BOX1, T0 + 1_300, "gone"),
        nodes.tap(BOX1, T0 + 1_500),
        nodes.tap(BOX1, T0 + 4_000),
    ]
    assert Outcome(room()).feed(events).movements() == [("check_out", "HX-H-01")]


def test_nobody_gives_back_what_another_holds():
    there = room()
    out = Outcome(there).feed(taps(Nodes(), LI, BOX1, WANG, BOX1))
    assert out.movements() == [("check_out", "HX-H-01")]
    assert there.ctx.where("HX-H-01").holder == "li"
    assert answers(out)[-1] == "deny"
    assert "Li Wen" in out.commands()[-1][1].text
    ((_, refused),) = out.entries("desk.refused")
    assert (refused["item"], refused["person"]) == ("HX-H-01", "wang")


def test_a_box_without_a_badge_is_refused():
    out = Outcome(room()).feed(taps(Nodes(), BOX1))
    assert out.movements() == []
    assert answers(out) == ["deny"]
    assert out.entries("desk.refused")[0][1]["why"]["because"] == "no badge before the item"


@pytest.mark.parametrize(("pause", "booked"), [(19_000, 1), (21_000, 0)])
def test_a_session_ends_when_idle(pause, booked):
    out = Outcome(room()).feed(taps(Nodes(), LI, BOX1, every=pause))
    assert len(out.movements()) == booked


def test_each_tap_keeps_the_session_alive():
    out = Outcome(room()).feed(taps(Nodes(), LI, BOX1, BOX2, every=15_000))
    assert len(out.movements()) == 2


def test_taps_that_arrive_late_are_booked_as_made_and_not_answered():
    """Two sessions of the morning, delivered at once in the evening."""
    nodes, evening = Nodes(), T0 + 8 * 3_600_000
    events = [
        nodes.tap(LI, evening, ts=T0),
        nodes.tap(BOX1, evening, ts=T0 + 1_000),
        nodes.tap(BOX2, evening, ts=T0 + 60_000),
    ]
    out = Outcome(room()).feed(events)
    assert out.movements() == [("check_out", "HX-H-01")], "the second box came after the session"
    assert out.commands() == []


def test_a_node_that_restarts_begins_without_a_session():
    first, second = Nodes(boot=1), Nodes(boot=2)
    out = Outcome(room()).feed([first.tap(LI, T0), second.tap(BOX1, T0 + 1_000, mono=500)])
    assert out.movements() == []


def test_an_unknown_tag_is_answered_and_alarmed():
    out = Outcome(room()).feed(taps(Nodes(), STRANGE))
    assert answers(out) == ["deny"]
    assert out.states() == [("badge.unknown:front", "UNACK")]
    alarm = out.alarms()["badge.unknown:front"]
    assert alarm.why["reads"][0]["id"] == STRANGE
    assert alarm.priority == "low"


def test_trying_on_calls_again_once_and_becomes_quiet():
    out = Outcome(room()).feed(taps(Nodes(), *[STRANGE] * 50))
    assert out.states() == [("badge.unknown:front", "UNACK")] * 2
    assert out.alarms()["badge.unknown:front"].priority == "medium"
    out.at(T0 + 49_000 + 300_000)
    assert out.states()[-1] == ("badge.unknown:front", "RTNUN")


def test_signal_commands_carry_an_id_and_an_end():
    out = Outcome(room()).feed(taps(Nodes(), LI, BOX1))
    ids = [body.id for _, body in out.commands()]
    assert len(set(ids)) == len(ids)
    assert all(body.exp > T0 and body.signal == "buzzer" for _, body in out.commands())
    assert {node for node, _ in out.commands()} == {"d1"}


def test_texts_follow_the_language_of_the_room():
    there = room(room={"id": "r1", "name": "一号", "language": "zh_CN"})
    out = Outcome(there).feed(taps(Nodes(), BOX1))
    assert out.commands()[0][1].text == "请先刷证卡"


def test_C1_somebody_who_is_no_longer_active_takes_nothing_in_a_session_that_began_before():
    nodes, there = Nodes(), room()
    out = Outcome(there).take(there.start(T0 - 1_000))
    out.feed(nodes.tap(LI, T0))
    gone = {"id": "li", "name": "Li Wen", "badges": [LI], "active": False}
    out.take(there.act("person.register", "local:root", {"row": gone}, T0 + 500))
    out.feed(nodes.tap(BOX1, T0 + 1_000))
    assert out.movements() == []
    assert out.entries("desk.refused")
