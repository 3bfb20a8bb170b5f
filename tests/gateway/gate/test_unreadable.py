"""Who leaves while the record cannot be read is stopped, and decided on when it can be again."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.assembly import open_room
from strongroom_gateway.custody import gate_held
from support.lending import SECOND, Office
from support.outcome import Outcome
from support.troubled_rows import on_disk

TAG = "e20000aa"
NEW = {"id": "N1", "name": "New", "tags": [TAG]}
BLIND = f"exit.not_readable:{TAG}"
LONG = 60_000
"""Longer than it takes to notice that the record can be read again and to decide on what was held."""


class Door(Office):
    """An office whose box N1 is in the register alone, on a disk that can be in trouble."""

    def __init__(self, **sections: Any) -> None:
        super().__init__(**sections)
        self.act("item.register", "arch", row=NEW)
        self.disk = on_disk(self.room)
        self.unkept = False
        self.past: list[tuple[str, str]] = []
        self.committed = len(self.out.decisions)

    def commit(self, forget: bool = True) -> None:
        """All that was decided is on the disk; with `forget` nothing is known by heart."""
        for decision in self.out.decisions[self.committed :]:
            for key, row in decision.states:
                if not key.startswith("r/"):
                    continue
                if row is None:
                    self.disk.held.pop(key, None)
                else:
                    self.disk.held[key] = row
        self.committed = len(self.out.decisions)
        self.room.ctx.rows.settled()
        if forget:
            self.room.ctx.rows.source(self.disk)

    def trouble(self, on: bool, forget: bool = True) -> None:
        """Let the disk fail, or work again."""
        self.commit(forget)
        self.disk.trouble = on

    def restart(self) -> None:
        """Begin again with what is on record."""
        self.commit()
        states = {k: v for k, v in self.room.rows().items() if not k.startswith("r/")}
        self.past += self.out.movements()
        self.room = open_room(self.room.ctx.settings, states, rows=self.disk)
        self.out = Outcome(self.room)
        self.committed = 0
        self.out.take(self.room.start(self.now))

    def hear(self, event: Any) -> None:
        self.now = event.received
        self.out.feed(event)
        if self.unkept:
            self.out.decisions.pop()
            self.out.take(self.room.unkept(self.now))

    def pass_by(self, *sides: str, tag: str = TAG, n: int = 3) -> list[Any]:
        """Somebody carries a tag past antennas in this order; the messages of the node."""
        said = []
        for side in sides:
            for _ in range(n):
                self.now += 150
                said.append(self.nodes.read(tag, side, self.now, rssi=-50))
                self.hear(said[-1])
        self.now += 1_000
        said += [self.nodes.read(tag, side, self.now, act="gone", rssi=None) for side in set(sides)]
        for event in said[-len(set(sides)) :]:
            self.hear(event)
        return said

    def decided(self) -> list[tuple[str, str]]:
        """Let it be decided; return the movements."""
        self.disk.trouble = False
        self.unkept = False
        for _ in range(12):
            self.wait(LONG // 6)
        return self.past + self.out.movements()


def codes(door: Door) -> set[str]:
    return set(door.out.alarms())


def test_a_tag_that_only_the_register_knows_is_stopped_at_once_and_decided_later():
    door = Door()
    door.trouble(True)
    door.pass_by("inner", "outer")
    alarm = door.out.alarms()[BLIND]
    assert (alarm.priority, alarm.state) == ("critical", "UNACK")
    assert TAG in alarm.text
    assert "Exit" in alarm.text
    assert alarm.why["direction"] == "outwards"
    assert alarm.why["order"] == ["inner", "outer"]
    assert len(alarm.why["reads"]) >= 4
    left_at = alarm.why["at"]
    assert door.out.movements() == []
    assert door.decided() == [("exit_without_leave", "N1")]
    why = door.out.entries("movement.")[0][1]["why"]
    assert why["at"] == left_at, "it left when it left, not when it was decided"
    assert why["decided_late"] > left_at
    assert door.out.alarms()["exit.no_leave:N1"].state == "LATCH_UNACK"
    assert door.out.alarms()[BLIND].state == "LATCH_UNACK", "somebody has to see it"
    cleared = [body for kind, body in door.out.entries("alarm.cleared") if body["alarm"] == BLIND]
    assert cleared[-1]["cleared"]["decided"] == [
        "exit.no_leave",
        "movement.exit_without_leave",
    ]


def test_with_leave_it_is_a_movement_on_its_slip():
    door = Door()
    slip = door.slip("han", "N1")
    door.visit("han", TAG)
    door.trouble(True)
    door.pass_by("inner", "outer")
    assert BLIND in codes(door)
    assert door.decided()[-1] == ("exit", "N1")
    _, body = door.out.entries("movement.")[-1]
    assert body["why"]["leave"]["slip"] == slip
    assert body["holder"] == "han"
    assert "exit.no_leave:N1" not in codes(door)
    assert door.out.alarms()[BLIND].state == "LATCH_UNACK"


@pytest.mark.parametrize(
    ("tag", "because"),
    [
        ("04aa0000000006", "carried by a person"),
        ("e2deadbe", "no item of the register has this tag"),
    ],
)
def test_what_turns_out_to_be_no_item_is_dropped_with_the_reason(tag, because):
    door = Door()
    door.trouble(True)
    door.pass_by("inner", "outer", tag=tag)
    assert f"exit.not_readable:{tag}" in codes(door)
    assert door.decided() == []
    cleared = door.out.entries("alarm.cleared")
    assert because in [body["cleared"].get("because") for _, body in cleared]
    assert not door.room.states("exit.not_readable")


def test_an_item_of_the_configuration_goes_the_same_way():
    door = Door()
    door.trouble(True)
    door.pass_by("inner", "outer", tag="e2000001")
    alarm = door.out.alarms()["exit.not_readable:e2000001"]
    assert "Box 1" in alarm.text, "the file knows its name"
    assert door.decided() == [("exit_without_leave", "B1")]


def test_who_only_comes_near_is_not_stopped_and_is_asked_for_later():
    door = Door()
    door.trouble(True)
    door.pass_by("inner")
    assert BLIND not in codes(door)
    assert door.decided() == []
    assert "exit.unclear:N1" not in codes(door)
    door.wait(9 * 3_600_000)
    assert "exit.unclear:N1" in codes(door)


def test_what_comes_in_meanwhile_is_a_return():
    door = Door()
    door.pass_by("inner", "outer")
    assert door.out.movements() == [("exit_without_leave", "N1")]
    door.wait(LONG)
    door.trouble(True)
    door.pass_by("outer", "inner")
    assert BLIND not in codes(door)
    assert door.decided()[1:] == [("return_pending", "N1")]


def test_out_and_in_and_out_again():
    door = Door()
    door.trouble(True)
    for sides in (("inner", "outer"), ("outer", "inner"), ("inner", "outer")):
        door.pass_by(*sides)
        door.wait(20_000)
    assert [state for name, state in door.out.states(BLIND)] == ["UNACK", "LATCH_UNACK", "UNACK"]
    assert door.decided() == [
        ("exit_without_leave", "N1"),
        ("return_pending", "N1"),
        ("exit_without_leave", "N1"),
    ]


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize("before", [1, 2, 3, 4])
def test_trouble_that_begins_or_ends_within_a_walk(before, begins):
    """The reads before the trouble, or after it, belong to the same stay."""
    door = Door()
    door.trouble(not begins)
    _split_walk(door, before, lambda: door.trouble(begins, forget=False))
    assert {BLIND, "exit.no_leave:N1"} & codes(door)
    assert door.decided() == [("exit_without_leave", "N1")]


@pytest.mark.parametrize("before", [1, 2, 3, 4])
def test_a_walk_whose_beginning_is_forgotten_is_an_alarm_all_the_same(before):
    """As after a restart: nobody knows any more whose tag it was."""
    door = Door()
    _split_walk(door, before, lambda: door.trouble(True))
    assert BLIND in codes(door)
    moved = door.decided()
    assert moved == [("exit_without_leave", "N1")] or "exit.unclear:N1" in codes(door)


def _split_walk(door, before, then):
    for n, side in enumerate(("inner", "inner", "outer", "outer", "outer")):
        if n == before:
            then()
        door.now += 250
        door.hear(door.nodes.read(TAG, side, door.now, rssi=-50, n=3))
    door.now += 1_500
    for side in ("inner", "outer"):
        door.hear(door.nodes.read(TAG, side, door.now, act="gone", rssi=None))
    door.wait(20_000)


def test_a_restart_does_not_forget_who_left():
    door = Door()
    door.trouble(True)
    door.pass_by("inner", "outer")
    door.restart()
    assert BLIND in codes(door)
    assert door.decided() == [("exit_without_leave", "N1")]


def test_more_tags_than_can_be_followed_is_said():
    door = Door()
    door.trouble(True)
    for n in range(gate_held.MOST):
        door.out.feed(door.nodes.read(f"e2ff{n:08x}", "inner", door.now, rssi=-50))
    assert "exit.not_followed" not in codes(door)
    door.out.feed(door.nodes.read("e2fe0000", "inner", door.now, rssi=-50))
    assert len(door.room.states("exit.not_readable")) == gate_held.MOST
    assert "exit.not_followed" in codes(door)
    door.decided()
    assert door.out.alarms()["exit.not_followed"].state == "RTNUN"
    assert not door.room.states("exit.not_readable")


def test_the_last_of_too_many_crossings_counts_and_that_some_are_missing_is_said():
    door = Door()
    door.trouble(True)
    for _ in range(gate_held.MOST_CROSSINGS):
        door.pass_by("inner", "outer")
        door.wait(20_000)
        door.pass_by("outer", "inner")
        door.wait(20_000)
    door.pass_by("inner", "outer")
    door.wait(20_000)
    assert len(door.room.states("exit.not_readable")[TAG].crossed) <= gate_held.MOST_CROSSINGS
    moved = door.decided()
    assert moved[-1] == ("exit_without_leave", "N1")
    over = [body["why"].get("passed_over", 0) for _, body in door.out.entries("movement.")]
    assert sum(over) + len(moved) == 2 * gate_held.MOST_CROSSINGS + 1


def test_messages_that_cannot_be_kept_are_followed_all_the_same():
    """A gateway without memory takes every decision back; nobody walks out unnoticed for that."""
    door = Door()
    door.trouble(True)
    door.unkept = True
    said = door.pass_by("inner", "outer")
    assert door.out.alarms()[BLIND].priority == "critical"
    door.disk.trouble = False
    door.unkept = False
    door.wait(30_000)
    assert door.out.movements() == [], "they come again, and nothing is decided twice"
    for event in said:
        door.hear(_again(event, door.now))
    assert door.out.movements() == [("exit_without_leave", "N1")]
    assert door.out.alarms()[BLIND].state == "LATCH_UNACK"
    assert door.decided() == [("exit_without_leave", "N1")]


def test_messages_that_never_come_again_are_decided_on_and_once():
    door = Door()
    door.trouble(True)
    door.unkept = True
    said = door.pass_by("inner", "outer")
    assert door.decided() == [("exit_without_leave", "N1")]
    for event in said:
        door.hear(_again(event, door.now))
    door.wait(LONG)
    assert door.out.movements() == [("exit_without_leave", "N1")]


def test_the_alarm_of_a_disk_ends_although_every_message_was_taken_back():
    door = Door()
    door.trouble(True)
    door.unkept = True
    door.pass_by("inner")
    assert door.out.alarms()["ledger.not_readable"].state == "UNACK"
    door.decided()
    assert door.out.alarms()["ledger.not_readable"].state == "RTNUN"


BEAMS = {
    "id": "exit", "name": "Exit", "node": "g1", "reader": "gate",
    "direction": "beams", "inner": "beam-in", "outer": "beam-out",
}  # fmt: skip


@pytest.mark.parametrize("unkept", [False, True])
def test_a_gate_with_beams(unkept):
    door = Door(gate=[BEAMS])
    door.trouble(True)
    door.unkept = unkept
    said = [door.nodes.read(TAG, "door", door.now, -55, n=3, span=200)]
    for n, (name, on) in enumerate(
        [("beam-in", True), ("beam-out", True), ("beam-in", False), ("beam-out", False)]
    ):
        body = {"input": name, "on": on, "value": None}
        said.append(door.nodes.say("g1", "event", "input", body, door.now + 300 + 150 * n))
    for event in said:
        door.hear(event)
    assert door.out.alarms()[BLIND].priority == "critical"
    assert door.decided() == [("exit_without_leave", "N1")]
    for event in said if unkept else ():
        door.hear(_again(event, door.now))
    door.wait(LONG)
    assert door.out.movements() == [("exit_without_leave", "N1")]


def _again(event: Any, now: int) -> Any:
    """The same message, received anew."""
    return msgspec.structs.replace(event, received=now)


WAY = st.sampled_from([("inner", "outer"), ("outer", "inner"), ("inner",)])
STEP = st.one_of(
    st.tuples(st.just("trouble"), st.booleans()),
    st.tuples(st.just("walk"), WAY),
    st.tuples(st.just("wait"), st.sampled_from([2 * SECOND, 20 * SECOND, 45 * SECOND, LONG])),
    st.tuples(st.just("restart"), st.none()),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=14), st.lists(st.integers(0, 5), max_size=8))
def test_whatever_the_order_of_trouble_and_crossing(steps, within):
    """Each way out of a box without leave is an alarm by the end of the walk, and a movement when
    the record can be read: as many of both as there were walks out, and none of what stayed.
    """
    door = Door()
    flips = list(within)
    inside, out, back = True, 0, 0
    for what, value in steps:
        if what == "trouble":
            door.trouble(value)
        elif what == "wait":
            door.wait(value)
        elif what == "restart":
            door.restart()
        elif (value[0] == "inner") != inside:
            continue
        elif value == ("inner",):
            _walk(door, value, flips.pop() if flips else None)
            door.wait(20 * SECOND)
        else:
            sounded = len(door.out.states("exit."))
            _walk(door, value, flips.pop() if flips else None)
            door.wait(20 * SECOND)
            if value == ("inner", "outer"):
                out += 1
                assert any(
                    name in (BLIND, "exit.no_leave:N1") and state in ("UNACK", "LATCH_UNACK")
                    for name, state in door.out.states("exit.")[sounded:]
                )
            else:
                back += 1
            inside = not inside
    moved = door.decided()
    assert moved.count(("exit_without_leave", "N1")) == out
    assert moved.count(("return_pending", "N1")) == back
    assert not door.room.states("exit.not_readable")


def _walk(door: Door, sides: tuple[str, ...], flip: int | None) -> None:
    """Walk, with the disk failing or recovering before one of the reads."""
    for n, side in enumerate(side for side in sides for _ in range(3)):
        if n == flip:
            door.trouble(not door.disk.trouble, forget=False)
        door.now += 200
        door.hear(door.nodes.read(TAG, side, door.now, rssi=-50, n=3))
    door.now += 1_200
    for side in sides:
        door.hear(door.nodes.read(TAG, side, door.now, act="gone", rssi=None))
