"""Who may register what; what is refused; and that the register is found again."""

import json

import pytest
from strongroom_gateway.errors import RefusedActError, UnknownActError
from support.outcome import Outcome
from support.sensing import T0, Nodes, room

PEOPLE = [
    {"id": "li", "name": "Li Wen", "roles": ["archivist"], "badges": ["04aabbccdd0001"]},
    {"id": "wang", "name": "Wang Fang", "roles": ["handler_a"]},
    {"id": "gone", "name": "Gone", "roles": ["archivist"], "active": False},
    {"id": "boss", "name": "Boss", "roles": ["general_manager"]},
]
PLACES = [{"id": "A-1", "name": "Shelf A-1", "custodian": "li", "parent": "hall"}]
SHA = "0" * 64


@pytest.fixture
def there():
    made = room(person=PEOPLE, place=PLACES, item=[])
    made.start(T0)
    return made


def refusal(there, kind, by, body):
    before = there.rows()
    with pytest.raises(RefusedActError) as refused:
        there.act(kind, by, body, T0)
    assert there.rows() == before, "a refused act changes nothing"
    return refused.value.key


def box(name, **more):
    return {"row": {"id": name, "name": f"Box {name}", **more}}


def imported(there, kind, rows):
    body = {"kind": kind, "rows": rows, "source": "list.csv", "sha256": SHA}
    decision = there.act("register.import", "li", body, T0)
    return decision.entries[-1].body


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("wang", "act.not_allowed"),
        ("gone", "act.person_inactive"),
        ("nobody", "act.unknown_person"),
    ],
)
def test_C1_only_designated_people_register_items(there, by, key):
    assert refusal(there, "item.register", by, box("b1")) == key


def test_C1_a_designation_is_itself_a_record(there):
    row = {"id": "zhao", "name": "Zhao", "roles": ["archivist"]}
    assert refusal(there, "person.register", "li", {"row": row}) == "act.not_allowed"
    out = Outcome(there).take(there.act("person.register", "boss", {"row": row, "why": "new"}, T0))
    ((kind, body),) = out.entries()
    assert (kind, body["by"], body["why"]) == ("person.registered", "boss", "new")
    assert body["person"]["roles"] == ("archivist",)
    there.act("item.register", "zhao", box("b1"), T0)


def test_C2_what_rests_has_one_accountable_custodian(there):
    there.act("item.register", "li", box("b1", home="A-1"), T0)
    assert there.ctx.accountable("b1") == "li"
    assert there.ctx.where("b1").place == "A-1"


def test_an_item_without_a_home_is_unfiled_not_nowhere(there):
    there.act("item.register", "li", box("b1"), T0)
    assert there.ctx.where("b1").place == "@unfiled"


def test_the_administrator_may_and_is_named(there):
    decision = there.act("item.register", "local:root", box("b1"), T0)
    assert decision.entries[0].body["by"] == "local:root"


def test_an_unknown_act_is_said_to_be(there):
    with pytest.raises(UnknownActError):
        there.act("item.eat", "li", {}, T0)


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"tags": ["04aabbccdd0001"]}, "act.tag_taken"),
        ({"number": "N-1"}, "act.number_taken"),
        ({"home": "Z-9"}, "act.unknown_place"),
        ({"parent": "nothing"}, "act.unknown_item"),
        ({"parent": "b2"}, "act.inside_itself"),
        ({"kind": "certificate"}, "act.certificate_kind"),
        (
            {"kind": "certificate", "certificate": "other_right", "parent": "b1"},
            "act.certificate_in_box",
        ),
        ({"certificate": "other_right"}, "act.no_certificate"),
        ({"colour": "red"}, "act.bad_body"),
        ({"pages": -1}, "act.bad_body"),
        ({"tags": ["88aabbcc00"], "pages": "many"}, "act.bad_body"),
        ({"tags": ["04112233", "88aabbcc"]}, "act.bad_tag"),
        ({"kind": "crate"}, "act.bad_word"),
        ({"kind": ["box"]}, "act.bad_body"),
    ],
)
def test_C8_and_others_are_refused(there, row, key):
    there.act("item.register", "li", box("b1", number="N-1"), T0)
    assert refusal(there, "item.register", "li", box("b2", **row)) == key


