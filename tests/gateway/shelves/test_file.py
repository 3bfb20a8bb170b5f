"""Proposing and filing: one box after the other, no slot given twice, the record says why."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.room.model import Item, Where
from support.lending import Office
from support.outcome import Outcome
from support.sensing import T0, Nodes
from support.shelving import BANK, LI, WANG, item_row, lend, registered, shelved, slot_rows

MINUTE = 60_000
SLOTS = [f"a-01{face}-01-0{level}-0{at}" for face in "ab" for level in (1, 2) for at in (1, 2)]
PEOPLE = {
    "person": [
        {"id": "li", "name": "Li Wen", "badges": [LI], "roles": ["archivist"]},
        {"id": "wang", "name": "Wang Fang", "badges": [WANG], "roles": ["handler_a"]},
    ]
}


def library(*items, slots=SLOTS, capacity=None, bank=None):
    rows = registered(*slot_rows(*slots, capacity=capacity), *items)
    return shelved(rows, bank=bank, **PEOPLE)


def entry(decision, kind):
    ((found),) = [e.body for e in decision.entries if e.kind == kind]
    return found


def propose(there, item, at=T0, **more):
    return entry(
        there.act("shelf.propose", "li", {"item": item, **more}, at), "shelf.slot_proposed"
    )


def file(there, item, at=T0, **more):
    return entry(there.act("shelf.file", "li", {"item": item, **more}, at), "movement.filed")


def refusal(there, kind, body, by="li", at=T0):
    before = there.ctx.rows.held()
    with pytest.raises(RefusedActError) as bad:
        there.act(kind, by, body, at)
    assert there.ctx.rows.held() == before, "a refused act leaves nothing behind"
    return bad.value.key


def boxes(n):
    return [item_row(f"B{k}") for k in range(n)]


def test_G2_each_box_comes_behind_the_last_and_where_it_is_is_looked_up():
    """按档案架进行顺序存放…只需在系统中记录该单业务存放的卷宗位置."""
    there = library(*boxes(8))
    for n in range(8):
        assert propose(there, f"B{n}")["slot"] == SLOTS[n]
        body = file(there, f"B{n}")
        assert (body["place"], body["home"], body["holder"]) == (SLOTS[n], SLOTS[n], None)
        where = there.ctx.where(f"B{n}")
        assert (where.place, where.holder) == (SLOTS[n], None)
        assert there.ctx.item(f"B{n}").home == SLOTS[n]


def test_a_proposal_keeps_its_slot_for_half_an_hour():
    there = library(*boxes(3))
    assert propose(there, "B0")["until"] == T0 + 30 * MINUTE
    assert propose(there, "B1", T0 + MINUTE)["slot"] == SLOTS[1]
    assert propose(there, "B0", T0 + 2 * MINUTE)["slot"] == SLOTS[0], "asked again, the same"
    assert propose(there, "B2", T0 + 30 * MINUTE)["slot"] == SLOTS[2]
    assert propose(there, "B1", T0 + 40 * MINUTE)["slot"] == SLOTS[0], "nobody came"


def test_the_reasons_are_on_record():
    there = library(*boxes(2))
    why = propose(there, "B0")["why"]
    assert why == {
        "filing": "after_last",
        "classes": ["box"],
        "held": 0,
        "capacity": 1,
        "wrapped": False,
    }
    filed = file(there, "B0", T0 + MINUTE)
    assert filed["by"] == "li"
    assert filed["why"]["proposed"] is True
    assert filed["why"]["place_before"] == "@unfiled"


def test_another_slot_than_the_proposed_may_be_taken_and_sets_the_order():
    there = library(*boxes(3))
    propose(there, "B0")
    assert file(there, "B0", slot=SLOTS[4])["why"]["proposed"] is False
    assert propose(there, "B1")["slot"] == SLOTS[5]
    assert file(there, "B2", slot=SLOTS[0])["place"] == SLOTS[0], "the proposal is given up"


def test_the_first_free_fills_gaps_where_the_bank_says_so():
    there = library(*boxes(3), bank={"filing": "first_free"})
    file(there, "B0", slot=SLOTS[4])
    assert propose(there, "B1")["slot"] == SLOTS[0]


def test_the_slot_of_a_box_that_is_lent_out_stays_its_own():
    there = library(item_row("B0"), *boxes(3)[1:], bank={"filing": "first_free"})
    propose(there, "B0")
    file(there, "B0")
    lend(there, "B0", "wang")
    assert propose(there, "B1", T0 + 2 * MINUTE)["slot"] == SLOTS[1]
    assert refusal(there, "shelf.file", {"item": "B2", "slot": SLOTS[0]}) == "shelf.refused.taken"
    assert refusal(there, "shelf.file", {"item": "B0", "slot": SLOTS[3]}) == "shelf.refused.in_hand"


def test_the_home_of_an_imported_box_that_is_lent_out_is_taken():
    """It was never filed by an act, and is not there now: it will come back all the same."""
    lent = ("movement.check_out", {"item": "OLD", "holder": "wang", "place": "@holder"})
    there = library(item_row("OLD", home=SLOTS[0]), lent, *boxes(1))
    assert propose(there, "B0")["slot"] == SLOTS[1]


def test_the_home_of_a_box_that_stands_elsewhere_is_taken():
    there = library(item_row("OLD", home=SLOTS[0]), *boxes(1))
    lend(there, "OLD", None, place="reading-room")
    assert propose(there, "B0")["slot"] == SLOTS[1]


def test_a_box_that_moves_frees_its_old_slot():
    there = library(*boxes(2), bank={"filing": "first_free"})
    file(there, "B0", slot=SLOTS[0])
    file(there, "B0", slot=SLOTS[5])
    assert propose(there, "B1")["slot"] == SLOTS[0]
    assert there.ctx.where("B0").place == SLOTS[5]


def test_capacity():
    there = library(*boxes(5), capacity=2)
    got = []
    for n in range(5):
        propose(there, f"B{n}")
        got.append(file(there, f"B{n}")["place"])
    assert got == [SLOTS[0], SLOTS[0], SLOTS[1], SLOTS[1], SLOTS[2]]
    assert refusal(there, "shelf.file", {"item": "B4", "slot": SLOTS[0]}) == "shelf.refused.taken"


def test_reserved_slots_take_their_classes_in_an_order_of_their_own():
    high = [item_row(f"H{n}", number=f"HX-H-01-000{n}") for n in range(2)]
    low = [item_row(f"L{n}", number=f"HX-L-01-000{n}") for n in range(2)]
    there = library(*high, *low, bank={"reserved": [{"prefix": "a-01b", "classes": ["H"]}]})
    got = {}
    for item in ("L0", "H0", "L1", "H1"):
        propose(there, item)
        got[item] = file(there, item)["place"]
    assert [got["L0"], got["L1"]] == SLOTS[:2]
    assert [got["H0"], got["H1"]] == SLOTS[4:6]
    key = refusal(there, "shelf.file", {"item": "L0", "slot": "a-01b-01-01-01"})
    assert key == "shelf.refused.reserved"


def test_what_has_no_room_in_its_reserved_part_goes_among_the_others():
    high = [item_row(f"H{n}", number=f"HX-H-01-000{n}") for n in range(3)]
    reserved = [{"prefix": "a-01b-01-01-01", "classes": ["H"]}]
    there = library(*high, *boxes(1), bank={"reserved": reserved})
    got = []
    for item in ("H0", "B0", "H1", "H2"):
        propose(there, item)
        got.append(file(there, item)["place"])
    assert got == ["a-01b-01-01-01", SLOTS[0], SLOTS[1], SLOTS[2]]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"item": "NO"}, "shelf.refused.no_item"),
        ({"item": "CERT"}, "shelf.refused.not_on_shelves"),
        ({"item": "INSIDE"}, "shelf.refused.not_on_shelves"),
        ({"item": "CLOSED"}, "shelf.refused.not_on_shelves"),
        ({"item": "B0", "bank": "z"}, "shelf.refused.no_bank"),
        ({"item": "B0", "bnak": "a"}, "act.bad_body"),
    ],
)
def test_what_is_not_proposed(body, key):
    there = library(
        *boxes(1),
        item_row("CERT", kind="certificate"),
        item_row("INSIDE", kind="volume", parent="B0"),
        item_row("CLOSED", closed=True),
    )
    assert refusal(there, "shelf.propose", body) == key


def test_what_is_not_filed():
    there = library(*boxes(2))
    assert refusal(there, "shelf.file", {"item": "B0"}) == "shelf.refused.no_proposal"
    for slot in ("nowhere", "a-09a-01-01-01", "a-01", "z-01a-01-01-01"):
        assert refusal(there, "shelf.file", {"item": "B0", "slot": slot}) == "shelf.refused.no_slot"
    propose(there, "B0")
    key = refusal(there, "shelf.file", {"item": "B1", "slot": SLOTS[0]})
    assert key == "shelf.refused.taken", "it is kept for another"
    assert refusal(there, "shelf.file", {"item": "B0"}, by="wang") == "act.not_allowed"


def test_what_the_configuration_lists_is_filed_too_and_stays_there_over_a_restart():
    there = library()
    file(there, "HX-H-01", slot=SLOTS[2])
    again = shelved(there.rows(), **PEOPLE)
    assert again.ctx.item("HX-H-01").home == SLOTS[2]
    assert again.ctx.where("HX-H-01").place == SLOTS[2]


def test_G16_a_loan_is_not_ended_by_putting_the_box_on_a_shelf():
    """Not by the archivist who borrowed it either, before or after it was handed in at the desk."""
    office = Office(shelf_bank=[BANK], place=[{"id": s, "name": s, "kind": "slot"} for s in SLOTS])
    office.slip("arch", "B1")
    office.visit("arch", "B1")
    for place in ("@holder", "@inspection"):
        assert office.where("B1") == ("arch", place)
        key = refusal(office.room, "shelf.file", {"item": "B1", "slot": SLOTS[0]}, by="arch")
        assert key == "shelf.refused.in_hand"
        office.visit("arch", "B1")


def test_a_full_bank_says_so():
    there = library(*boxes(2), slots=SLOTS[:1])
    propose(there, "B0")
    assert refusal(there, "shelf.propose", {"item": "B1"}) == "shelf.refused.full"


def test_filing_a_box_where_it_was_found_ends_its_being_misplaced():
    rows = registered(*slot_rows(*SLOTS), item_row("B0", tags=["04110099"], home=SLOTS[0]))
    reader = {"id": "pad", "name": "Pad", "node": "h1", "reader": "pad", "covers": ["a-01b"]}
    there = shelved(rows, shelf_reader=[reader], **PEOPLE)
    out = Outcome(there).feed(Nodes().tag("h1/pad", "04110099", T0)).at(T0 + MINUTE)
    assert out.states("shelf.misplaced") == [("shelf.misplaced:B0", "UNACK")]
    out.take(there.act("shelf.file", "li", {"item": "B0", "slot": SLOTS[4]}, T0 + 2 * MINUTE))
    assert out.states("shelf.misplaced")[-1] == ("shelf.misplaced:B0", "RTNUN")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["propose", "file", "file_at", "wait"]),
        st.integers(0, 5),
        st.sampled_from(SLOTS),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1, 2), st.sampled_from(["after_last", "first_free"]))
def test_whatever_is_asked_no_slot_ever_holds_more_than_fit(steps, capacity, filing):
    """Against a model: the home of each box, and who was told to come where until when."""
    there = library(*boxes(6), capacity=capacity, bank={"filing": filing})
    homes, kept, now = {}, {}, T0
    for what, n, slot in steps:
        item, now = f"B{n}", now + (31 * MINUTE if what == "wait" else MINUTE)

        def taken(at, item=item, now=now):
            waiting = {i for i, (s, until) in kept.items() if s == at and now < until}
            return {i for i, s in homes.items() if s == at} | waiting - {item}

        try:
            if what == "propose":
                got = propose(there, item, now)["slot"]
                assert len(taken(got) - {item}) < capacity
                kept[item] = (got, now + 30 * MINUTE)
            elif what.startswith("file"):
                asked = {"slot": slot} if what == "file_at" else {}
                got = file(there, item, now, **asked)["place"]
                assert got == slot if asked else got == kept[item][0]
                assert len(taken(got) - {item}) < capacity
                homes[item] = got
                kept.pop(item, None)
        except RefusedActError as refused:
            if refused.key == "shelf.refused.full":
                assert all(len(taken(s) - {item}) >= capacity for s in SLOTS)
            elif refused.key == "shelf.refused.taken":
                target = slot if what == "file_at" else kept[item][0]
                assert len(taken(target) - {item}) >= capacity
            else:
                assert refused.key == "shelf.refused.no_proposal" and item not in kept
    for item, home in homes.items():
        assert there.ctx.item(item).home == home
        assert there.ctx.rows.get(Where, item).place == home
    assert {i.id for i in there.ctx.rows.each(Item)} >= {f"B{n}" for n in range(6)}


def test_the_rows_follow_from_the_entries_alone():
    there = library(*boxes(3))
    out = Outcome(there)
    for n, (kind, body) in enumerate(
        [
            ("shelf.propose", {"item": "B0"}),
            ("shelf.file", {"item": "B0"}),
            ("shelf.propose", {"item": "B1"}),
            ("shelf.lock", {"bank": "a", "reason": "count"}),
            ("shelf.file", {"item": "B2", "slot": SLOTS[6]}),
            ("shelf.unlock", {"bank": "a", "reason": "done"}),
        ]
    ):
        out.take(there.act(kind, "li", body, T0 + n))
    again = library(*boxes(3))
    replayed = registered(*slot_rows(*SLOTS), *boxes(3), *out.entries())
    mine = ("r/shelf", "r/home/a-", "r/at/a-", "r/item/B", "r/proposed")
    kept = {k: v for k, v in there.ctx.rows.held().items() if k.startswith(mine)}
    assert kept == {k: v for k, v in replayed.items() if k.startswith(mine)}
    assert len(kept) > len([k for k in again.ctx.rows.held() if k.startswith(mine)])
