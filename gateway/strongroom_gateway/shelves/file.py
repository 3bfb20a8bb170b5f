"""shelf.propose and shelf.file: which slot a box comes into, and that it stands there now.

The proposal keeps the slot for a while; filing is the movement, and makes the slot the box's home.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ..custody.register import move
from ..errors import RefusedActError
from ..loans.lending import loan_of
from ..loans.model import INSPECTION
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effects, Record, Wake
from ..room.model import OUTSIDE, Item
from ..room.projections import projects
from ..room.rows import Put, RowsView, drop, note, put
from .address import address
from .filing import governs
from .misplaced import CODE as MISPLACED
from .model import LastFiled, Proposal
from .slots import (
    HOME,
    Occupied,
    classes_of,
    may_stand,
    next_slot,
    pool_of,
    reserved_of,
    slot_of,
)
from .tables import Bank, tables

PROPOSED: Final = "shelf.slot_proposed"
FILED: Final = "movement.filed"
KEPT_MS: Final = 30 * 60_000
"""How long a proposed slot is kept for its box."""
_SHELVED = ("box", "volume")


class ProposeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which item, and on which bank (none: the first with room)."""

    item: str
    bank: str | None = None


class FileBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which item, and into which slot (none: the one proposed)."""

    item: str
    slot: str | None = None


@act("shelf.propose", body=ProposeBody, roles=("archivist",))
def propose(act: Act[ProposeBody], now: int, ctx: Context) -> Effects:
    """Find the next slot for an item and keep it for half an hour."""
    item = _shelved(act.body.item, ctx)
    banks = tables(ctx).banks
    if act.body.bank is not None and act.body.bank not in banks:
        raise RefusedActError("shelf.refused.no_bank", {"bank": act.body.bank})
    taken = Occupied(ctx, now, item.id)
    for bank in banks.values() if act.body.bank is None else [banks[act.body.bank]]:
        found = next_slot(bank, item, taken, ctx)
        if found is not None:
            why = {
                "filing": bank.section.filing,
                "classes": sorted(classes_of(item)),
                "held": found.held,
                "capacity": found.slot.capacity,
                "wrapped": found.wrapped,
            }
            body = {"item": item.id, "slot": found.slot.id, "by": act.by, "until": now + KEPT_MS}
            return [Record(PROPOSED, body | {"why": why})]
    raise RefusedActError("shelf.refused.full", {"item": item.name})


@act("shelf.file", body=FileBody, roles=("archivist",))
def file(act: Act[FileBody], now: int, ctx: Context) -> Effects:
    """Note that an item stands in a slot now, and belongs there from now on."""
    item = _shelved(act.body.item, ctx)
    proposal = ctx.rows.get(Proposal, item.id)
    wanted = act.body.slot or (None if proposal is None else proposal.slot)
    if wanted is None:
        raise RefusedActError("shelf.refused.no_proposal", {"item": item.name})
    bank, pool = _room_for(item, wanted, now, ctx)
    was, loan = ctx.where(item.id), loan_of(item.id, ctx)
    out = loan is not None or was.holder not in (None, act.by)
    if out or was.place in (OUTSIDE, INSPECTION):
        # Also one's own: only an inspection ends a loan.
        who = loan.person if loan is not None else was.holder or was.last_holder
        params = {"item": item.name, "person": ctx.person_name(who)}
        raise RefusedActError("shelf.refused.in_hand", params)
    why = {
        "rule": "shelf.file",
        "at": now,
        "at_source": "received",
        "home_before": item.home,
        "place_before": was.place,
        "proposed": proposal is not None and proposal.slot == wanted,
    }
    body: dict[str, Any] = {"item": item.id, "person": act.by, "by": act.by, "holder": None}
    body |= {"place": wanted, "home": wanted, "bank": bank.id, "pool": pool, "why": why}
    return [Record(FILED, body), Wake(MISPLACED, item.id)]


@projects(PROPOSED)
def proposed(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Keep the slot for the item, and no other for it."""
    yield from _forget(body["item"], rows)
    yield note("proposed", f"{body['slot']}/{body['item']}")
    yield put(Proposal(id=body["item"], slot=body["slot"], by=body["by"], until=body["until"]))


@projects(FILED)
def filed(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """The item rests in the slot, which is its home; the next one comes behind it."""
    item = rows.get(Item, body["item"])
    slot = body["home"]
    yield from _forget(body["item"], rows)
    if item is not None:
        if item.home is not None and item.home != slot:
            yield drop(HOME, f"{item.home}/{item.id}")
        yield note(HOME, f"{slot}/{item.id}")
        yield put(msgspec.structs.replace(item, home=slot))
    yield put(LastFiled(id=body["pool"], slot=slot))
    yield from move(body["item"], None, slot, at, rows)


def _forget(item: str, rows: RowsView) -> Iterator[Put]:
    before = rows.get(Proposal, item)
    if before is not None:
        yield drop("proposed", f"{before.slot}/{item}")
        yield drop(Proposal.table, item)


def _shelved(name: str, ctx: Context) -> Item:
    """Return an item that stands on shelves by itself."""
    item = ctx.item(name)
    if item is None:
        raise RefusedActError("shelf.refused.no_item", {"item": name})
    if item.kind not in _SHELVED or item.parent is not None or item.closed:
        raise RefusedActError("shelf.refused.not_on_shelves", {"item": item.name})
    return item


def _room_for(item: Item, wanted: str, now: int, ctx: Context) -> tuple[Bank, str]:
    """Return the bank of a slot that takes the item, and the order it is filed in."""
    at, slot = address(wanted), slot_of(ctx.place(wanted))
    bank = None if at is None else tables(ctx).banks.get(at.bank)
    if slot is None or bank is None:
        raise RefusedActError("shelf.refused.no_slot", {"slot": wanted})
    if not may_stand(bank, wanted, item):
        params = {"slot": wanted, "item": item.name}
        raise RefusedActError("shelf.refused.reserved", params)
    there = Occupied(ctx, now, item.id).items(wanted)
    if len(there) >= slot.capacity:
        names = [known.name for known in map(ctx.item, sorted(there)) if known is not None]
        raise RefusedActError("shelf.refused.taken", {"slot": wanted, "items": ", ".join(names)})
    return bank, pool_of(bank, governs(wanted, reserved_of(bank)))
