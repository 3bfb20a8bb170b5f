"""What rules may look at: the configuration as look-up tables, and where each item is."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..config import Settings
from ..contract import Sensed
from ..profiles import Band, bands
from ..sections import DeskSection, GateSection, Item, Person, SafeSection, ZoneSection

Say = Callable[[str, Mapping[str, Any]], str]
"""Renders a text of the catalogue in the language of the room."""

_EARLIEST = 1_704_067_200_000  # 2024: a clock that says less was never set
_AHEAD = 300_000


class ItemState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who holds an item (None: nobody, it is the room's), where it is, and since when (Unix ms)."""

    holder: str | None = None
    place: str | None = None
    since: int = 0
    last_holder: str | None = None


class Zone(msgspec.Struct, frozen=True):
    """A zone with its bands resolved."""

    section: ZoneSection
    temperature: Band
    humidity: Band


class Context:
    """Read by rules, changed by the room alone."""

    def __init__(self, settings: Settings, say: Say) -> None:
        config = settings.config
        self.settings = settings
        self.config = config
        self.say = say
        self.items: dict[str, ItemState] = {}
        self.counters: dict[str, int] = {}
        self.stale = int(config.climate.stale_s * 1000)
        self.view_every = int(config.climate.view_s * 1000)
        self.silent_after = int(config.nodes.silent_after_s * 1000)
        self.zones: dict[str, Zone] = {}
        self.zone_of: dict[tuple[str, str], str] = {}
        for section in config.climate.zone:
            store = section.store or config.climate.store
            t, rh = bands(settings.profile, store, config.climate.delay_s)
            self.zones[section.id] = Zone(section, t, rh)
            for sensor in section.sensors:
                node, _, device = sensor.partition("/")
                self.zone_of[node, device] = section.id
        self.safes: dict[str, SafeSection] = {s.id: s for s in config.safe}
        self.safe_at = {(s.node, s.input): s.id for s in config.safe}
        self.gates: dict[str, GateSection] = {g.id: g for g in config.gate}
        self.gate_at = {(g.node, g.reader): g.id for g in config.gate}
        self.desks: dict[str, DeskSection] = {d.id: d for d in config.desk}
        self.desk_at = {(d.node, d.reader): d.id for d in config.desk}
        self.people: dict[str, Person] = {p.id: p for p in settings.people}
        self.badges: dict[str, Person] = {b: p for p in settings.people for b in p.badges}
        self.register: dict[str, Item] = {i.id: i for i in settings.items}
        self.tags: dict[str, Item] = {t: i for i in settings.items for t in i.tags}

    def item(self, item: str) -> ItemState:
        """Return where an item is; one never moved is at home."""
        state = self.items.get(item)
        if state is not None:
            return state
        known = self.register.get(item)
        return ItemState(place=known.home if known is not None else None)

    def person_name(self, person: str | None) -> str:
        """Return a person's name, or the id of one no longer registered, or a dash."""
        if person is None:
            return "—"
        known = self.people.get(person)
        return known.name if known is not None else person

    def count(self, what: str) -> None:
        """Count something that leads to no decision but should be seen."""
        self.counters[what] = self.counters.get(what, 0) + 1


def sensed_at(event: Sensed) -> int:
    """Return when it happened in Unix ms: by the node's clock where that is plausible, else as
    received.
    """
    ts = event.ts
    if ts is not None and _EARLIEST <= ts <= event.received + _AHEAD:
        return ts
    return event.received


def when(event: Sensed) -> dict[str, Any]:
    """Return when it happened, for the reasons of a decision, and whose clock says so."""
    at = sensed_at(event)
    return {"at": at, "at_source": "node" if at == event.ts else "received"}


def evidence(event: Sensed) -> dict[str, Any]:
    """Return what names a message in the ledger."""
    return {"node": event.node, "lane": event.lane, "boot": event.boot, "seq": event.seq}
