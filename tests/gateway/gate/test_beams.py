"""Two beams and one antenna: who passed, and what went with them."""

import pytest
from gatesim.beams import judged_with_beams
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.custody.beams import Beams, Passed, beam
from strongroom_gateway.custody.direction import Manner
from support.outcome import Outcome
from support.sensing import T0, Nodes, room

EPC, OTHER = "e2000001", "e2000002"
GATE = {
    "id": "exit", "name": "Exit", "node": "g1", "reader": "gate",
    "direction": "beams", "inner": "beam-in", "outer": "beam-out",
}  # fmt: skip


def edges(*words):
    """Beams as words: i and o are broken, I and O are clear, 100 ms apart."""
    state, passed = Beams(), []
    for n, word in enumerate("".join(words)):
        side = "inner" if word in "iI" else "outer"
        was = state.passed
        state = beam(state, side, 1_000 + 100 * n, Manner(), broken=word in "io")
        if state.passed is not None and state.passed is not was:
            passed.append(state.passed.to)
    return passed


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        ("ioIO", ["outer"]),
        ("oiOI", ["inner"]),
        ("iIoO", ["outer"]),  # far apart: one is clear before the other is broken
        ("ioOI", []),  # reached over and drew back
        ("iI", []),
        ("iIiI", []),
        ("ioOoIO", ["outer"]),  # arms and legs
        ("ioIO" + "oiOI", ["outer", "inner"]),
        ("IO", []),  # the first word of a node that starts
    ],
)
def test_which_way_somebody_went(words, passed):
    assert edges(words) == passed


def test_a_half_is_forgotten_after_a_while():
    state = Beams()
    for side, at, broken in [
        ("inner", 0, True),
        ("inner", 100, False),
        ("outer", 60_000, True),
        ("outer", 60_100, False),
    ]:
        state = beam(state, side, at, Manner(), broken=broken)
    assert state.passed is None


@given(st.lists(st.sampled_from("iIoO"), max_size=30), st.integers(1, 10**9))
def test_only_differences_of_time_count(words, shift):
    states = [Beams(), Beams()]
    for n, word in enumerate(words):
        side = "inner" if word in "iI" else "outer"
        for which, offset in enumerate((0, shift)):
            at = 100 * n + offset
            states[which] = beam(states[which], side, at, Manner(), broken=word in "io")
    one, other = (state.passed for state in states)
    if one is not None:
        one = Passed(one.to, one.began + shift, one.ended + shift)
    assert one == other


class Site:
    """A room whose gate has beams."""

    def __init__(self):
        self.nodes = Nodes()
        self.out = Outcome(room(gate=[GATE]))

    def walk(self, order, at, kind="input"):
        for n, (name, on) in enumerate(order):
            body = {"input": name, "on": on, "value": None}
            if kind == "contact":
                body = {"input": name, "open": on, "edges": 1}
            self.out.feed(self.nodes.say("g1", "event", kind, body, at + 150 * n))

    def leave(self, at, kind="input"):
        self.walk(
            [("beam-in", True), ("beam-out", True), ("beam-in", False), ("beam-out", False)],
            at,
            kind,
        )

    def enter(self, at):
        self.walk(
            [("beam-out", True), ("beam-in", True), ("beam-out", False), ("beam-in", False)], at
        )

    def read(self, at, tag=EPC, act="more", n=3, span=200, rssi=-55):
        self.out.feed(self.nodes.read(tag, "door", at, rssi, n=n, act=act, span=span))


@pytest.mark.parametrize("kind", ["input", "contact"])
def test_a_tag_that_came_with_somebody_who_left_is_an_alarm_at_once(kind):
    site = Site()
    site.read(T0, act="seen", n=1, span=0)
    site.read(T0 + 200)
    site.leave(T0 + 600, kind)
    assert site.out.states("exit") == [("exit.no_leave:HX-H-01", "LATCH_UNACK")]
    why = site.out.alarms()["exit.no_leave:HX-H-01"].why
    assert why["order"] == ["inner", "outer"]
    assert why["beams"]["ended"] - why["beams"]["began"] == 450
    assert why["settings"]["direction"] == "beams"
    assert site.out.movements() == [("exit_without_leave", "HX-H-01")]


