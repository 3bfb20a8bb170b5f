"""The exit gate: which way a tag went, and whether it might."""

import random

import pytest
from gatesim.node import lines
from gatesim.node import reports as node_reports
from gatesim.radio import Read
from strongroom_gateway.custody.section import GateSection
from strongroom_gateway.gate.replay import Replay
from strongroom_sim.world import gate as walks
from support.outcome import Outcome
from support.sensing import T0, Nodes, room

EPC, BADGE, BOX = "e2000001", "04aabbccdd0001", "04110001"
ALARM = "exit.no_leave:HX-H-01"
UNCLEAR = "exit.unclear:HX-H-01"


def crossing(nodes, at=T0, sides=("inner", "outer"), tag=EPC, **more):
    """Three reports near each antenna, in the given order of sides."""
    return [
        nodes.read(tag, side, at + 300 * n + 100 * m, rssi=-50 + m, **more)
        for n, side in enumerate(sides)
        for m in range(3)
    ]


def take_out(nodes, at=T0 - 60_000, badge=BADGE):
    return [nodes.tap(badge, at), nodes.tap(BOX, at + 1_000)]


def test_out_without_leave_is_a_latched_alarm_with_its_evidence():
    nodes = Nodes()
    out = Outcome(room()).feed(crossing(nodes))
    assert out.states() == [(ALARM, "LATCH_UNACK")]
    alarm = out.alarms()[ALARM]
    assert (alarm.code, alarm.priority) == ("exit.no_leave", "critical")
    assert alarm.why["order"] == ["inner", "outer"]
    assert [(r["ant"], r["rssi"]) for r in alarm.why["reads"]][:3] == [
        ("inner", -50),
        ("inner", -49),
        ("inner", -48),
    ]
    assert alarm.why["reads"][-1]["ant"] == "outer"
    assert alarm.why["leave"] == {
        "kind": "check-out at a desk",
        "item": "HX-H-01",
        "found": None,
        "since": None,
    }
    assert alarm.why["last_holder"] is None
    assert "Box 1" in alarm.text
    assert out.movements() == [("exit_without_leave", "HX-H-01")]


def test_what_nobody_ever_held_names_who_answers_for_it():
    """The custodian of its place, who is told as well when it is only in doubt."""
    wang = {"id": "wang", "name": "Wang Fang"}
    stack = {"id": "stack", "name": "Stack", "custodian": "wang"}
    box = {"id": "HX-H-01", "name": "Box 1", "tags": [EPC], "home": "stack"}
    for reads, name, moves in (
        (crossing(Nodes()), ALARM, ["wang"]),
        (stay(Nodes(), "outer", T0), UNCLEAR, []),
    ):
        there = room(person=[wang], place=[stack], item=[box])
        there.start(T0 - 1_000)
        out = Outcome(there).feed(reads)
        alarm = out.alarms()[name]
        assert (alarm.why["last_holder"], alarm.why["accountable"]) == (None, "wang")
        assert alarm.text.endswith("last holder: —; answerable: Wang Fang")
        moved = [body for entry, body in out.entries() if entry == "movement.exit_without_leave"]
        assert [body["accountable"] for body in moved] == moves


def test_it_names_the_last_holder():
    nodes = Nodes()
    back = [nodes.tap(BADGE, T0 - 30_000), nodes.tap(BOX, T0 - 29_000)]
    out = Outcome(room()).feed([*take_out(nodes), *back, *crossing(nodes)])
    assert out.alarms()[ALARM].why["last_holder"] == "li"
    assert "Li Wen" in out.alarms()[ALARM].text


def test_with_leave_it_is_a_silent_movement():
    nodes = Nodes()
    out = Outcome(room()).feed([*take_out(nodes), *crossing(nodes)])
    assert out.states() == []
    assert out.movements() == [("check_out", "HX-H-01"), ("exit", "HX-H-01")]
    assert out.entries("movement.exit")[0][1]["why"]["leave"]["found"] == "li"


def test_in_again_is_a_return_that_is_pending_until_the_desk():
    nodes = Nodes()
    there = room()
    out = Outcome(there).feed([*take_out(nodes), *crossing(nodes)])
    out.feed(crossing(nodes, T0 + 3_600_000, ("outer", "inner")))
    assert out.movements()[-1] == ("return_pending", "HX-H-01")
    assert there.ctx.where("HX-H-01").holder == "li", "holds it until it is given back"
    out.feed([nodes.tap(BADGE, T0 + 3_700_000), nodes.tap(BOX, T0 + 3_701_000)])
    assert out.movements()[-1] == ("handed_in", "HX-H-01")
    assert there.ctx.where("HX-H-01").place == "@inspection"


def test_what_left_without_leave_is_returned_at_the_desk_not_taken_out():
    nodes = Nodes()
    out = Outcome(room()).feed(crossing(nodes))
    out.feed(crossing(nodes, T0 + 60_000, ("outer", "inner")))
    out.feed([nodes.tap(BADGE, T0 + 90_000), nodes.tap(BOX, T0 + 91_000)])
    assert [m for m, _ in out.movements()] == ["exit_without_leave", "return_pending", "handed_in"]
    assert out.alarms()[ALARM].state == "LATCH_UNACK", "coming back does not end the alarm"


