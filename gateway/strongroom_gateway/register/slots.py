"""The act that registers the slots of a layout: as often as one likes, and never over others."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effect, Effects, Record
from ..room.model import Place
from ..shelves.address import Address, address
from . import checks
from .acts import KEEPERS, MOST_ROWS
from .layout import Layout, Slot, count, prefix, slots

_MOST_THERE: Final = 50_000
"""Places that are looked at for one that is in the way: meanwhile alarms of sensors wait."""


class LaidOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layout, and from which of its slots on: one act registers 100 of them."""

    layout: Layout
    first: Annotated[int, Meta(ge=1)] = 1


@act("place.lay_out", body=LaidOut, roles=KEEPERS, local=True)
def lay_out(asked: Act[LaidOut], now: int, ctx: Context) -> Effects:
    """Register the slots of a layout, from `first` on. Refused as a whole, with the first one that
    is in the way, when a place of these ids says something else.
    """
    layout, first = asked.body.layout, asked.body.first
    total = count(layout)
    # The whole is looked at once, before anything of it is registered; then each part for itself.
    if first == 1:
        whole = _places(slots(layout), layout)
        _sound(layout, list(whole), ctx)
        _in_the_way(layout, whole, ctx)
    wanted = _places(slots(layout, first, MOST_ROWS), layout)
    effects: list[Effect] = []
    batch = checks.Batch()
    for name, slot in wanted.items():
        there = ctx.place(name)
        if there == slot:
            continue
        if there is not None:
            raise RefusedActError("act.layout_clash", {"slot": name})
        place = checks.place(msgspec.to_builtins(slot), ctx, batch)
        batch.add(place)
        body = {"by": asked.by, "place": msgspec.to_builtins(place)}
        effects.append(Record("place.registered", body))
    summary = {
        "by": asked.by,
        "parent": layout.parent,
        "slots": layout.slots,
        "axes": [[axis.name, axis.of] for axis in layout.axes],
        "capacity": layout.capacity,
        "first": first,
        "looked": len(wanted),
        "registered": len(effects),
        "total": total,
        "at": now,
    }
    return [*effects, Record("place.laid_out", summary)]


def _places(of: Iterable[Slot], layout: Layout) -> dict[str, Place]:
    """Return slots as places by id, in the order of filing. Their ids sort so, and with none
    of them numbered a layout can grow in any direction.
    """
    return {
        slot.id: Place(
            id=slot.id,
            name=slot.name,
            kind="slot",
            parent=layout.parent,
            custodian=layout.custodian,
            capacity=layout.capacity,
        )
        for slot in of
    }


def _sound(layout: Layout, names: list[str], ctx: Context) -> None:
    """Refuse ids that are the same, do not sort as they are filed, or name a carriage there is not."""
    if len(names) < count(layout):
        raise RefusedActError("act.layout_same", {"pattern": layout.slots})
    for before, after in pairwise(names):
        if after < before:
            raise RefusedActError("act.layout_order", {"before": before, "after": after})
    banks = {bank.id: len(bank.carriages) for bank in ctx.config.shelf_bank}
    for name in names:
        slot = address(name)
        if slot is not None and slot.bank in banks and not _exists(slot, banks[slot.bank]):
            params = {"slot": name, "bank": slot.bank, "carriages": banks[slot.bank]}
            raise RefusedActError("act.layout_carriage", params)


def _exists(slot: Address, carriages: int) -> bool:
    """Return whether a bank has this face; the fixed shelf at the high end has only face a."""
    return slot.carriage <= carriages or (slot.carriage == carriages + 1 and slot.face == "a")


def _in_the_way(layout: Layout, wanted: dict[str, Place], ctx: Context) -> None:
    """Raise RefusedActError for a slot that is registered and says something else."""
    for looked, place in enumerate(ctx.rows.each(Place, prefix(layout)), 1):
        if looked > _MOST_THERE:
            raise RefusedActError("shelf.refused.looked", {"count": _MOST_THERE})
        if wanted.get(place.id, place) != place:
            raise RefusedActError("act.layout_clash", {"slot": place.id})
