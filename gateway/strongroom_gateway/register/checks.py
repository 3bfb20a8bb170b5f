"""Whether what is to be registered can be: ids, tags and numbers belong to one alone."""

import re
from typing import Any, Final, TypeVar, cast, get_args

import msgspec

from ..errors import RefusedActError
from ..register.section import Item as ItemSection
from ..register.section import Person as PersonSection
from ..register.section import Place as PlaceSection
from ..room.context import Context
from ..room.model import CertificateKind, Item, ItemKind, Person, Place, PlaceKind, Role
from ..room.rows import Row
from ..room.seeds import tags_of
from . import numbers

_DEEPEST = 32
_SAID = 80
"""Letters of a wrong value that are said again: the refusal goes into the record."""
_R = TypeVar("_R", bound=Row)

_SECTIONS: dict[str, type[ItemSection | PersonSection | PlaceSection]] = {
    "person": PersonSection,
    "item": ItemSection,
    "place": PlaceSection,
}
_FIELD: Final = re.compile(r"at `\$\.(?P<field>[a-z_]+)(?:\[(?P<n>\d+)\])?`")
"""Where msgspec says that a value does not fit."""
_LABELS: Final = ("name", "number", "department", "project", "scope")
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Line ends, and signs nobody sees: with them two names look like one, or a name like two lines."""
_KNOWN: Final[dict[tuple[str, str], Any]] = {
    ("item", "kind"): ItemKind,
    ("item", "certificate"): CertificateKind,
    ("place", "kind"): PlaceKind,
    ("person", "roles"): Role,
}


class Batch:
    """What the rows before this one of the same act will have registered."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.homes: dict[str, set[str]] = {}
        """What belongs where, of these rows."""
        self._tags: dict[str, str] = {}
        self._numbers: dict[str, str] = {}

    def add(self, row: Row) -> None:
        """Take a row that can be registered."""
        owner = f"{row.table}/{row.id}"
        self.rows[owner] = row
        self._tags.update(dict.fromkeys(tags_of(row), owner))
        if isinstance(row, Item) and row.home is not None:
            self.homes.setdefault(row.home, set()).add(row.id)
        if isinstance(row, Item) and row.number is not None:
            self._numbers[numbers.plain(row.number)] = row.id

    def person(self, name: str, ctx: Context) -> Person | None:
        """Return a person as registered after these rows."""
        return cast("Person | None", self.rows.get(f"person/{name}")) or ctx.person(name)

    def item(self, name: str, ctx: Context) -> Item | None:
        """Return an item as registered after these rows."""
        return cast("Item | None", self.rows.get(f"item/{name}")) or ctx.item(name)

    def place(self, name: str, ctx: Context) -> Place | None:
        """Return a place as registered after these rows."""
        return cast("Place | None", self.rows.get(f"place/{name}")) or ctx.place(name)

    def tag_owner(self, tag: str, ctx: Context) -> str:
        """Return what carries a tag after these rows, an empty word for nothing."""
        owner = self._tags.get(tag) or ctx.tag_owner(tag)
        row = self.rows.get(owner)
        return "" if row is not None and tag not in tags_of(row) else owner

    def number_of(self, number: str, ctx: Context) -> str | None:
        """Return which item has a number after these rows."""
        return self._numbers.get(numbers.plain(number)) or ctx.rows.points("number", number)


def person(given: dict[str, object], ctx: Context, batch: Batch) -> Person:
    """Return the person to register; RefusedActError says why not."""
    checked = _typed(given, "person", Person)
    _once(checked, batch)
    _own_tags(checked.badges, f"person/{checked.id}", ctx, batch)
    return checked


def item(given: dict[str, object], ctx: Context, batch: Batch) -> Item:
    """Return the item to register; RefusedActError says why not."""
    checked = _typed(given, "item", Item)
    _once(checked, batch)
    was = ctx.item(checked.id)
    if was is not None and was.number is not None and was.number != checked.number:
        raise RefusedActError("act.number_fixed", {"item": was.id, "number": was.number})
    if checked.number is not None:
        for number in numbers.alike(checked.number, ctx.rows):
            holder = batch.number_of(number, ctx)
            if holder not in (None, checked.id):
                raise RefusedActError("act.number_taken", {"number": number, "by": holder})
    if checked.kind == "certificate":
        if checked.certificate is None:
            raise RefusedActError("act.certificate_kind", {"item": checked.id})
        if checked.parent is not None:
            raise RefusedActError("act.certificate_in_box", {"item": checked.id})
    elif checked.certificate is not None:
        raise RefusedActError("act.no_certificate", {"item": checked.id, "kind": checked.kind})
    if checked.home is not None:
        home = batch.place(checked.home, ctx)
        if home is None:
            raise RefusedActError("act.unknown_place", {"place": checked.home})
        if home.kind == "slot" and checked.parent is None:
            _room_for(checked, home, was, ctx, batch)
    _inside(checked, ctx, batch)
    _own_tags(checked.tags, f"item/{checked.id}", ctx, batch)
    return checked


