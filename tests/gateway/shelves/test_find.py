"""Find it: where an item is and what a person has to do to reach it, in two languages."""

import ast
import json
from pathlib import Path

import pytest
import strongroom_gateway.shelves.command as find_command
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.api.app import read_app
from strongroom_gateway.cli import main
from strongroom_gateway.contract.outbound import WHAT
from strongroom_gateway.i18n import speaker
from strongroom_gateway.room.acts import known_acts
from strongroom_gateway.shelves.bank import KEY, RULE, Shelves
from strongroom_gateway.shelves.find import find, words
from strongroom_gateway.shelves.guide import pushed
from strongroom_gateway.shelves.misplaced import CODE
from support.outcome import Outcome
from support.sensing import T0, Nodes
from support.shelving import LI, WANG, Bank, item_row, lend, registered, shelved, slot_rows

MINUTE = 60_000
SLOT = "a-02a-01-03-07"  # carriage 2, its face to the low end: aisle 1
PEOPLE = {
    "person": [
        {"id": "li", "name": "Li Wen", "badges": [LI], "roles": ["archivist"]},
        {"id": "wang", "name": "Wang Fang", "badges": [WANG], "roles": ["handler_a"]},
    ]
}
EN, ZH = speaker("en"), speaker("zh_CN")


def there(*more, bank=None, **sections):
    rows = registered(
        *slot_rows(SLOT),
        item_row("B1", home=SLOT, tags=["04110097"], number="HX-H-01-0097"),
        item_row("V1", kind="volume", parent="B1"),
        *more,
    )
    return shelved(rows, bank=bank, **(PEOPLE | sections))


def found(room, item="B1", now=T0):
    shelves = room.states(RULE).get(KEY, Shelves())
    return find(item, room.ctx, shelves, room.states(CODE), now)


def said(room, item="B1", say=EN):
    return words(found(room, item), room.ctx, say)


def test_a_box_in_a_shut_aisle_and_what_to_push():
    room = there()
    Outcome(room).feed(Bank().standing(0, 0, 0))
    assert said(room) == [
        "Box B1 is at Bank A, carriage 2, face A, section 1, level 3, position 7 (a-02a-01-03-07)",
        "Look first that nobody is between carriages 3 and 4: that aisle gets narrower",
        "Push carriage 3 by 50 cm towards the end beside carriage 3",
        "Push carriage 2 by 50 cm towards the end beside carriage 3",
    ]
    assert said(room, say=ZH) == [
        "Box B1在Bank A第2列A面第1节第3层第7位(a-02a-01-03-07)",
        "先确认第3列与第4列之间无人:该通道将变窄",
        "将第3列向第3列一端推 50 厘米",
        "将第2列向第3列一端推 50 厘米",
    ]


def test_the_ends_have_the_names_people_call_them():
    room = there(bank={"low_end": "the door", "high_end": "the window"})
    Outcome(room).feed(Bank().standing(500, 800, 1800))
    assert said(room)[1:] == [
        "Look first that nobody is between carriages 0 and 1: that aisle gets narrower",
        "Push carriage 1 by 20 cm towards the door",
    ]


def test_an_aisle_that_is_open_already_and_who_opened_it():
    room = there()
    nodes = Nodes()
    bank = Bank(nodes)
    Outcome(room).feed(bank.standing(0, 0, 1800)).feed(nodes.tap(LI, T0 + MINUTE)).feed(
        bank.roll(2, [900], T0 + MINUTE + 1)
    )
    assert said(room)[1:] == [
        "The aisle between carriages 1 and 2 is open since 2027-01-15 16:01; opened by: Li Wen"
    ]
    assert found(room).reach.opening.by == "li"


def test_where_positions_are_not_known_nothing_is_made_up():
    room = there()
    Outcome(room).feed(Bank().standing(0, 900))
    assert said(room)[1:] == [
        "The aisle between carriages 1 and 2 is open since 2027-01-15 16:00; opened by: unknown"
    ]
    room = there()
    Outcome(room).feed(Bank().at(1, 0, T0))
    assert found(room).reach.guide is None
    assert said(room)[1:] == [
        "Open the aisle between carriages 1 and 2 by what you see: the positions of the carriages"
        " are not known"
    ]


