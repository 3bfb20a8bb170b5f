"""The alarm machine against the diagram of ISA-18.2, written down here a second time as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.alarms import isa182
from strongroom_gateway.alarms.isa182 import NORMAL, RefusedError, Standing, State


def raised(standing: Standing, severity: int = 0) -> Standing:
    return isa182.activate(standing, severity)


def latching(standing: Standing) -> Standing:
    return isa182.activate(standing, latching=True)


def shelved(standing: Standing) -> Standing:
    return isa182.shelve(standing, 1_000)


def by_hand(standing: Standing) -> Standing:
    return isa182.unshelve(standing, by_hand=True)


def by_time(standing: Standing) -> Standing:
    return isa182.unshelve(standing, by_hand=False)


def worse(standing: Standing) -> Standing:
    return isa182.activate(standing, standing.severity + 1)


ack, gone, reset = isa182.acknowledge, isa182.clear, isa182.reset
hide, show = isa182.suppress, isa182.unsuppress
out, back = isa182.take_out, isa182.put_back

PATHS = [
    ("A to B: the condition comes", [raised], "UNACK"),
    ("B to C: somebody acknowledges", [raised, ack], "ACKED"),
    ("B to D: it goes before anybody saw it", [raised, gone], "RTNUN"),
    ("C to A: it goes after somebody saw it", [raised, ack, gone], "NORM"),
    ("D to A: somebody acknowledges what is over", [raised, gone, ack], "NORM"),
    ("D to B: it comes again", [raised, gone, raised], "UNACK"),
    ("C stays C when the same is reported again", [raised, ack, raised], "ACKED"),
    ("C to B only when it gets worse", [raised, ack, worse], "UNACK"),
    ("worse once is not worse twice", [raised, worse, ack, lambda s: raised(s, 1)], "ACKED"),
    ("B to E", [raised, shelved], "SHLVD"),
    ("C to E", [raised, ack, shelved], "SHLVD"),
    ("D to E", [raised, gone, shelved], "SHLVD"),
    ("A to E: shelved before it comes", [shelved], "SHLVD"),
    ("E hides what comes", [shelved, raised], "SHLVD"),
    ("E hides what gets worse", [raised, shelved, worse], "SHLVD"),
    ("E to A: nothing there any more", [raised, shelved, gone, by_time], "NORM"),
    ("E to B: the time ran out and it is there", [raised, ack, shelved, by_time], "UNACK"),
    ("E to C: a person took it off, so a person saw it", [raised, shelved, by_hand], "ACKED"),
    ("F hides by design", [raised, hide], "DSUPR"),
    ("F to B", [raised, ack, hide, show], "UNACK"),
    ("F to A", [raised, hide, gone, show], "NORM"),
    ("G hides for maintenance", [raised, out], "OOSRV"),
    ("G to B", [raised, ack, out, back], "UNACK"),
    ("G to A", [raised, out, gone, back], "NORM"),
    ("G before E: in repair while shelved", [raised, shelved, out], "OOSRV"),
    ("E under G comes out again", [raised, shelved, out, back], "SHLVD"),
    ("F under E comes out again", [raised, shelved, hide, by_time], "DSUPR"),
    ("latched: gone, unseen", [latching, gone], "LATCH_UNACK"),
    ("latched: gone, seen", [latching, gone, ack], "LATCH_ACK"),
    ("latched: seen, then gone", [latching, ack, gone], "LATCH_ACK"),
    ("latched: ended by a person", [latching, gone, ack, reset], "NORM"),
    ("latched: comes again", [latching, gone, ack, latching], "UNACK"),
    ("latched: a shelf does not end it", [latching, gone, shelved, by_time], "LATCH_UNACK"),
    ("latched: taken off the shelf by hand", [latching, gone, shelved, by_hand], "LATCH_ACK"),
]


@pytest.mark.parametrize(("path", "state"), [p[1:] for p in PATHS], ids=[p[0] for p in PATHS])
def test_path(path, state):
    standing = NORMAL
    for act in path:
        standing = act(standing)
    assert standing.state == state


REFUSALS = [
    ("nothing to acknowledge", [], ack),
    ("acknowledged already", [raised, ack], ack),
    ("shelved alarms are not acknowledged unseen", [raised, shelved], ack),
    ("not latched", [raised, ack], reset),
    ("latched, but the cause is there", [latching, ack], reset),
    ("latched, but nobody saw it", [latching, gone], reset),
    ("not shelved", [raised], by_hand),
    ("in service", [raised], back),
    ("out of service", [out], shelved),
]


@pytest.mark.parametrize(("path", "act"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_refused(path, act):
    standing = NORMAL
    for step in path:
        standing = step(standing)
    with pytest.raises(RefusedError) as refusal:
        act(standing)
    assert refusal.value.state is standing.state


# The plain diagram, without shelves, as a table: (state, act) -> state.
DIAGRAM = {
    ("NORM", "raise"): "UNACK",
    ("NORM", "clear"): "NORM",
    ("UNACK", "raise"): "UNACK",
    ("UNACK", "clear"): "RTNUN",
    ("UNACK", "ack"): "ACKED",
    ("ACKED", "raise"): "ACKED",
    ("ACKED", "clear"): "NORM",
    ("RTNUN", "raise"): "UNACK",
    ("RTNUN", "clear"): "RTNUN",
    ("RTNUN", "ack"): "NORM",
}
ACTS = {"raise": raised, "clear": gone, "ack": ack}


@given(st.lists(st.sampled_from(sorted(ACTS))))
def test_any_way_through_the_diagram(names):
    standing, state = NORMAL, "NORM"
    for name in names:
        if (state, name) in DIAGRAM:
            standing, state = ACTS[name](standing), DIAGRAM[state, name]
        else:
            with pytest.raises(RefusedError):
                ACTS[name](standing)
        assert standing.state == state


EVERY = {
    "raise": raised,
    "worse": worse,
    "latch": latching,
    "clear": gone,
    "ack": ack,
    "reset": reset,
    "shelve": shelved,
    "by_hand": by_hand,
    "by_time": by_time,
    "hide": hide,
    "show": show,
    "out": out,
    "back": back,
}


@given(st.lists(st.sampled_from(sorted(EVERY)), max_size=60))
def test_what_always_holds(names):
    """Followed beside plain flags: is the condition there, is it latched."""
    standing = NORMAL
    there = held = False
    for name in names:
        before = standing
        try:
            standing = EVERY[name](standing)
        except RefusedError:
            continue
        there = {"raise": True, "worse": True, "latch": True, "clear": False}.get(name, there)
        held = {"latch": True, "reset": False}.get(name, held)
        assert (standing.active, standing.latched) == (there, held)
        if standing.state is State.NORM:
            assert not there, "an alarm whose condition is there cannot be normal"
            assert not held, "a latched alarm becomes normal by a reset alone"
        if before.state in isa182.HIDDEN and standing.state is State.ACKED:
            assert name == "by_hand", "nothing comes out of hiding as if somebody had seen it"
        if before.state is State.UNACK and standing.state is State.ACKED:
            assert name == "ack"
