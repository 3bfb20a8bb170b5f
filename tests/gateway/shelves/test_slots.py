"""Which slots are taken: read in order and once, and never more than an alarm could wait for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.room.row_source import MemoryRows
from strongroom_gateway.room.rows import Rows
from strongroom_gateway.shelves import slots as slots_module
from strongroom_gateway.shelves.slots import Occupied
from support.sensing import T0
from support.shelving import item_row, registered, shelved, slot_rows

BANKS = ("a", "a-b")  # the second one's slots begin like the first one's
SLOTS = [
    f"{bank}-0{carriage}{face}-01-01-0{position}"
    for bank in BANKS
    for carriage in (1, 2)
    for face in "ab"
    for position in (1, 2)
]
OTHERS = ["a", "a-01a", "a-desk", "@holder", "b-01a-01-01-01"]


class Counted(MemoryRows):
    """Rows that count how often they are asked."""

    asked = 0

    def row(self, key):
        self.asked += 1
        return super().row(key)

    def rows(self, after, until, limit):
        self.asked += 1
        return super().rows(after, until, limit)


@given(
    st.dictionaries(st.sampled_from([f"X{n}" for n in range(8)]), st.sampled_from(SLOTS + OTHERS)),
    st.dictionaries(st.sampled_from([f"X{n}" for n in range(8)]), st.sampled_from(SLOTS)),
    st.lists(st.sampled_from(SLOTS), max_size=20),
)
def test_what_a_slot_is_taken_by_does_not_depend_on_what_was_asked_before(at, homes, asked):
    room = shelved()
    rows = {f"r/at/{place}/{item}": '""' for item, place in at.items()}
    rows |= {f"r/home/{place}/{item}": '""' for item, place in homes.items()}
    rows["r/shelf_proposal/P"] = json.dumps(
        {"id": "P", "slot": SLOTS[3], "by": "li", "until": T0 + 1}
    )
    rows[f"r/proposed/{SLOTS[3]}/P"] = '""'
    room.ctx.rows = Rows(MemoryRows(rows))
    taken = Occupied(room.ctx, T0, "X0")
    for slot in asked:
        wanted = {i for i, place in (*at.items(), *homes.items()) if place == slot} - {"X0"}
        assert taken.items(slot) == wanted | ({"P"} if slot == SLOTS[3] else set())


def library(n, filing):
    slots = [
        f"a-01a-{s:02}-{level:02}-{p:02}"
        for s in (1, 2)
        for level in range(1, 11)
        for p in range(1, 26)
    ]
    filled = [item_row(f"X{k}", home=slot) for k, slot in enumerate(slots[:n])]
    rows = registered(*slot_rows(*slots), *filled, item_row("NEW"))
    room = shelved(
        rows, bank={"filing": filing}, person=[{"id": "li", "name": "Li", "roles": ["archivist"]}]
    )
    return room, slots


def test_a_bank_is_read_by_pages_and_not_slot_by_slot():
    room, slots = library(499, "first_free")
    source = Counted(room.ctx.rows.held())
    room.ctx.rows = Rows(source)
    decision = room.act("shelf.propose", "li", {"item": "NEW"}, T0)
    assert decision.entries[0].body["slot"] == slots[499]
    assert source.asked < 40


def test_an_act_does_not_look_at_every_slot_of_a_company(monkeypatch):
    monkeypatch.setattr(slots_module, "_MOST_LOOKED", 100)
    room, slots = library(100, "first_free")
    with pytest.raises(RefusedActError) as bad:
        room.act("shelf.propose", "li", {"item": "NEW"}, T0)
    assert bad.value.key == "shelf.refused.looked"
    room, slots = library(99, "first_free")
    decision = room.act("shelf.propose", "li", {"item": "NEW"}, T0)
    assert decision.entries[0].body["slot"] == slots[99]