def test_a_tag_that_moves_to_another_item_leaves_the_first(there):
    there.act("item.register", "li", box("b1", tags=["e2000001"]), T0)
    there.act("item.register", "li", box("b1", tags=["e2000002"]), T0)
    there.act("item.register", "li", box("b2", tags=["e2000001"]), T0)
    assert there.ctx.item_by_tag("e2000001").id == "b2"
    assert there.ctx.item_by_tag("e2000002").id == "b1"


def test_a_list_is_taken_row_by_row(there):
    summary = imported(
        there,
        "item",
        [
            {"id": "b1", "name": "One", "tags": ["e2000001"]},
            {"id": "b2", "name": "Two", "tags": ["e2000001"]},
            {"id": "b3", "name": "Three", "home": "nowhere"},
            {"id": "b4", "name": "Four"},
        ],
    )
    assert (summary["registered"], summary["unchanged"]) == (2, 0)
    assert [(r["row"], r["key"]) for r in summary["refused"]] == [
        (2, "act.tag_taken"),
        (3, "act.unknown_place"),
    ]
    again = imported(there, "item", [{"id": "b1", "name": "One", "tags": ["e2000001"]}])
    assert (again["registered"], again["unchanged"]) == (0, 1)


def test_places_of_one_list_may_lie_in_each_other(there):
    summary = imported(
        there,
        "place",
        [
            {"id": "hall", "name": "Hall", "kind": "room"},
            {"id": "B", "name": "B", "parent": "hall"},
            {"id": "B-1", "name": "B-1", "kind": "slot", "parent": "B", "order": 2},
            {"id": "B-2", "name": "B-2", "kind": "slot", "parent": "B", "order": 1},
        ],
    )
    assert summary["refused"] == []
    assert [name for name, _ in there.ctx.rows.scan("under", "B/")] == [
        "B/000000001/B-2",
        "B/000000002/B-1",
    ]


def test_a_person_who_leaves_has_no_badge_any_more(there):
    row = {**PEOPLE[0], "active": False}
    there.act("person.register", "boss", {"row": row}, T0)
    assert there.ctx.person_by_badge("04aabbccdd0001") is None
    nodes = Nodes()
    out = Outcome(there).feed(nodes.tap("04aabbccdd0001", T0 + 1_000))
    assert "deny" in [body.pattern for _, body in out.commands()]


def test_the_same_rows_come_from_the_same_entries(there):
    """What is read back from the rows of a room is what the room knew."""
    there.act("item.register", "li", box("b1", home="A-1", tags=["e2000001"]), T0)
    again = room(there.rows(), person=PEOPLE, place=PLACES, item=[])
    assert again.ctx.item_by_tag("e2000001") == there.ctx.item_by_tag("e2000001")
    assert again.ctx.where("b1") == there.ctx.where("b1")
    assert again.start(T0 + 1).entries == [], "nothing is registered twice"


def said(there, kind, rows):
    return {one["row"]: one["key"] for one in imported(there, kind, rows)["refused"]}


def test_G6_one_list_does_not_give_an_item_two_numbers(there):
    rows = [{"id": "b1", "name": "B", "number": "HX-H-01-0001"}]
    rows.append({"id": "b1", "name": "B", "number": "HX-H-01-0002"})
    assert said(there, "item", rows) == {2: "act.id_twice"}
    assert there.ctx.item("b1").number == "HX-H-01-0001"


def test_a_box_and_what_lies_in_it_come_in_one_list(there):
    rows = [{"id": "b1", "name": "Box"}, {"id": "v1", "name": "Volume", "kind": "volume"}]
    rows[1]["parent"] = "b1"
    assert said(there, "item", rows) == {}
    assert there.ctx.item("v1").parent == "b1"


def test_two_rows_of_a_list_do_not_lie_in_each_other(there):
    for name in ("b1", "b2"):
        there.act("item.register", "li", box(name), T0)
    rows = [{"id": "b1", "name": "B", "parent": "b2"}, {"id": "b2", "name": "B", "parent": "b1"}]
    assert said(there, "item", rows) == {2: "act.inside_itself"}


def test_a_certificate_of_the_same_list_is_no_box(there):
    deed = {"id": "d", "name": "Deed", "kind": "certificate", "certificate": "other_right"}
    rows = [deed, {"id": "v1", "name": "Volume", "kind": "volume", "parent": "d"}]
    assert said(there, "item", rows) == {2: "act.in_certificate"}


def test_a_tag_moves_within_a_list_from_the_row_that_gives_it_up(there):
    there.act("item.register", "li", box("b1", tags=["e2000001"]), T0)
    there.act("item.register", "li", box("b2"), T0)
    rows = [{"id": "b2", "name": "B", "tags": ["e2000001"]}, {"id": "b1", "name": "B"}]
    assert said(there, "item", rows[::-1]) == {}
    assert there.ctx.tag_owner("e2000001") == "item/b2"