def test_a_second_departure_calls_again():
    nodes = Nodes()
    there = room()
    out = Outcome(there).feed(crossing(nodes))
    out.feed(crossing(nodes, T0 + 60_000, ("outer", "inner")))
    out.feed(crossing(nodes, T0 + 120_000))
    assert out.alarms()[ALARM].count == 2


def test_carried_near_and_back_is_nothing():
    nodes = Nodes()
    near = [nodes.read(EPC, "inner", T0 + n * 200, rssi=-70 + 5 * min(n, 4)) for n in range(8)]
    stray = [nodes.read(EPC, "outer", T0 + 1_500, rssi=-64)]
    back = [nodes.read(EPC, "inner", T0 + 1_600 + n * 200, rssi=-50 - 5 * n) for n in range(4)]
    gone = [nodes.read(EPC, "inner", T0 + 4_000, rssi=-70, act="gone")]
    out = Outcome(room()).feed([*near, *stray, *back, *gone])
    assert out.states() == []
    assert out.movements() == []


def test_weak_reads_do_not_count():
    nodes = Nodes()
    weak = [nodes.read(EPC, "outer", T0 + 2_000 + n * 100, rssi=-80) for n in range(5)]
    out = Outcome(room()).feed([nodes.read(EPC, "inner", T0), *weak])
    assert out.states() == []


def stay(nodes, side, at, n=2, rssi=-45):
    """A short stay at one antenna, with its end."""
    reads = [nodes.read(EPC, side, at + 200 * m, rssi=rssi) for m in range(n)]
    return [*reads, nodes.read(EPC, side, at + 200 * n + 1_000, rssi=None, n=n, act="gone")]


def test_too_long_between_the_sides_is_no_passage_but_asks_for_a_look():
    """Nobody heard it pass: it is outside, or a reflection, so somebody has to look at once."""
    nodes = Nodes()
    out = Outcome(room()).feed([*stay(nodes, "inner", T0), *stay(nodes, "outer", T0 + 60_000)])
    assert out.states() == [(UNCLEAR, "UNACK")]
    assert out.movements() == []
    alarm = out.alarms()[UNCLEAR]
    assert alarm.priority == "high"
    assert alarm.why["how"] == "alone"
    assert alarm.why["leave"]["found"] is None


def test_few_reads_inside_then_few_outside_ask_for_a_look_as_soon_as_they_end():
    nodes = Nodes()
    out = Outcome(room()).feed([*stay(nodes, "inner", T0, 1), *stay(nodes, "outer", T0 + 9_000, 1)])
    assert out.states() == [(UNCLEAR, "UNACK")]
    assert out.alarms()[UNCLEAR].why["order"] == ["inner", "outer"]


def test_a_single_read_is_nothing():
    for side in ("inner", "outer"):
        out = Outcome(room()).feed(stay(Nodes(), side, T0, 1))
        assert out.at(T0 + 86_400_000).states("exit") == []


def test_what_was_last_heard_at_the_gate_and_nowhere_since_is_asked_for():
    nodes = Nodes()
    out = Outcome(room()).feed(stay(nodes, "inner", T0, 20))
    assert out.at(T0 + 30_000).at(T0 + 8 * 3_600_000).states("exit") == []
    assert out.at(T0 + 8 * 3_600_000 + 60_000).states("exit") == [(UNCLEAR, "UNACK")]
    assert out.alarms()[UNCLEAR].priority == "low"
    assert out.movements() == []


def test_it_is_not_asked_for_where_the_setting_says_so():
    gate = {"id": "exit", "name": "Exit", "node": "g1", "reader": "gate", "doubt_s": 0}
    out = Outcome(room(gate=[gate])).feed(stay(Nodes(), "inner", T0, 20))
    assert out.at(T0 + 10 * 86_400_000).states("exit") == []


@pytest.mark.parametrize("how", ["desk", "gate"])
def test_what_is_heard_inside_again_is_not_asked_for_any_more(how):
    nodes = Nodes()
    out = Outcome(room()).feed([*stay(nodes, "inner", T0), *stay(nodes, "outer", T0 + 60_000)])
    seen = nodes.tap(BOX, T0 + 90_000) if how == "desk" else nodes.read(EPC, "inner", T0 + 90_000)
    assert out.feed(seen).states()[-1] == (UNCLEAR, "RTNUN"), "over, though nobody has seen it yet"


def test_an_old_report_does_not_answer_a_question():
    nodes = Nodes()
    out = Outcome(room()).feed(stay(nodes, "outer", T0))
    late = nodes.tap(BOX, T0 + 90_000, ts=T0 - 60_000)
    assert out.feed(late).states("exit") == [(UNCLEAR, "UNACK")]


