"""The watched bank, whatever happens: a restart changes nothing, and what is shown follows from what was heard."""

from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.assembly import open_room
from strongroom_gateway.shelves.aisles import Geometry, layout
from strongroom_gateway.shelves.tables import tables
from strongroom_gateway.shelves.view import bank_view
from support.outcome import Outcome
from support.sensing import T0, Nodes
from support.shelving import HOUR, LI, LIBRARIANS, WANG, Bank, shelved

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["roll", "stop", "tap", "fault", "ok", "away", "back", "wait", "lock", "free"]
        ),
        st.integers(1, 3),
        st.integers(-100, 1900),
        st.sampled_from([200, 700, 20_000, 400_000, 5 * HOUR]),
    ),
    max_size=30,
)
WATCHED = {"hours": ["mon-fri 08:30-17:30"]}


class Life:
    """Lets the same things happen to a room, whenever it is restarted."""

    def __init__(self, there):
        self.out = Outcome(there)
        self.nodes = Nodes()
        self.bank = Bank(self.nodes)
        self.locked = False

    def live(self, step, now):
        what, n, mm, _ = step
        room, node = self.out.room, ("h1", "h1", "h2")[n - 1]
        if what in ("roll", "stop"):
            self.out.feed(self.bank.at(n, mm, now, "moving" if what == "roll" else "stopped"))
        elif what == "tap":
            self.out.feed(self.nodes.tap((LI, WANG)[n % 2], now))
        elif what in ("fault", "ok"):
            number = Bank.WIRES[n - 1][2]
            more = {"why": f"carriage {number}: range"} if what == "fault" else {}
            device = "bank-b" if node == "h2" else "bank-a"
            self.out.feed(self.nodes.node_event(node, f"driver.{what}", now, device=device, **more))
        elif what in ("away", "back"):
            self.out.take(room.status(self.nodes.status(node, what == "back", now), now))
        elif what in ("lock", "free") and (what == "lock") is not self.locked:
            act = "shelf.unlock" if self.locked else "shelf.lock"
            self.out.take(room.act(act, "li", {"bank": "a", "reason": "x"}, now))
            self.locked = not self.locked
        self.out.at(now)

    def kept(self):
        return {k: v for k, v in self.out.room.rows().items() if k.startswith("rule/shelf")}

    def alarms(self):
        found = self.out.alarms().items()
        return {k: (a.state, a.since, a.count) for k, a in found if k.startswith("shelf")}


@settings(max_examples=80, deadline=None)
@given(STEPS, st.integers(0, 30))
def test_a_restart_at_any_moment_changes_nothing(steps, when):
    whole, parts = (
        Life(shelved(bank=WATCHED, **LIBRARIANS)),
        Life(shelved(bank=WATCHED, **LIBRARIANS)),
    )
    now = T0
    for n, step in enumerate(steps):
        now += step[3]
        whole.live(step, now)
        parts.live(step, now)
        if n == when:
            rows = {**parts.out.room.rows(), **parts.out.room.ctx.rows.held()}
            again = open_room(parts.out.room.ctx.settings, rows)
            parts.out = Outcome(again)
            parts.out.take(again.start(now))
    assert parts.kept() == whole.kept()
    assert parts.alarms() == whole.alarms()


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_what_is_shown_follows_from_the_last_reports(steps):
    """Against a plain model of what was last heard of each carriage."""
    life = Life(shelved(bank=WATCHED, **LIBRARIANS))
    now, heard, broken, away = T0, {}, set(), set()
    for step in steps:
        now += step[3]
        life.live(step, now)
        what, n, mm, _ = step
        device = {1, 2} if n < 3 else {3}
        if what in ("roll", "stop"):
            heard[n] = mm
            broken.discard(n)
            away.discard(n)
        elif what == "fault":
            broken.add(n)
        elif what == "ok":
            broken -= device
        elif what == "away":
            away |= device
        elif what == "back":
            away -= device
    state = life.out.room.states("shelf.bank")["room"].banks["a"]
    believed = [heard.get(n) if n not in broken | away else None for n in (1, 2, 3)]
    bank = Geometry(1800, (0, 0, 0), 500, 60, 40)
    wanted = layout(bank, believed, {o.aisle for o in state.open})
    shown = bank_view(tables(life.out.room.ctx).banks["a"], state, now, life.out.room.ctx)
    assert [(a["state"], a["mm"]) for a in shown["aisles"]] == [
        (a.state, a.mm) for a in wanted.aisles
    ]
    for a in shown["aisles"]:
        if a["state"] == "open":
            assert a["since"] <= now
        elif a["state"] != "unknown":
            assert "since" not in a
    standing = {f"a.{o.aisle}" for o in state.open if o.late}
    alarms = life.out.alarms().values()
    active = {a.subject for a in alarms if a.code.endswith("too_long") and a.state == "UNACK"}
    assert active == standing
