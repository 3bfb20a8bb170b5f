"""A decision is carried out wholly or not at all; what has to sound sounds either way."""

import pytest
from strongroom_gateway.assembly import open_book
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.errors import RefusedActError, RowsUnreadableError
from strongroom_gateway.i18n import speaker
from strongroom_gateway.ingest.taking import writable
from strongroom_gateway.room import projections
from strongroom_gateway.room.context import Context
from strongroom_gateway.room.core import Room
from strongroom_gateway.room.effects import Clear, Raise, Record, Show, Start, Tick
from strongroom_gateway.room.registry import Rule, RuleState
from strongroom_gateway.room.rows import Rows
from support.lending import Office
from support.outcome import Outcome
from support.sensing import PLAIN, T0, Nodes, room
from support.troubled_rows import TroubledRows

MINUTE = 60_000
LOUD = "badge.unknown"


class State(RuleState, frozen=True):
    n: int = 0


class Bench:
    """A room with one rule that a test writes, and the rule that says rows cannot be read."""

    def __init__(self, apply, keys=lambda _: (), **sections):
        self.disk = TroubledRows()
        made = settings(typed(PLAIN | sections, Config))
        self.ctx = Context(made, speaker("en"), Rows(self.disk))
        key = lambda _, event: event.node  # noqa: E731  # what a rule is registered with
        self.rule = Rule("test.rule", apply, State, ("event/contact",), key, keys)
        kept = [r for r in _rules() if r.name == "ledger.not_readable"]
        self.room = Room(self.ctx, [self.rule, *kept], open_book(made), None, writable)
        self.out = Outcome(self.room)
        self.nodes = Nodes()
        self.at = T0

    def feed(self):
        self.at += 1_000
        self.out.feed(self.nodes.door(True, self.at))
        return self.out.decisions[-1]


def _rules():
    from strongroom_gateway.room.registry import discover

    return discover()


def moved(item, place="@holder", holder="li"):
    return Record("movement.check_out", {"item": item, "holder": holder, "place": place})


WRONG = Record("movement.check_out", {"item": "HX-H-02"})
"""Its projection fails: nobody says who holds it."""


def everything(bench):
    return bench.room.rows(), bench.room.standing(), bench.ctx.where("HX-H-01")


@pytest.mark.parametrize(
    "bad",
    [
        WRONG,
        Record("custody.odd", {"t": float("nan")}),
        Record("No Kind", {}),
        Raise("no.such_alarm", "x", {}),
        Show("thing", {"x": object()}),
    ],
    ids=["projection", "body", "kind", "alarm", "view"],
)
def test_a_rule_whose_effects_fail_half_way_has_decided_nothing(bad):
    effects = [moved("HX-H-01"), Clear("sensor.lost", "x", {}), Show("doors", {"n": 1}), bad]
    bench = Bench(lambda state, event, now, ctx: (State(n=1), effects))
    bench.room.start(T0)
    before = everything(bench)
    decision = bench.feed()
    assert everything(bench) == before
    assert [e.kind for e in decision.entries] == ["gateway.rule_failed"] * (
        2 if isinstance(bad, Raise) else 1
    )
    assert (decision.states, decision.views, decision.commands) == ([], [], [])
    lost = [one["kind"] for one in decision.entries[0].body["not_kept"]]
    assert lost == [e.kind for e in effects if isinstance(e, Record)]
    assert "li" in decision.entries[0].body["not_kept"][0]["body"]


def test_what_it_wanted_to_raise_sounds_all_the_same():
    effects = [Raise(LOUD, "a", {"n": 1}, {"desk": "D", "tag": "t"}), moved("HX-H-01"), WRONG]
    effects.append(Raise(LOUD, "b", {"n": 2}, {"desk": "D", "tag": "t"}))
    bench = Bench(lambda state, event, now, ctx: (State(n=1), effects))
    bench.room.start(T0)
    decision = bench.feed()
    assert [c.id for c in decision.alarms] == [f"{LOUD}:a", f"{LOUD}:b"]
    assert sorted(bench.out.alarms()) == [f"{LOUD}:a", f"{LOUD}:b"]
    assert bench.ctx.where("HX-H-01").holder is None
    kept = {key for key, _ in decision.states}
    assert kept == {f"alarm/{LOUD}:a", f"alarm/{LOUD}:b"}


def test_an_alarm_that_cannot_be_written_sounds():
    effects = [Raise(LOUD, "a", {"n": float("inf")}, {"desk": "D", "tag": "t"})]
    bench = Bench(lambda state, event, now, ctx: (None, effects))
    bench.room.start(T0)
    decision = bench.feed()
    assert [c.id for c in decision.alarms] == [f"{LOUD}:a"]
    assert {e.kind for e in decision.entries} == {"gateway.rule_failed"}


