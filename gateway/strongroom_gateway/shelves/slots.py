"""The slots of a bank as the register has them, and which of them are taken."""

from collections.abc import Iterator
from typing import Final

from ..errors import RefusedActError
from ..room.context import Context
from ..room.model import Item, Place
from ..room.rows import RowsView
from .address import address
from .filing import Found, Reserved, Slot, allows, governs, next_free
from .model import LastFiled, Proposal
from .tables import Bank

HOME: Final = "home"
"""The register's index place/item of where items belong."""
_BEHIND_BANK = len("-00a-00-00-00")
_MOST_LOOKED: Final = 50_000
"""Alarms wait while an act is decided on: it must not look at every slot of a company."""
_END: tuple[str | None, str] = (None, "")
_LAST = "\U0010ffff"
_NUMBER_PARTS = 4  # company, class, cabinet, volume


def classes_of(item: Item) -> frozenset[str]:
    """Return the classes an item counts as: its kind, and the letter of its file number."""
    parts = (item.number or "").split("-")
    letter = {parts[1]} if len(parts) == _NUMBER_PARTS else set()
    return frozenset({item.kind, *letter})


def pool_of(bank: Bank, part: Reserved | None) -> str:
    """Return under which name the slot filled last is kept: each reserved part has its own order."""
    return f"{bank.id}/{'' if part is None else part.prefix}"


def slot_of(place: Place | None) -> Slot | None:
    """Return a place as a slot; None for what is no slot of a bank. One item fits unless told."""
    if place is None or place.kind != "slot" or address(place.id) is None:
        return None
    return Slot(place.id, 1 if place.capacity is None else place.capacity)


class _Index:
    """An index of slot/item, read from slot to slot: asked in the order of filing, each page of it
    is read once.
    """

    def __init__(self, rows: RowsView, kind: str) -> None:
        self._rows, self._kind = rows, kind
        self._ahead: Iterator[tuple[str, str]] = iter(())
        self._next: str | None = None
        self._at = ""

    def items(self, slot: str) -> Iterator[str]:
        """Yield the items of a slot; to be read to the end before the next is asked for."""
        wanted = f"{slot}/"
        if self._at == "" or wanted < self._at:
            bank = slot[: len(slot) - _BEHIND_BANK + 1]
            self._ahead = self._rows.scan(self._kind, bank, slot)
            self._next = next(self._ahead, _END)[0]
        self._at = wanted + _LAST
        while self._next is not None and self._next < wanted:
            self._next = next(self._ahead, _END)[0]
        while self._next is not None and self._next.startswith(wanted):
            yield self._next[len(wanted) :]
            self._next = next(self._ahead, _END)[0]


class Occupied:
    """Which slots are taken at one moment: by what rests there, what belongs there, wherever it is,
    and what a proposal keeps them for.
    """

    def __init__(self, ctx: Context, now: int, but: str) -> None:
        self._rows: RowsView = ctx.rows
        self._now, self._but = now, but
        self._looked = 0
        self._there = [_Index(ctx.rows, kind) for kind in ("at", HOME)]
        self._proposed = _Index(ctx.rows, "proposed")

    def items(self, slot: str) -> set[str]:
        """Return the items a slot is taken by, but for the one that is to be filed."""
        found: set[str] = set()
        for index in self._there:
            found.update(index.items(slot))
        for item in self._proposed.items(slot):
            proposal = self._rows.get(Proposal, item)
            if proposal is not None and self._now < proposal.until:
                found.add(item)
        return found - {self._but}

    def count(self, slot: str) -> int:
        """Return how many items a slot is taken by; RefusedActError after too many were looked at."""
        self._looked += 1
        if self._looked > _MOST_LOOKED:
            raise RefusedActError("shelf.refused.looked", {"count": _MOST_LOOKED})
        return len(self.items(slot))


def reserved_of(bank: Bank) -> tuple[Reserved, ...]:
    """Return the reserved parts of a bank."""
    return tuple(Reserved(r.prefix, tuple(r.classes)) for r in bank.section.reserved)


def may_stand(bank: Bank, slot: str, item: Item) -> bool:
    """Return whether the configuration lets an item stand in a slot."""
    return allows(slot, classes_of(item), reserved_of(bank))


def next_slot(bank: Bank, item: Item, taken: Occupied, ctx: Context) -> Found | None:
    """Return the slot an item comes into next, None when the bank has no room for it.

    What has slots reserved for it goes there, and among the others when those are full.
    """
    reserved, classes = reserved_of(bank), classes_of(item)
    length = len(bank.id) + _BEHIND_BANK
    own = [part for part in reserved if not classes.isdisjoint(part.classes)]

    def slots(start: str) -> Iterator[Slot]:
        first = slot_of(ctx.place(start)) if start else None
        if first is not None:
            yield first
        for place in ctx.rows.each(Place, f"{bank.id}-", start):
            slot = slot_of(place)
            if slot is not None:
                yield slot

    for part in (*own, None):

        def may(slot: str, part: Reserved | None = part) -> bool:
            # Other banks may have names that begin like this one's.
            return len(slot) == length and governs(slot, reserved) == part

        last = None
        if bank.section.filing == "after_last":
            last = ctx.rows.get(LastFiled, pool_of(bank, part))
        found = next_free(slots, taken.count, may, "" if last is None else last.slot)
        if found is not None:
            return found
    return None