def place(given: dict[str, object], ctx: Context, batch: Batch) -> Place:
    """Return the place to register; RefusedActError says why not."""
    checked = _typed(given, "place", Place)
    _once(checked, batch)
    if checked.custodian is not None:
        _custodian(checked, checked.custodian, ctx, batch)
    above = checked.parent
    for _ in range(_DEEPEST):
        if above is None:
            return checked
        if above == checked.id:
            break
        found = batch.place(above, ctx)
        if found is None:
            raise RefusedActError("act.unknown_place", {"place": above})
        above = found.parent
    raise RefusedActError("act.inside_itself", {"what": checked.id})


def _custodian(place: Place, name: str, ctx: Context, batch: Batch) -> None:
    """Refuse a custodian there is not, and one who has left: but where they are, they are named."""
    person = batch.person(name, ctx)
    if person is None:
        raise RefusedActError("act.unknown_person", {"person": name})
    was = ctx.place(place.id)
    if not person.active and (was is None or was.custodian != name):
        raise RefusedActError("act.person_inactive", {"person": person.name})


def _once(row: Row, batch: Batch) -> None:
    """Of two rows with one id in a list the second would change what the first has just said."""
    if f"{row.table}/{row.id}" in batch.rows:
        raise RefusedActError("act.id_twice", {"what": row.id})


def _room_for(item: Item, slot: Place, was: Item | None, ctx: Context, batch: Batch) -> None:
    """Refuse a slot that others belong into already; what belongs there before stays."""
    if was is not None and was.home == slot.id and was.parent is None:
        return
    capacity = 1 if slot.capacity is None else slot.capacity
    there = {name.rpartition("/")[2] for name, _ in ctx.rows.scan("home", f"{slot.id}/")}
    there |= batch.homes.get(slot.id, set())
    there = {
        name
        for name in there - {item.id}
        if (found := batch.item(name, ctx)) is not None
        and found.home == slot.id
        and found.parent is None
    }
    if len(there) >= capacity:
        params = {"slot": slot.id, "by": ", ".join(sorted(there)[:3]), "capacity": capacity}
        raise RefusedActError("act.slot_taken", params)


def _inside(item: Item, ctx: Context, batch: Batch) -> None:
    above = item.parent
    for _ in range(_DEEPEST):
        if above is None:
            return
        if above == item.id:
            break
        found = batch.item(above, ctx)
        if found is None:
            raise RefusedActError("act.unknown_item", {"item": above})
        if found.kind == "certificate":
            raise RefusedActError("act.in_certificate", {"item": item.id})
        above = found.parent
    raise RefusedActError("act.inside_itself", {"what": item.id})


def _own_tags(tags: tuple[str, ...], owner: str, ctx: Context, batch: Batch) -> None:
    for tag in tags:
        holder = batch.tag_owner(tag, ctx)
        if holder not in ("", owner) or tags.count(tag) > 1:
            raise RefusedActError("act.tag_taken", {"tag": tag, "by": holder or owner})


def _typed(given: dict[str, object], kind: str, row: type[_R]) -> _R:
    try:
        section = msgspec.convert(given, _SECTIONS[kind])
    except msgspec.ValidationError as bad:
        raise _said(str(bad), kind, given) from bad
    for field in _LABELS:
        label = getattr(section, field, None)
        for part in label if isinstance(label, list) else [label]:
            if part is not None and (_UNSEEN.search(part) or part != part.strip()):
                raise RefusedActError(
                    "act.bad_label", {"column": field, "cell": ascii(part[:_SAID])}
                )
    return msgspec.convert(msgspec.to_builtins(section), row)


def _said(reason: str, kind: str, given: dict[str, object]) -> RefusedActError:
    """Return a refusal in words for the fields that lists get wrong most; else the reason as is."""
    found = _FIELD.search(reason)
    field = found["field"] if found is not None else ""
    cell: object = given.get(field)
    if found is not None and found["n"] is not None and isinstance(cell, list):
        cell = cell[int(found["n"])]
    if not isinstance(cell, str):
        return RefusedActError("act.bad_body", {"reason": reason})
    cell = cell[:_SAID]
    if field in ("id", "home", "parent", "custodian"):
        return RefusedActError("act.bad_id", {"column": field, "cell": cell})
    if field in ("tags", "badges"):
        return RefusedActError("act.bad_tag", {"cell": cell})
    if (kind, field) in _KNOWN:
        known = ", ".join(get_args(_KNOWN[kind, field]))
        return RefusedActError("act.bad_word", {"column": field, "cell": cell, "known": known})
    return RefusedActError("act.bad_body", {"reason": reason})
