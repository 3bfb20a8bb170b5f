"""Where an item is and how a person gets to it: who has it, which aisle to open, which slot. Pure.

It tells people what to push. It pushes nothing and asks nothing to be pushed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..hours import zone
from ..room.context import Context, Say
from ..room.model import OUTSIDE, RETURNING, UNFILED, Item, Where
from .address import Address, address
from .aisles import Layout
from .bank import Shelves
from .guide import Guide, guide
from .misplaced import Sightings
from .state import BankState, Opening, seen
from .tables import Bank, tables

_DEEPEST = 8  # boxes in boxes, places in places
_STATES = {
    OUTSIDE: "shelf.find.outside",
    RETURNING: "shelf.find.returning",
    UNFILED: "shelf.find.unfiled",
}


class Reach(msgspec.Struct, frozen=True):
    """How to get to a slot of a bank: its aisle as it is now, and what to push.

    `guide` is None where positions are not known. `look_first` are the open aisles that pushing
    makes narrower: somebody may be in there.
    """

    bank: Bank
    aisle: int
    layout: Layout
    opening: Opening | None
    guide: Guide | None
    look_first: tuple[int, ...]
    moving: bool
    state: BankState


class Finding(msgspec.Struct, frozen=True):
    """An item and where it is. `inside` are what it lies in, from the inside outwards; `where` is
    that of the outermost. `slot` is where it stands, or, while somebody has it, where it belongs.
    """

    item: Item
    inside: tuple[Item, ...]
    where: Where
    slot: Address | None
    reach: Reach | None
    heard_at: str | None


def find(
    name: str, ctx: Context, shelves: Shelves, heard: Mapping[str, Sightings], now: int
) -> Finding | None:
    """Return where an item is; None when there is none of this id.

    shelves  what rule shelf.bank remembers
    heard    what rule shelf.misplaced remembers, by item
    """
    item = ctx.item(name)
    if item is None:
        return None
    inside = tuple(_boxes(item, ctx))
    # What lies in a box is where the box is, unless somebody has taken it out.
    where = ctx.where(item.id)
    outer = inside[-1] if inside else item
    if where.holder is None and inside:
        where = ctx.where(outer.id)
    away = where.holder is not None or where.place in _STATES
    slot = address((outer.home if away else where.place) or "")
    reach = None
    if slot is not None and not away:
        reach = _reach(slot, ctx, shelves, now)
    sightings = heard.get(outer.id)
    heard_at = None if away or sightings is None else sightings.alarmed
    return Finding(item, inside, where, slot, reach, heard_at)


def words(found: Finding, ctx: Context, say: Say) -> list[str]:
    """Return the finding as sentences, in the order in which a person needs them."""
    return list(_words(found, ctx, say))


def _boxes(item: Item, ctx: Context) -> Iterator[Item]:
    for _ in range(_DEEPEST):
        box = None if item.parent is None else ctx.item(item.parent)
        if box is None:
            return
        yield box
        item = box


def _reach(slot: Address, ctx: Context, shelves: Shelves, now: int) -> Reach | None:
    bank = tables(ctx).banks.get(slot.bank)
    if bank is None or not 0 <= slot.aisle <= bank.geometry.count:
        return None
    state = shelves.banks.get(bank.id, BankState())
    layout = seen(bank, state)
    ways = [way for way in layout.ways if way is not None]
    plan = None
    if layout.aisles[slot.aisle].state == "open":
        plan = Guide(())
    elif len(ways) == bank.geometry.count:
        plan = guide(bank.geometry, ways, slot.aisle)
    wide = {a.n for a in layout.aisles if a.state == "open"}
    return Reach(
        bank=bank,
        aisle=slot.aisle,
        layout=layout,
        opening=state.opening(slot.aisle),
        guide=plan,
        look_first=() if plan is None else tuple(n for n in plan.narrows if n in wide),
        moving=any(c.moving and not c.lost for c in state.carriages),
        state=state,
    )


def _words(found: Finding, ctx: Context, say: Say) -> Iterator[str]:
    where = found.where
    name: dict[str, Any] = {"item": found.item.name}
    person = where.holder if where.holder is not None else where.last_holder
    name |= {"person": ctx.person_name(person), "when": _when(where.since, ctx)}
    held = where.holder is not None
    if held or where.place in _STATES:
        key = "shelf.find.held" if held else _STATES[str(where.place)]
        yield say(key, name)
        if found.slot is not None:
            yield say("shelf.find.home", name | {"place": _slot_words(found.slot, ctx, say)})
        return
    for box in found.inside:
        yield say("shelf.find.inside", {"item": found.item.name, "box": box.name})
    if found.slot is not None and found.reach is not None:
        place = _slot_words(found.slot, ctx, say)
    else:
        place = _place_words(where.place, ctx)
    yield say("shelf.find.place", {"item": found.item.name, "place": place})
    if found.heard_at is not None:
        reader = tables(ctx).readers.get(found.heard_at)
        yield say("shelf.find.heard", {"reader": found.heard_at if reader is None else reader.name})
    if found.reach is not None:
        yield from _reach_words(found.reach, ctx, say)


def _reach_words(reach: Reach, ctx: Context, say: Say) -> Iterator[str]:
    aisle = {"low": reach.aisle, "high": reach.aisle + 1}
    if reach.guide is not None and not reach.guide.pushes:
        opening = reach.opening
        when = "" if opening is None else _when(opening.since, ctx)
        by = None if opening is None else opening.by
        person = say("shelf.unknown", {}) if by is None else ctx.person_name(by)
        yield say("shelf.find.open", aisle | {"when": when, "person": person})
        return
    lock = reach.state.lock
    if lock is not None and lock.until is None:
        params = {"person": ctx.person_name(lock.by), "reason": lock.reason}
        yield say("shelf.find.locked", params | {"bank": reach.bank.section.name})
    if reach.moving:
        yield say("shelf.find.moving", {})
    if reach.guide is None:
        yield say("shelf.find.unknown", aisle)
        return
    for n in reach.look_first:
        yield say("shelf.find.look", {"low": n, "high": n + 1})
    section = reach.bank.section
    for push in reach.guide.pushes:
        if push.towards == "low":
            end = section.low_end or say("shelf.find.low_end", {})
        else:
            last = {"carriage": reach.bank.geometry.count}
            end = section.high_end or say("shelf.find.high_end", last)
        cm = -(-push.mm // 10)
        yield say("shelf.find.push", {"carriage": push.carriage, "end": end, "cm": cm})


def _slot_words(slot: Address, ctx: Context, say: Say) -> str:
    bank = tables(ctx).banks.get(slot.bank)
    name = slot.bank if bank is None else bank.section.name
    return say("shelf.find.slot", {**slot.words, "bank": name, "slot": slot.id})


def _place_words(place: str | None, ctx: Context) -> str:
    """Return the names of a place and of all it is part of, the largest first."""
    names: list[str] = []
    at = place
    for _ in range(_DEEPEST):
        known = None if at is None else ctx.place(at)
        if known is None:
            break
        names.append(known.name)
        at = known.parent
    return " › ".join(reversed(names)) or str(place)


def _when(at: int, ctx: Context) -> str:
    here = datetime.fromtimestamp(at // 1000, UTC).astimezone(zone(ctx.config.room.time_zone))
    return here.strftime("%Y-%m-%d %H:%M")