def test_one_tag_is_listed_once(there):
    body = box("b1", tags=["e2000001", "e2000001"])
    assert refusal(there, "item.register", "li", body) == "act.tag_taken"


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"id": "b1\n", "name": "B"}, "act.bad_id"),
        ({"id": "b1", "name": "B", "tags": ["e2000001\n"]}, "act.bad_tag"),
        ({"id": "b1", "name": "B", "home": "A-1\n"}, "act.bad_id"),
        ({"id": "a/b", "name": "B"}, "act.bad_id"),
        ({"id": "@outside", "name": "B"}, "act.bad_id"),
        ({"id": "b\u0131", "name": "B"}, "act.bad_id"),
        ({"id": "\uff421", "name": "B"}, "act.bad_id"),
    ],
)
def test_no_name_is_another_one_that_looks_the_same(there, row, key):
    assert refusal(there, "item.register", "li", {"row": row}) == key


@pytest.mark.parametrize(
    "row",
    [
        {"name": "Box 1\nexit.no_leave cleared"},
        {"name": "Box 1\u202e"},
        {"name": "Box\u200b1"},
        {"name": " Box 1"},
        {"number": "N-1 "},
        {"number": "N\u00ad-1"},
        {"department": "a\rb"},
        {"project": "\x1b[2J"},
    ],
)
def test_no_label_hides_something(there, row):
    body = {"row": {"id": "b1", "name": "Box"} | row}
    assert refusal(there, "item.register", "li", body) == "act.bad_label"


def test_G6_the_same_volume_with_other_noughts_is_the_same_number(there):
    there.act("item.register", "li", box("b1", number="HX-H-01-0012"), T0)
    for other in ("HX-H-01-12", "HX-H-01-012", "HX-H-01-000000012"):
        assert refusal(there, "item.register", "li", box("b2", number=other)) == "act.number_taken"
    rows = [
        {"id": "b3", "name": "B", "number": "HX-H-01-0013"},
        {"id": "b4", "name": "B", "number": "HX-H-01-13"},
        {"id": "b5", "name": "B", "number": "HX-H-1-0013"},
    ]
    summary = imported(there, "item", rows)
    assert [(r["row"], r["key"]) for r in summary["refused"]] == [(2, "act.number_taken")]
    there.act("item.register", "li", box("b1", number="HX-H-01-0012", pages=3), T0)


def test_what_a_refusal_says_again_is_short(there):
    summary = imported(there, "item", [{"id": "x" * 100_000, "name": "B"}])
    assert len(json.dumps(summary)) < 1_000


def slot(name, **more):
    return {"row": {"id": name, "name": name, "kind": "slot", "parent": "hall"} | more}


def test_G2_a_slot_is_the_place_of_as_many_as_fit(there):
    there.act("place.register", "li", {"row": {"id": "hall", "name": "Hall"}}, T0)
    there.act("place.register", "li", slot("s-1"), T0)
    there.act("place.register", "li", slot("s-2", capacity=2), T0)
    there.act("item.register", "li", box("b1", home="s-1"), T0)
    assert refusal(there, "item.register", "li", box("b2", home="s-1")) == "act.slot_taken"
    there.act("item.register", "li", box("b1", home="s-1", pages=3), T0)
    rows = [{"id": f"c{n}", "name": "C", "home": "s-2"} for n in range(3)]
    summary = imported(there, "item", rows)
    assert [(r["row"], r["key"]) for r in summary["refused"]] == [(3, "act.slot_taken")]
    there.act("item.register", "li", box("b1", home="A-1"), T0)
    there.act("item.register", "li", box("b2", home="s-1"), T0)
    there.act("item.register", "li", box("v1", home="s-1", parent="b2", kind="volume"), T0)


def test_two_items_change_their_slots_in_one_list(there):
    there.act("place.register", "li", {"row": {"id": "hall", "name": "Hall"}}, T0)
    for name in ("s-1", "s-2"):
        there.act("place.register", "li", slot(name), T0)
    there.act("item.register", "li", box("b1", home="s-1"), T0)
    rows = [{"id": "b1", "name": "B", "home": "s-2"}, {"id": "b2", "name": "B", "home": "s-1"}]
    assert imported(there, "item", rows)["refused"] == []
