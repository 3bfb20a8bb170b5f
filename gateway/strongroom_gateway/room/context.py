"""What rules may look at: the configuration as look-up tables, and where each item is."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import msgspec

from ..climate.section import ZoneSection
from ..config import Settings
from ..contract import Sensed
from ..custody.section import DeskSection, GateSection
from ..errors import RowsUnreadableError
from ..profiles import Band, bands
from ..safes.section import SafeSection
from .effects import Record
from .model import UNFILED, Item, Person, Place, Where
from .rows import Row, Rows
from .seeds import REFUSED, unrecorded

Say = Callable[[str, Mapping[str, Any]], str]
"""Renders a text of the catalogue in the language of the room."""

_R = TypeVar("_R", bound=Row)
_DEEPEST = 8  # places within places
_EARLIEST = 1_704_067_200_000  # 2024: a clock that says less was never set
_AHEAD = 300_000


class Zone(msgspec.Struct, frozen=True):
    """A zone with its bands resolved."""

    section: ZoneSection
    temperature: Band
    humidity: Band


class Context:
    """Read by rules, changed by the room alone."""

    def __init__(self, settings: Settings, say: Say, rows: Rows | None = None) -> None:
        config = settings.config
        self.settings = settings
        self.config = config
        self.say = say
        self.rows = rows or Rows()
        self.counters: dict[str, int] = {}
        self.configured = False
        """Whether the record has what the configuration registers; from then on the record says."""
        self._states: Callable[[str, str], Any] = lambda rule, key: None
        self._number: Callable[[str], int] = lambda rule: 0
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
        self.safe_reader_at = {(s.node, r): s.id for s in config.safe for r in s.readers}
        self.gates: dict[str, GateSection] = {g.id: g for g in config.gate}
        self.gate_at = {(g.node, g.reader): g.id for g in config.gate}
        self.desks: dict[str, DeskSection] = {d.id: d for d in config.desk}
        self.desk_at = {(d.node, d.reader): d.id for d in config.desk}
        self._seeds: dict[str, dict[str, Row]] = {
            Person.table: {p.id: _as(Person, p) for p in settings.people},
            Item.table: {i.id: _as(Item, i) for i in settings.items},
            Place.table: {p.id: _as(Place, p) for p in config.place},
        }
        self._seed_tags = {t: (Item.table, i.id) for i in settings.items for t in i.tags}
        self._seed_tags |= {b: (Person.table, p.id) for p in settings.people for b in p.badges}

    # -- the register ------------------------------------------------------------------------------

    def person(self, person: str) -> Person | None:
        """Return a person of the register."""
        return self._of(Person, person)

    def item(self, item: str) -> Item | None:
        """Return an item of the register."""
        return self._of(Item, item)

    def place(self, place: str) -> Place | None:
        """Return a place of the register."""
        return self._of(Place, place)

    def person_by_badge(self, tag: str) -> Person | None:
        """Return whose badge this is; nobody's when they are no longer active."""
        kind, name = self._tagged(tag)
        person = self.person(name) if kind == Person.table else None
        return person if person is not None and person.active else None

    def item_by_tag(self, tag: str) -> Item | None:
        """Return which item carries this tag."""
        kind, name = self._tagged(tag)
        return self.item(name) if kind == Item.table else None

    def is_known(self, tag: str) -> bool:
        """Return whether the register has a person or an item with this tag."""
        return self._tagged(tag)[0] != ""

    def tag_owner(self, tag: str) -> str:
        """Return what carries a tag, "item/ID" or "person/ID"; an empty word for nothing."""
        kind, name = self._tagged(tag)
        return f"{kind}/{name}" if kind else ""

    def where(self, item: str) -> Where:
        """Return where an item is; one never moved is at home."""
        try:
            found = self.rows.get(Where, item)
        except RowsUnreadableError:
            self.count("room.rows_unreadable")
            found = None
        if found is not None:
            return found
        known = self.item(item)
        return Where(id=item, place=known.home if known is not None and known.home else UNFILED)

    def accountable(self, item: str) -> str | None:
        """Return who answers for an item: its holder, or the custodian of the place it rests at.

        A place without a custodian of its own, or whose custodian has left, has that of the place
        it is part of; at last the one the configuration names for the room. What is at no place
        (outside, missing) is answered for by whose it is at home. When all of them have left, the
        nearest one is the answer still: never nobody, where somebody was named.
        """
        where = self.where(item)
        if where.holder is not None:
            return where.holder
        named = list(self._custodians(item, where.place))
        for one in named:
            person = self.person(one)
            if person is None or person.active:
                return one
        return named[0] if named else where.last_holder

    def _custodians(self, item: str, at: str | None) -> Iterator[str]:
        """Yield who is custodian of where an item rests, the nearest first."""
        if at is None or self.place(at) is None:
            known = self.item(item)
            at = None if known is None else known.home
        for _ in range(_DEEPEST):
            place = None if at is None else self.place(at)
            if place is None:
                break
            if place.custodian is not None:
                yield place.custodian
            at = place.parent
        if self.config.room.custodian is not None:
            yield self.config.room.custodian

    def person_name(self, person: str | None) -> str:
        """Return a person's name, or the id of one no longer registered, or a dash."""
        if person is None:
            return "—"
        known = self.person(person)
        return known.name if known is not None else person

    def state_of(self, rule: str, key: str) -> Any:
        """Return what another rule remembers of a key, None when nothing; it never changes."""
        return self._states(rule, key)

    def number_of(self, rule: str) -> int:
        """Return of how many keys another rule remembers something."""
        return self._number(rule)

    def unrecorded(self) -> list[Record]:
        """Return the entries for what the configuration says and was not taken over yet.

        May raise RowsUnreadableError.
        """
        records = unrecorded(self._seeds, self.rows)
        for record in records:
            if record.kind == REFUSED:
                self.count("register.configuration_refused")
        return records

    def _of(self, cls: type[_R], name: str) -> _R | None:
        try:
            found = self.rows.get(cls, name)
        except RowsUnreadableError:
            self.count("room.rows_unreadable")
        else:
            if found is not None or self.configured:
                return found
        return cast("_R | None", self._seeds[cls.table].get(name))

    def _tagged(self, tag: str) -> tuple[str, str]:
        """Return the table and id of what carries a tag; empty words for nothing."""
        try:
            target = self.rows.points("tag", tag)
        except RowsUnreadableError:
            self.count("room.rows_unreadable")
        else:
            if target is not None:
                kind, _, name = target.partition("/")
                return kind, name
            if self.configured:
                return "", ""
        return self._seed_tags.get(tag, ("", ""))

    def attach(self, states: Callable[[str, str], Any], number: Callable[[str], int]) -> None:
        """Let the room show what its rules remember: (rule, key) -> state, and of how many keys."""
        self._states = states
        self._number = number

    def count(self, what: str) -> None:
        """Count something that leads to no decision but should be seen."""
        self.counters[what] = self.counters.get(what, 0) + 1


def _as(cls: type[_R], section: Any) -> _R:
    """Return the row of a section of the configuration."""
    return msgspec.convert(msgspec.to_builtins(section), cls)


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