def test_who_holds_it_is_not_asked_and_a_departure_heard_only_outside_is_on_the_record():
    nodes = Nodes()
    out = Outcome(room()).feed([*take_out(nodes), *stay(nodes, "outer", T0, 9)])
    assert out.states() == []
    assert out.movements() == [("check_out", "HX-H-01"), ("exit", "HX-H-01")]
    assert out.entries("movement.exit")[0][1]["why"]["how"] == "alone"


def test_what_is_outside_and_heard_only_inside_has_come_in():
    nodes = Nodes()
    out = Outcome(room()).feed([*crossing(nodes), *stay(nodes, "inner", T0 + 3_600_000, 9)])
    assert out.movements()[-1] == ("return_pending", "HX-H-01")


def test_two_tags_of_one_box_are_one_box():
    nodes = Nodes()
    item = {"id": "B", "name": "B", "tags": ["e2000001", "e2000002"], "home": "A-1"}
    both = [
        nodes.read(tag, side, T0 + 300 * n + 10 * m)
        for n, side in enumerate(["inner", "inner", "outer", "outer", "outer"])
        for m, tag in enumerate(item["tags"])
    ]
    out = Outcome(room(item=[item])).feed(both)
    assert out.movements() == [("exit_without_leave", "B")]


def test_one_that_lay_near_for_an_hour_and_then_left_is_seen():
    """Reports of a tag that stays become rare: the gap before the crossing is no absence."""
    nodes = Nodes()
    lying = [nodes.read(EPC, "inner", T0 + n * 60_000, n=300) for n in range(60)]
    left = T0 + 59 * 60_000 + 50_000
    leaving = [nodes.read(EPC, "outer", left + n * 300, rssi=-42, span=200) for n in range(2)]
    out = Outcome(room()).feed([*lying, *leaving])
    assert out.states() == [(ALARM, "LATCH_UNACK")]


def test_min_reads_is_a_setting():
    gate = {"id": "exit", "name": "Exit", "node": "g1", "reader": "gate", "min_reads": 7}
    out = Outcome(room(gate=[gate])).feed(crossing(Nodes()))
    assert out.states() == []


def test_a_reader_without_signal_strength_still_tells_the_order():
    nodes = Nodes()
    sides = ["inner", "inner", "outer", "outer"]
    reads = [nodes.read(EPC, side, T0 + n * 300, rssi=None) for n, side in enumerate(sides)]
    assert Outcome(room()).feed(reads).states() == [(ALARM, "LATCH_UNACK")]
    back = [nodes.read(EPC, side, T0 + n * 300, rssi=None) for n, side in enumerate(sides[:3])]
    back += [nodes.read(EPC, "inner", T0 + 900 + n * 300, rssi=None) for n in range(3)]
    assert Outcome(room()).feed(back).states() == []


def test_an_unknown_tag_is_counted_and_ignored():
    nodes = Nodes()
    there = room()
    reads = [
        nodes.read("e2ffffff", "inner", T0, act="seen"),
        nodes.read("e2ffffff", "outer", T0 + 100),
    ]
    out = Outcome(there).feed(reads)
    assert (out.states(), out.movements()) == ([], [])
    assert there.snapshot()["counters"]["gate.unknown_tag"] == 1


def test_a_crossing_that_arrives_late_still_alarms():
    """The node was cut off and sends an hour later: its own time counts for the order."""
    nodes = Nodes()
    late = [
        nodes.read(EPC, side, T0 + 3_600_000, ts=T0 + n * 400, rssi=-45)
        for n, side in enumerate(["inner", "inner", "outer", "outer"])
    ]
    out = Outcome(room()).feed(late)
    assert out.alarms()[ALARM].why["at"] == T0 + 1_200


def test_a_tag_at_another_reader_is_none_of_the_gate():
    nodes = Nodes()
    body = {
        "reader": "shelf",
        "id": EPC,
        "act": "seen",
        "tech": "uhf",
        "rssi": -40,
        "n": 1,
        "span": 0,
    }
    reads = [
        nodes.say("g1", "event", "tag", body | {"ant": a}, T0 + n)
        for n, a in enumerate(["inner", "outer"])
    ]
    assert Outcome(room()).feed(reads).states() == []


def directions(heard, outside=False):
    """Which way the gate says that a walk of the simulated world went: the node's own reports."""
    reads = [Read(one.at, one.antenna, EPC, one.rssi) for one in heard if one.rssi is not None]
    gate = Replay(GateSection(id="g", name="g", node="n", reader="r"), everywhere=True)
    if outside:
        gate.sides[EPC] = "outer"
    for line in lines(node_reports(reads)):
        gate.hear(line)
    return [one.outcome for one in gate.finish() if one.outcome != "asked"]


@pytest.mark.parametrize("seed", range(40))
def test_simulated_walks(seed):
    """Against the simulated world of the demo, which knows which way it walked."""
    rng = random.Random(seed)
    speed = rng.uniform(0.6, 2.0)
    assert directions(walks.walk(rng, speed, outward=True)) == ["out"]
    assert directions(walks.walk(rng, speed, outward=False), outside=True) == ["in"]
    assert directions(walks.turn_back(rng, rng.uniform(0.5, 1.5))) == []
    assert directions(walks.lie(rng, 60.0)) == []