def test_locked_or_moving_is_said_first():
    room = there()
    bank = Bank()
    out = Outcome(room).feed(bank.standing(0, 0, 0))
    out.take(room.act("shelf.lock", "li", {"bank": "a", "reason": "stock-take"}, T0 + 1))
    out.feed(bank.at(3, 200, T0 + MINUTE, "moving"))
    lines = said(room)
    assert lines[1] == "Bank A is locked by Li Wen (stock-take): ask before you push anything"
    assert lines[2] == "A carriage is moving: wait until it stands"


def test_a_box_somebody_has():
    room = there()
    lend(room, "B1", "wang")
    assert said(room) == [
        "Box B1 is with Wang Fang since 2027-01-15 16:00",
        "Its place is Bank A, carriage 2, face A, section 1, level 3, position 7 (a-02a-01-03-07)",
    ]
    assert found(room).reach is None


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("@outside", "Box OUT was carried out on 2027-01-15 16:00; last holder: Wang Fang"),
        (
            "@returning",
            "Box OUT came back in on 2027-01-15 16:00 and was not yet given back at a desk;"
            " last holder: Wang Fang",
        ),
    ],
)
def test_a_box_that_is_out_or_on_its_way_back(place, line):
    room = there(
        item_row("OUT"),
        ("movement.check_out", {"item": "OUT", "holder": "wang", "place": "@holder"}),
        ("movement.exit", {"item": "OUT", "holder": None, "place": place}),
    )
    assert said(room, "OUT") == [line]


def test_a_box_that_was_never_put_anywhere():
    assert said(there(item_row("NEW")), "NEW") == [
        "Box NEW is registered and was not yet put anywhere"
    ]


def test_a_volume_is_where_its_box_is():
    room = there()
    Outcome(room).feed(Bank().standing(0, 0, 1800))
    lines = said(room, "V1")
    assert lines[0] == "Box V1 lies in Box B1"
    assert lines[1].startswith("Box V1 is at Bank A, carriage 2, face A")
    assert [b.id for b in found(room, "V1").inside] == ["B1"]
    lend(room, "B1", "wang")
    assert said(room, "V1")[0] == "Box V1 is with Wang Fang since 2027-01-15 16:00"


def test_other_places_are_named_from_the_largest():
    places = [
        ("place.registered", {"place": {"id": "hall", "name": "Hall", "kind": "room"}}),
        ("place.registered", {"place": {"id": "c-3", "name": "Cabinet 3", "parent": "hall"}}),
    ]
    room = there(*places, item_row("C", home="c-3"), item_row("D", home="somewhere"))
    assert said(room, "C") == ["Box C is at Hall › Cabinet 3"]
    assert said(room, "D") == ["Box D is at somewhere"]


def test_where_it_was_heard_comes_before_where_it_should_be():
    reader = {"id": "pad", "name": "Pad 3B", "node": "h1", "reader": "pad", "covers": ["a-03b"]}
    room = there(shelf_reader=[reader])
    Outcome(room).feed(Nodes().tag("h1/pad", "04110097", T0)).at(T0 + 2 * MINUTE)
    assert said(room)[1] == ("It was heard at Pad 3B, where it does not belong: look there first")


def test_there_is_none_of_this_name():
    assert found(there(), "NO") is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 1800), min_size=3, max_size=3).map(sorted),
    st.sampled_from(["a-00b", "a-01a", "a-01b", "a-02a", "a-02b", "a-03a", "a-03b", "a-04a"]),
)
def test_who_does_what_is_said_stands_before_the_slot(ways, side):
    slot = f"{side}-01-01-01"
    room = shelved(registered(*slot_rows(slot), item_row("B1", home=slot)), **PEOPLE)
    Outcome(room).feed(Bank().standing(*ways))
    reach = found(room).reach
    after = [0, *pushed(ways, reach.guide.pushes), 1800]
    low = int(side[2:4]) - (1 if side[4] == "a" else 0)
    assert reach.aisle == low
    assert after[low + 1] - after[low] >= 500 - 40  # what is open stays open within the tolerance
    assert after == sorted(after)


# -- over HTTP and on the command line -----------------------------------------------------------------


class Source:
    """A room at rest, as the API sees it."""

    def __init__(self, room):
        self._room = room
        self.settings = room.ctx.settings
        self.record = self

    def find(self, text, limit):
        return ["item/B1"][:limit] if text in "Box B1" else []

    def states(self, rule):
        return self._room.states(rule)

    def look(self, at):
        return at(self._room.ctx)

    def now(self):
        return T0


