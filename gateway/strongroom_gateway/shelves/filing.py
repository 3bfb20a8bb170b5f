"""The next free slot: filing in the order of the shelf (按架顺序存放). Pure.

A slot belongs to whoever was put into it last and not to a customer or a kind of business; what is
where is looked up. A slot stays taken while its box is lent out: it comes back there.
"""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

import msgspec


class Slot(msgspec.Struct, frozen=True):
    """A slot, and how many items fit."""

    id: str
    capacity: int = 1


class Reserved(msgspec.Struct, frozen=True):
    """Slots whose ids begin with `prefix` take items of these classes alone."""

    prefix: str
    classes: tuple[str, ...]


class Found(msgspec.Struct, frozen=True):
    """The slot, how many items it holds, and whether the search began anew at the first slot."""

    slot: Slot
    held: int
    wrapped: bool = False


def governs(slot: str, reserved: Sequence[Reserved]) -> Reserved | None:
    """Return the reserved part a slot is in, None when it is free for all. The longest prefix
    decides.
    """
    rules = [r for r in reserved if slot.startswith(r.prefix)]
    return max(rules, key=lambda r: len(r.prefix)) if rules else None


def allows(slot: str, classes: AbstractSet[str], reserved: Sequence[Reserved]) -> bool:
    """Return whether an item of these classes may stand in a slot."""
    part = governs(slot, reserved)
    return part is None or not classes.isdisjoint(part.classes)


def next_free(
    slots: Callable[[str], Iterable[Slot]],
    held: Callable[[str], int],
    may: Callable[[str], bool],
    last: str = "",
) -> Found | None:
    """Return the next slot with room, None when there is none.

    slots  returns the slots from an id on ("": all), in the order of filing
    held   returns how many items belong in a slot, wherever they are now
    may    whether the item may stand there at all
    last   the slot filled last, which may have room for more; "" begins at the first. From the
           end of the shelf the search goes on at its beginning
    """
    ahead = ((slot, False) for slot in slots(last))
    again = ((slot, True) for slot in slots("") if slot.id < last) if last else iter(())
    for slot, wrapped in chain(ahead, again):
        if not may(slot.id):
            continue
        there = held(slot.id)
        if there < slot.capacity:
            return Found(slot, there, wrapped)
    return None
