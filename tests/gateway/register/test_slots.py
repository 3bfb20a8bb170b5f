"""The slots of banks and cabinets from a layout: in order, again and again, never over others."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.register.layout import Axis, Layout, count, slots
from strongroom_gateway.register.layout_file import layouts
from strongroom_gateway.rounds.stocktake_report import places_below
from strongroom_gateway.shelves.address import address
from support.sensing import T0, room

BANK = {
    "parent": "bank-a",
    "slots": "a-{carriage:02}{face}-{section:02}-{level:02}-{position:02}",
    "axes": [
        {"name": "carriage", "of": "1-2"},
        {"name": "face", "of": "a,b"},
        {"name": "section", "of": "1-3"},
        {"name": "level", "of": "1-6"},
        {"name": "position", "of": "1-9"},
    ],
}
CABINET = {"parent": "hall", "slots": "c3-{level:02}", "axes": [{"name": "level", "of": "1-12"}]}
PEOPLE = [
    {"id": "li", "name": "Li Wen", "roles": ["archivist"], "badges": ["04aabbccdd0001"]},
    {"id": "wang", "name": "Wang Fang", "roles": ["handler_a"]},
]
PLACES = [
    {"id": "hall", "name": "Hall", "kind": "room"},
    {"id": "bank-a", "name": "Bank A", "parent": "hall"},
]
FILE = """
[[slots]]
parent = "bank-a"
ids = "a-{carriage:02}{face}-{section:02}-{level:02}-{position:02}"
axes = { carriage = "1-2", face = "a,b", section = "1-3", level = "1-6", position = "1-9" }
"""


@pytest.fixture
def there():
    bank = {"id": "a", "name": "A", "carriages": ["h1/b/1", "h1/b/2"], "travel_mm": 900}
    made = room(person=PEOPLE, place=PLACES, item=[], shelf_bank=[bank])
    made.start(T0)
    return made


def ask(there, layout, first=1, by="li"):
    decision = there.act("place.lay_out", by, {"layout": layout, "first": first}, T0)
    return decision.entries[-1].body


def all_of(there, layout):
    first, new = 1, 0
    while True:
        done = ask(there, layout, first)
        new += done["registered"]
        first += done["looked"]
        if first > done["total"]:
            return new


def refusal(there, layout, first=1):
    before = there.rows()
    with pytest.raises(RefusedActError) as refused:
        ask(there, layout, first)
    assert there.rows() == before
    return refused.value.key


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 30), st.integers(1, 7))
def test_slots_are_those_of_loops_within_loops(carriages, sections, levels, part):
    axes = {"c": f"1-{carriages}", "f": "a,b", "s": f"1-{sections}", "l": f"1-{levels}"}
    counted = [Axis(name, of) for name, of in axes.items()]
    layout = Layout("a", "a-{c:02}{f}-{s}-{l:03}", counted, name="{s}!{c}")
    wanted = []
    for c in range(1, carriages + 1):
        for f in "ab":
            for s in range(1, sections + 1):
                for lv in range(1, levels + 1):
                    wanted.append((f"a-{c:02d}{f}-{s}-{lv:03d}", f"{s}!{c}"))
    assert count(layout) == len(wanted)
    assert [(slot.id, slot.name) for slot in slots(layout)] == wanted
    parts = [s.id for at in range(1, len(wanted) + 1, part) for s in slots(layout, at, part)]
    assert parts == [name for name, _ in wanted]


def test_a_bank_is_laid_out_in_the_order_of_its_shelf_once(there):
    assert all_of(there, BANK) == 2 * 2 * 3 * 6 * 9
    below = places_below("bank-a", there.ctx)[1:]
    addresses = [address(name) for name in below]
    assert all(a < b for a, b in pairwise(addresses))
    assert len(below) == 648
    before = there.rows()
    assert all_of(there, BANK) == 0, "again changes nothing"
    assert there.rows() == before


def test_a_layout_that_grows_adds_what_is_new(there):
    all_of(there, CABINET)
    grown = CABINET | {"axes": [{"name": "level", "of": "1-14"}]}
    assert all_of(there, grown) == 2
    assert places_below("hall", there.ctx)[-2:] == ["c3-13", "c3-14"]


def test_what_is_in_the_way_refuses_the_whole_layout(there):
    row = {"id": "c3-12", "name": "Key board", "kind": "cabinet", "parent": "hall"}
    there.act("place.register", "li", {"row": row}, T0)
    assert refusal(there, CABINET) == "act.layout_clash"
    assert there.ctx.place("c3-01") is None
    all_of(there, CABINET | {"axes": [{"name": "level", "of": "1-11"}]})
    assert refusal(there, CABINET | {"axes": [{"name": "level", "of": "1-11"}], "capacity": 2}) == (
        "act.layout_clash"
    )


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"parent": "moon"}, "act.unknown_place"),
        ({"slots": "c3-{level}"}, "act.layout_order"),
        ({"slots": "c3"}, "act.layout_unused"),
        ({"slots": "c3-{row}-{level:02}"}, "act.layout_pattern"),
        ({"slots": "{level.__class__}-{level:02}"}, "act.layout_pattern"),
        ({"slots": "{level:99999999}"}, "act.layout_pattern"),
        ({"slots": "c 3-{level:02}"}, "act.bad_id"),
        ({"slots": "@{level:02}"}, "act.bad_id"),
        ({"name": "{level}\n"}, "act.bad_label"),
        ({"axes": [{"name": "level", "of": "12-1"}]}, "act.layout_axis"),
        ({"axes": [{"name": "level", "of": "a,,b"}]}, "act.layout_axis"),
        ({"axes": [{"name": "level", "of": "a,a"}]}, "act.layout_axis"),
        ({"axes": [{"name": "level", "of": "b,a"}]}, "act.layout_order"),
        ({"axes": CABINET["axes"] * 2}, "act.layout_axis_twice"),
        (
            {
                "slots": "c3-{x}{y}",
                "axes": [{"name": "x", "of": "1-11"}, {"name": "y", "of": "1-11"}],
            },
            "act.layout_same",
        ),
        (
            {
                "slots": "c3-{x:04}-{y:04}",
                "axes": [{"name": "x", "of": "0-9999"}, {"name": "y", "of": "0-9999"}],
            },
            "act.layout_large",
        ),
        ({"slots": "a-03b-01-01-{level:02}"}, "act.layout_carriage"),
        ({"slots": "a-07a-01-01-{level:02}"}, "act.layout_carriage"),
        ({"custodian": "nobody"}, "act.unknown_person"),
        ({"capacity": 0}, "act.bad_body"),
    ],
)
def test_what_makes_no_shelf_is_refused(there, changes, key):
    assert refusal(there, CABINET | changes) == key


def test_the_fixed_shelves_at_the_ends_have_one_face(there):
    all_of(there, CABINET | {"slots": "a-00b-01-01-{level:02}"})
    all_of(there, CABINET | {"slots": "a-03a-01-01-{level:02}"})


def test_only_those_who_keep_the_register(there):
    with pytest.raises(RefusedActError) as refused:
        ask(there, CABINET, by="wang")
    assert refused.value.key == "act.not_allowed"


def test_a_file_says_the_same(there):
    (layout,) = layouts(FILE.encode())
    assert [slot.id for slot in slots(layout)][:2] == ["a-01a-01-01-01", "a-01a-01-01-02"]
    assert count(layout) == 648


@pytest.mark.parametrize(
    "raw", [b"\xff", b"[[slots]", b"", FILE.encode() + b'colour = "red"', b"slots = 3"]
)
def test_a_file_that_is_none_is_refused_in_words(raw, tmp_path, capsys):
    path = tmp_path / "layouts.toml"
    path.write_bytes(raw)
    assert main(["register", "slots", str(path), "--dry-run", "--socket", "none"]) == 2
    assert capsys.readouterr().err.startswith("strongroom: ")


def test_the_command_prints_what_there_would_be(tmp_path, capsys):
    path = tmp_path / "layouts.toml"
    path.write_text(FILE)
    assert main(["register", "slots", str(path), "--dry-run", "--socket", "none"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[-1]) == (648, "a-02b-03-06-09  a-02b-03-06-09")


def test_what_comes_in_the_way_meanwhile_is_not_overwritten(there):
    ask(there, BANK)
    row = {"id": "a-02b-03-06-09", "name": "Spare", "parent": "hall"}
    there.act("place.register", "li", {"row": row}, T0)
    assert refusal(there, BANK, 601) == "act.layout_clash"
    assert there.ctx.place("a-02b-03-06-09").name == "Spare"
