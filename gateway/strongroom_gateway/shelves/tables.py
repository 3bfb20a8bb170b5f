"""The configuration of the shelves as look-up tables."""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import msgspec

from ..hours import OpeningHours
from ..room.context import Context
from ..shelves.section import ShelfBankSection, ShelfReaderSection
from .aisles import Geometry


class Bank(msgspec.Struct, frozen=True):
    """A bank with its measures, its hours (None: they are not watched) and where badges are read."""

    section: ShelfBankSection
    geometry: Geometry
    hours: OpeningHours | None
    badge_readers: frozenset[str]

    @property
    def id(self) -> str:
        """Return the bank's name in slots and alarms."""
        return self.section.id


class Tables(msgspec.Struct, frozen=True):
    """Banks and shelf readers by what messages name."""

    banks: Mapping[str, Bank]
    carriages: Mapping[tuple[str, str, int], tuple[str, int]]
    """(node, device, number there) -> (bank, carriage)."""
    nodes: frozenset[str]
    badge_readers: frozenset[str]
    readers: Mapping[str, ShelfReaderSection]
    reader_at: Mapping[tuple[str, str, str | None], str]


_made: WeakKeyDictionary[Context, Tables] = WeakKeyDictionary()


def tables(ctx: Context) -> Tables:
    """Return the tables of a room; its configuration never changes while it runs."""
    found = _made.get(ctx)
    if found is None:
        found = _made[ctx] = _make(ctx)
    return found


def _make(ctx: Context) -> Tables:
    desks = frozenset(f"{d.node}/{d.reader}" for d in ctx.config.desk)
    banks: dict[str, Bank] = {}
    carriages: dict[tuple[str, str, int], tuple[str, int]] = {}
    for section in ctx.config.shelf_bank:
        geometry = Geometry(
            travel_mm=section.travel_mm,
            low_mm=tuple(section.low_mm or [0] * len(section.carriages)),
            open_mm=section.open_mm,
            shut_mm=section.shut_mm,
            tolerance_mm=section.tolerance_mm,
        )
        hours = ctx.settings.hours[f"shelf_bank/{section.id}"] if section.hours else None
        badges = frozenset(section.badge_readers) or desks
        banks[section.id] = Bank(section, geometry, hours, badges)
        for n, name in enumerate(section.carriages, 1):
            node, device, number = name.split("/")
            carriages[node, device, int(number)] = (section.id, n)
    readers = {r.id: r for r in ctx.config.shelf_reader}
    return Tables(
        banks=banks,
        carriages=carriages,
        nodes=frozenset(node for node, _, _ in carriages),
        badge_readers=frozenset().union(*(b.badge_readers for b in banks.values())),
        readers=readers,
        reader_at={(r.node, r.reader, r.ant): r.id for r in readers.values()},
    )