def test_a_rule_that_fails_at_its_time_is_asked_again():
    asked = []

    def apply(state, event, now, ctx):
        if isinstance(event, Tick):
            asked.append(now)
            if len(asked) < 3:
                raise RowsUnreadableError("disk I/O error")
            return None, []
        return State(due=now + MINUTE), []

    bench = Bench(apply)
    bench.room.start(T0)
    bench.feed()
    for _ in range(6):
        bench.at += MINUTE
        bench.out.at(bench.at)
    first = T0 + 1_000 + MINUTE
    assert asked == [first, first + MINUTE, first + 2 * MINUTE]


def test_a_rule_that_fails_at_the_start_is_told_of_it_again():
    told = []

    def apply(state, event, now, ctx):
        assert isinstance(event, Start)
        told.append(event.key)
        if len(told) < 3:
            raise KeyError("x")
        return State(n=1), []

    bench = Bench(apply, keys=lambda _: ["one/two"])
    bench.room.start(T0)
    for n in range(1, 5):
        bench.out.at(T0 + n * MINUTE)
    assert told == ["one/two"] * 3
    assert bench.room.states("test.rule") == {"one/two": State(n=1)}


def test_rows_that_cannot_be_read_are_an_alarm_until_they_can():
    def apply(state, event, now, ctx):
        ctx.item_by_tag("e2000001")
        return state, []

    bench = Bench(apply)
    bench.room.start(T0)
    bench.room.ctx.rows.settled()
    assert bench.out.alarms() == {}
    bench.disk.trouble = True
    bench.ctx.rows._known.clear()
    bench.feed()
    assert list(bench.out.alarms()) == ["ledger.not_readable"]
    bench.out.at(bench.at + 11_000)
    assert bench.out.alarms()["ledger.not_readable"].state == "UNACK"
    bench.disk.trouble = False
    bench.out.at(bench.at + 22_000)
    assert bench.out.alarms()["ledger.not_readable"].state == "RTNUN"


def test_without_a_readable_disk_the_configuration_is_taken_over_later():
    bench = Bench(lambda state, event, now, ctx: (None, []))
    bench.disk.trouble = True
    bench.out.take(bench.room.start(T0))
    assert bench.out.entries("item.registered") == []
    assert bench.ctx.item("HX-H-01").home == "A-1", "it says so meanwhile"
    bench.disk.trouble = False
    bench.out.at(T0 + MINUTE)
    assert len(bench.out.entries("item.registered")) == 2


def test_an_act_whose_entries_fail_half_way_changes_nothing(monkeypatch):
    office = Office()
    slip = office.slip("han", "B1", "B2")
    before = office.room.rows(), office.room.standing()

    def fails(kind, body, at, rows):
        yield from ()
        raise KeyError(kind)

    monkeypatch.setitem(projections._projections, "return.inspected", fails)
    office.visit("han", "B1")
    office.visit("han", "B1")
    before = office.room.rows(), office.room.standing()
    with pytest.raises(KeyError):
        office.act("return.inspect", "arch", item="B1", pages=86, condition="good")
    assert (office.room.rows(), office.room.standing()) == before
    monkeypatch.undo()
    office.act("return.inspect", "arch", item="B1", pages=86, condition="good")
    assert office.where("B1") == (None, "A-1")
    assert slip


def test_an_act_that_is_refused_late_changes_nothing():
    office = Office()
    before = office.room.rows()
    with pytest.raises(RefusedActError):
        office.act("slip.approve", "gao", slip="S2027-99999")
    assert office.room.rows() == before


def test_an_alarm_at_the_gate_sounds_though_the_movement_cannot_be_kept(monkeypatch):
    def fails(kind, body, at, rows):
        raise RowsUnreadableError("disk I/O error")

    monkeypatch.setitem(projections._projections, "movement.exit_without_leave", fails)
    nodes, there = Nodes(), room()
    out = Outcome(there)
    sides = [
        ("inner", 0),
        ("inner", 100),
        ("inner", 200),
        ("outer", 300),
        ("outer", 400),
        ("outer", 500),
    ]
    out.feed([nodes.read("e2000001", side, T0 + at, rssi=-50) for side, at in sides])
    assert out.alarms()["exit.no_leave:HX-H-01"].state == "LATCH_UNACK"
    ((_, body), *_) = out.entries("gateway.rule_failed")
    assert body["not_kept"][0]["kind"] == "movement.exit_without_leave"
    assert "gate" in body["not_kept"][0]["body"]
    assert there.ctx.where("HX-H-01").place == "A-1"
