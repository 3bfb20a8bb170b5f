"""The core is a function: the same inputs give the same decisions, from whatever point it goes on."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.ingest.port import NOTHING, Decision
from strongroom_gateway.room.core import Room
from strongroom_gateway.room.projections import kinds
from support.sensing import T0, Nodes, room

TAGS = ["e2000001", "e2000002", "04110001", "04aabbccdd0001", "04aabbccdd0002", "04ffffffff0009"]

step = st.one_of(
    st.tuples(
        st.just("climate"),
        st.sampled_from(["c1/t1", "c1/t2", "c2/t1", "c9/t9"]),
        st.sampled_from([12.0, 13.9, 20.0, 24.2, 27.0]),
        st.sampled_from([44.0, 50.0, 59.0, 61.0, 66.0]),
    ),
    st.tuples(st.just("tap"), st.sampled_from(TAGS), st.sampled_from(["seen", "gone"])),
    st.tuples(
        st.just("read"),
        st.sampled_from(TAGS),
        st.sampled_from(["inner", "outer"]),
        st.sampled_from([-80, -60, -45]),
        st.sampled_from(["seen", "more", "gone"]),
    ),
    st.tuples(st.just("door"), st.booleans()),
    st.tuples(st.just("status"), st.sampled_from(["c1", "g1"]), st.booleans()),
    st.tuples(st.just("info"), st.sampled_from(["c1"]), st.sampled_from(["1.0", "1.1"])),
    st.tuples(st.just("lost"), st.sampled_from(["sensor.lost", "sensor.back"])),
    st.tuples(st.just("fault"), st.booleans()),
    st.tuples(st.just("tick")),
)
story = st.lists(
    st.tuples(step, st.sampled_from([0, 40, 900, 7_000, 61_000, 400_000])), max_size=60
)


def play(steps: list[Any]) -> list[tuple[str, Any, int]]:
    """Turn a story into inputs with times; the same story gives the same inputs."""
    nodes, now, inputs = Nodes(), T0, []
    for (what, *words), later in steps:
        now += later
        if what == "climate":
            inputs.append(("decide", nodes.climate(*words, at=now), now))
        elif what == "tap":
            inputs.append(("decide", nodes.tap(words[0], now, words[1]), now))
        elif what == "read":
            tag, ant, rssi, act = words
            inputs.append(("decide", nodes.read(tag, ant, now, rssi, act=act), now))
        elif what == "door":
            inputs.append(("decide", nodes.door(words[0], now), now))
        elif what == "status":
            inputs.append(("status", nodes.status(*words, at=now), now))
        elif what == "info":
            inputs.append(("info", nodes.info(words[0], now, words[1]), now))
        elif what == "lost":
            inputs.append(("decide", nodes.node_event("c1", words[0], now, device="t1"), now))
        elif what == "fault":
            inputs.append(("fault", words[0], now))
        else:
            inputs.append(("tick", None, now))
    return inputs


def answer(there: Room, how: str, what: Any, now: int) -> Decision:
    if how == "fault":
        return there.fault("ledger.not_recording", what, now, why={"reason": "disk full"})
    if how == "tick":
        return there.tick(now)
    return getattr(there, how)(what, now)


def seen(decision: Decision) -> bytes:
    return msgspec.json.encode(decision, order="sorted")


@given(story)
@settings(deadline=None)  # the first room of a process imports every rule
def test_the_same_story_gives_the_same_decisions(steps):
    first, second = room(), room()
    for how, what, now in play(steps):
        assert seen(answer(first, how, what, now)) == seen(answer(second, how, what, now))
    assert first.rows() == second.rows()


@given(story, st.data())
@settings(max_examples=150, deadline=None)
def test_restoring_the_committed_rows_anywhere_changes_nothing(steps, data):
    """What the ledger holds of the room is all there is: the rows of each decision, applied."""
    inputs = play(steps)
    cut = data.draw(st.integers(0, len(inputs)), label="restored before step")
    lasting, ledger = room(), {}
    restored = None
    for n, (how, what, now) in enumerate(inputs):
        if n == cut:
            restored = room(dict(ledger))
            assert restored.rows() == lasting.rows()
        said = answer(lasting, how, what, now)
        for key, value in said.states:
            if value is None:
                ledger.pop(key, None)
            else:
                ledger[key] = value
        assert ledger == lasting.rows(), "a change was not written, or written wrongly"
        if restored is not None:
            assert seen(answer(restored, how, what, now)) == seen(said)


@given(story)
@settings(deadline=None)  # the first room of a process imports every rule
def test_every_alarm_and_entry_explains_itself(steps):
    there = room()
    for how, what, now in play(steps):
        said = answer(there, how, what, now)
        for change in said.alarms:
            if change.alarm is not None:
                assert change.alarm.why["rule"]
                assert change.alarm.text not in ("", f"alarm.{change.alarm.code}")
        for entry in said.entries:
            msgspec.json.encode(entry.body)
            assert entry.kind.startswith("alarm.") or entry.body["why"]["rule"]
            assert entry.kind in kinds() or not entry.kind.startswith("movement.")


def test_a_reading_inside_the_band_decides_nothing_and_writes_nothing():
    there, nodes = room(), Nodes()
    there.decide(nodes.climate("c1/t1", 20.0, 50.0, T0), T0)
    rows = there.rows()
    for n in range(1, 50):
        later = T0 + n * 100
        assert there.decide(nodes.climate("c1/t1", 20.0, 50.0, later), later) is NOTHING
    assert there.rows() == rows
    assert Decision() == NOTHING, "the shared empty decision was changed"


def test_a_tick_with_nothing_due_costs_nothing():
    there = room()
    assert there.tick(T0) is NOTHING


def test_a_mistake_in_one_rule_keeps_no_other_rules_alarm_waiting(monkeypatch):
    there, nodes = room(), Nodes()
    there.decide(nodes.climate("c1/t1", 20.0, 50.0, T0), T0)

    def broken(*_):
        raise ZeroDivisionError("oops")

    for bound in there._states.bound.values():
        if bound.rule.name not in ("node.silent", "exit.no_leave"):
            monkeypatch.setattr(bound, "apply", broken)
    said = there.decide(nodes.climate("c1/t1", 99.0, 50.0, T0 + 1), T0 + 1)
    failed = [e.body["why"]["rule"] for e in said.entries if e.kind == "gateway.rule_failed"]
    assert "climate.view" in failed
    late = there.tick(T0 + 500_000)
    assert [c.id for c in late.alarms] == ["node.silent:c1"]
    for n, side in enumerate(["inner", "inner", "outer", "outer"]):
        at = T0 + 600_000 + n * 200
        there.decide(nodes.read("e2000001", side, at, -45), at)
    there.tick(T0 + 605_000)
    assert "exit.no_leave:HX-H-01" in {c.id for c in there.standing().alarms}
    for _ in range(500):
        there.decide(nodes.climate("c1/t1", 20.0, 50.0, T0 + 2), T0 + 605_001)
    assert there.ctx.counters["room.rule_failed"] > 1_000
