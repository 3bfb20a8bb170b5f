"""Filing in the order of the shelf: never into a taken slot, never out of order."""

from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.shelves.address import Address, address
from strongroom_gateway.shelves.filing import Reserved, Slot, allows, next_free

FACES = [
    Address("a", carriage, face, section, level, position)
    for carriage in (1, 2)
    for face in "ab"
    for section in (1, 2)
    for level in (1, 2)
    for position in (1, 2, 3)
]
IDS = [one.id for one in FACES]


def shelf(ids, capacity=1):
    return lambda start: (Slot(i, capacity) for i in ids if i >= start)


def anywhere(_):
    return True


def test_an_address_is_read_as_it_is_written():
    one = Address("hall-2", 3, "b", 2, 4, 7)
    assert one.id == "hall-2-03b-02-04-07"
    assert address(one.id) == one
    assert one.aisle == 3
    assert Address("a", 3, "a", 1, 1, 1).aisle == 2


def test_other_places_are_no_slots_of_a_bank():
    others = ("A-01-02", "a-03-2-14", "a-3b-02-04-07", "a-00a-01-01-01", "a-01a-00-01-01", "", "a")
    for place in others:
        assert address(place) is None, place


@given(st.permutations(FACES))
def test_the_order_of_ids_is_the_order_along_the_shelf(shuffled):
    assert [a.id for a in sorted(shuffled)] == sorted(a.id for a in shuffled)


def test_G2_boxes_are_filed_in_the_order_of_the_shelf_with_no_place_kept_for_anybody():
    """按档案架进行顺序存放: one box after the other, whoever they are about."""
    held = {}
    filed = []
    last = ""
    for _ in IDS:
        found = next_free(shelf(IDS), lambda s: held.get(s, 0), anywhere, last)
        held[found.slot.id] = 1
        last = found.slot.id
        filed.append(last)
    assert filed == IDS
    assert next_free(shelf(IDS), lambda s: held.get(s, 0), anywhere, last) is None


def test_after_the_last_leaves_gaps_until_the_end_and_then_comes_back_to_them():
    held = {i: 1 for i in IDS[:10] if i != IDS[4]}
    assert next_free(shelf(IDS), lambda s: held.get(s, 0), anywhere, IDS[9]).slot.id == IDS[10]
    held |= dict.fromkeys(IDS[10:], 1)
    found = next_free(shelf(IDS), lambda s: held.get(s, 0), anywhere, IDS[-1])
    assert (found.slot.id, found.wrapped) == (IDS[4], True)


def test_the_first_free_fills_gaps():
    held = {i: 1 for i in IDS[:10] if i != IDS[4]}
    assert next_free(shelf(IDS), lambda s: held.get(s, 0), anywhere).slot.id == IDS[4]


def test_a_slot_takes_as_many_as_fit():
    held = {}
    got = []
    for _ in range(5):
        found = next_free(shelf(IDS, 2), lambda s: held.get(s, 0), anywhere, got[-1] if got else "")
        held[found.slot.id] = held.get(found.slot.id, 0) + 1
        got.append(found.slot.id)
    assert got == [IDS[0], IDS[0], IDS[1], IDS[1], IDS[2]]


def test_a_slot_without_room_is_never_proposed():
    assert next_free(shelf(IDS, 0), lambda _: 0, anywhere) is None


def test_reserved_parts_take_their_classes_alone_and_the_longest_prefix_decides():
    rules = [Reserved("a-01", ("H",)), Reserved("a-01b", ("L", "H"))]
    assert allows("a-01a-01-01-01", {"H", "box"}, rules)
    assert not allows("a-01a-01-01-01", {"L", "box"}, rules)
    assert not allows("a-01a-01-01-01", set(), rules)
    assert allows("a-01b-01-01-01", {"L", "box"}, rules)
    assert allows("a-02a-01-01-01", set(), rules)
    found = next_free(shelf(IDS), lambda _: 0, lambda s: allows(s, {"L", "box"}, rules))
    assert found.slot.id == "a-01b-01-01-01"


@given(
    st.dictionaries(st.sampled_from(IDS), st.integers(0, 3)),
    st.integers(0, 3),
    st.sampled_from(["", *IDS]),
    st.sets(st.sampled_from(IDS)),
)
def test_never_a_taken_one_and_never_over_one_that_was_free(held, capacity, last, forbidden):
    def free(i):
        return held.get(i, 0) < capacity and i not in forbidden

    found = next_free(
        shelf(IDS, capacity), lambda s: held.get(s, 0), lambda s: s not in forbidden, last
    )
    ahead = [i for i in IDS if i >= last and free(i)]
    behind = [i for i in IDS if i < last and free(i)]
    if not ahead and not behind:
        assert found is None
        return
    assert free(found.slot.id)
    assert found.wrapped is (not ahead)
    assert found.slot.id == (ahead or behind)[0]


@given(st.integers(0, len(IDS)))
def test_only_as_many_slots_are_looked_at_as_need_be(taken):
    """A shelf of a hundred thousand slots must not be read to the end for one box."""
    looked = []

    def held(slot):
        looked.append(slot)
        return int(slot in IDS[:taken])

    next_free(shelf(IDS), held, anywhere)
    assert len(looked) == min(taken + 1, len(IDS))