def test_in_again_is_a_return():
    site = Site()
    site.read(T0)
    site.leave(T0 + 600)
    site.read(T0 + 2_000, act="gone", rssi=None)
    site.read(T0 + 60_000)
    site.enter(T0 + 60_300)
    assert site.out.movements()[-1] == ("return_pending", "HX-H-01")


def test_a_tag_read_only_after_the_beams_left_with_them_too():
    site = Site()
    site.leave(T0)
    site.read(T0 + 900)
    assert site.out.movements() == [("exit_without_leave", "HX-H-01")]


def test_both_of_two_boxes_left():
    site = Site()
    site.read(T0)
    site.read(T0, OTHER)
    site.leave(T0 + 300)
    assert {item for _, item in site.out.movements()} == {"HX-H-01", "HX-H-02"}


def test_somebody_who_turns_back_takes_nothing_out():
    site = Site()
    site.read(T0)
    site.walk(
        [("beam-in", True), ("beam-out", True), ("beam-out", False), ("beam-in", False)], T0 + 300
    )
    assert site.out.movements() == []


def test_a_box_that_lies_near_stays_when_others_leave_and_is_missed_when_it_went():
    site = Site()
    for n in range(20):
        site.read(T0 + 3_000 * n, n=60, span=2_900)
    site.leave(T0 + 60_000)
    assert site.out.movements() == [], "it has lain there for long"
    for n in range(21, 24):
        site.read(T0 + 3_000 * n, n=60, span=2_900)
    site.read(T0 + 80_000, act="gone", rssi=None)
    assert site.out.movements() == [], "it was heard after they were gone"
    for n in range(30, 40):
        site.read(T0 + 3_000 * n, n=60, span=2_900)
    site.leave(T0 + 119_000)
    site.read(T0 + 121_500, act="gone", rssi=None)
    assert site.out.movements() == [("exit_without_leave", "HX-H-01")]


def test_a_tag_read_once_and_one_too_weak_are_nothing():
    site = Site()
    site.read(T0, n=1)
    site.read(T0, OTHER, rssi=-90)
    site.leave(T0 + 300)
    assert site.out.at(T0 + 200_000).movements() == []


def test_long_before_is_not_with_them():
    site = Site()
    site.read(T0)
    site.leave(T0 + 30_000)
    assert site.out.movements() == []
    assert site.out.states("exit") == []


def test_two_hundred_simulated_walks_with_beams():
    found = judged_with_beams(seed=3, crossings=150, others=60)
    assert found["missed"] == 0
    assert found["false"] == 0
    assert found["looks"] == 0
    assert found["out"] > 80


def test_a_tag_that_was_about_when_somebody_left_is_asked_for():
    """Read before they came to the beams and never again: with them, or put down just there."""
    site = Site()
    site.read(T0)
    site.read(T0 + 1_200, act="gone", rssi=None)
    site.leave(T0 + 5_000)
    assert site.out.states("exit") == [("exit.unclear:HX-H-01", "UNACK")]
    assert site.out.movements() == []
    site.read(T0 + 60_000)
    site.leave(T0 + 60_500)
    assert site.out.states("exit")[-2:] == [
        ("exit.unclear:HX-H-01", "RTNUN"),
        ("exit.no_leave:HX-H-01", "LATCH_UNACK"),
    ]


def test_a_tag_first_read_outside_a_while_after_somebody_left_is_asked_for_until_it_is_elsewhere():
    site = Site()
    site.leave(T0)
    site.read(T0 + 6_000)
    site.read(T0 + 7_200, act="gone", rssi=None)
    assert site.out.states("exit") == [("exit.unclear:HX-H-01", "UNACK")]
    badge, box = "04aabbccdd0001", "04110001"
    site.out.feed([site.nodes.tap(badge, T0 + 90_000), site.nodes.tap(box, T0 + 91_000)])
    assert site.out.at(T0 + 900_000).states("exit")[-1] == ("exit.unclear:HX-H-01", "RTNUN")