@pytest.fixture
def client():
    room = there()
    Outcome(room).feed(Bank().standing(0, 0, 0))
    return TestClient(read_app(Source(room), ["testserver"]))


def test_the_api_says_it_in_the_language_that_is_asked_for(client):
    answer = client.get("/api/v1/items/B1/find", headers={"accept-language": "zh"}).json()
    assert answer["slot"] == {
        "id": SLOT,
        "bank": "a",
        "carriage": 2,
        "face": "a",
        "section": 1,
        "level": 3,
        "position": 7,
    }
    assert answer["aisle"]["pushes"] == [
        {"carriage": 3, "towards": "high", "mm": 500},
        {"carriage": 2, "towards": "high", "mm": 500},
    ]
    assert (answer["aisle"]["low"], answer["aisle"]["state"]) == (1, "shut")
    assert answer["aisle"]["look_first"] == [3]
    assert answer["words"][0].startswith("Box B1在Bank A第2列")
    assert client.get("/api/v1/items/NO/find").status_code == 404


@pytest.mark.parametrize("asked", ["B1", "HX-H-01-0097", "04110097", "ox B"])
def test_find_on_the_command_line(client, monkeypatch, capsys, asked):
    def ask(arguments, method, path):
        return client.request(method, path, headers={"accept-language": arguments.language}).json()

    monkeypatch.setattr(find_command, "ask", ask)
    assert main(["find", asked, "--socket", "/nowhere", "--language", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "B1  HX-H-01-0097"
    assert lines[-1] == "  Push carriage 2 by 50 cm towards the end beside carriage 3"
    assert main(["find", asked, "--socket", "/nowhere", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["item"] == "B1"
    assert main(["find", "zzz", "--socket", "/nowhere"]) == 1
    assert capsys.readouterr().out == "Nothing is found by zzz\n"


# -- nothing moves a shelf -------------------------------------------------------------------------------


def test_promise_8_the_domain_can_send_nothing_to_any_node():
    """No module of the domain so much as imports a command or the effect that sends one."""
    home = Path(find_command.__file__).parent
    files = sorted(home.glob("*.py"))
    assert len(files) >= 10
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.Name | ast.Attribute):
                names = [node.id if isinstance(node, ast.Name) else node.attr]
            bad = [n for n in names if n == "Send" or n.endswith("Command") or n == "*"]
            assert bad == [], f"{path.name} uses {bad}"


def test_promise_8_there_is_no_word_for_moving_a_shelf():
    """Neither among the commands to nodes nor among the acts of people."""
    fields = {f for struct in WHAT for f in struct.__struct_fields__}
    assert not fields & {"bank", "carriage", "aisle", "mm"}
    assert set(WHAT.values()) == {"relay", "signal", "reboot", "identify", "clock"}
    shelf_acts = {kind for kind in known_acts() if kind.startswith("shelf.")}
    assert shelf_acts == {"shelf.lock", "shelf.unlock", "shelf.propose", "shelf.file"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["at", "roll", "tap", "lock", "unlock", "propose", "away", "tick"]),
            st.integers(1, 3),
            st.integers(-500, 2500),
        ),
        max_size=30,
    )
)
def test_promise_8_whatever_happens_at_the_shelves_no_node_is_told_anything(steps):
    room = there(desk=[], bank={"hours": ["mon-fri 08:30-16:30"], "badge_readers": ["d1/desk"]})
    nodes = Nodes()
    bank = Bank(nodes)
    out, now = Outcome(room), T0
    for what, n, mm in steps:
        now += 7 * MINUTE
        lock = room.states(RULE)[KEY].banks["a"].lock
        if what in ("at", "roll"):
            out.feed(bank.at(n, mm, now, "moving" if what == "roll" else "stopped"))
        elif what == "tap":
            out.feed(nodes.tap(LI, now))
        elif what == "away":
            out.take(room.status(nodes.status("h1", mm > 0, now), now))
        elif what == "propose":
            out.take(room.act("shelf.propose", "li", {"item": "B1"}, now))
        elif what != "tick" and (lock is None or lock.until is not None) == (what == "lock"):
            out.take(room.act(f"shelf.{what}", "li", {"bank": "a", "reason": "x"}, now))
        out.at(now)
    assert out.commands() == []
