"""The register as rows: people, items and places, with the indexes that lead to them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..room.model import UNFILED, Item, Person, Place, Where
from ..room.projections import projects
from ..room.rows import Put, RowsView, drop, note, put, words


@projects("person.registered")
def person_registered(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Store a person as the entry says, whole, and lead their badges to them."""
    person = msgspec.convert(body["person"], Person)
    was = rows.get(Person, person.id)
    yield from _retagged(f"person/{person.id}", was.badges if was else (), person.badges)
    yield put(person)
    if was is None or was.name != person.name:
        yield words(Person.table, person.id, person.id, person.name)


@projects("item.registered")
def item_registered(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Store an item as the entry says, whole; a new one rests at its home."""
    item = msgspec.convert(body["item"], Item)
    was = rows.get(Item, item.id)
    yield from _retagged(f"item/{item.id}", was.tags if was else (), item.tags)
    before = (was.number, was.parent) if was else (None, None)
    if before[0] != item.number:
        if before[0] is not None:
            yield drop("number", before[0])
        if item.number is not None:
            yield note("number", item.number, item.id)
    if before[1] != item.parent:
        if before[1] is not None:
            yield drop("in", f"{before[1]}/{item.id}")
        if item.parent is not None:
            yield note("in", f"{item.parent}/{item.id}")
    yield put(item)
    if was is None or (was.name, was.number, was.project) != (item.name, item.number, item.project):
        yield words(Item.table, item.id, item.id, item.number, item.name, item.project)
    if rows.get(Where, item.id) is None:
        yield from placed(Where(id=item.id, place=item.home or UNFILED, since=at), None)


@projects("place.registered")
def place_registered(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Store a place as the entry says, whole, in its order within what it is part of."""
    place = msgspec.convert(body["place"], Place)
    was = rows.get(Place, place.id)
    if was is not None and _ordered(was) != _ordered(place):
        yield drop("under", _ordered(was))
    yield note("under", _ordered(place))
    yield put(place)


@projects(
    "movement.check_out",
    "movement.exit",
    "movement.exit_without_leave",
    "movement.return",
    "movement.return_pending",
)
def moved(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterable[Put]:
    """An item has this holder now (None: nobody, it rests) and is at this place."""
    return move(body["item"], body["holder"], body["place"], at, rows)


def move(item: str, holder: str | None, place: str, at: int, rows: RowsView) -> Iterator[Put]:
    """Return the changes of rows for an item that changes hands or place; for projections."""
    was = rows.get(Where, item)
    last = holder
    if last is None and was is not None:
        last = was.holder or was.last_holder
    yield from placed(Where(id=item, holder=holder, place=place, since=at, last_holder=last), was)


def placed(now: Where, was: Where | None) -> Iterator[Put]:
    """Return the changes of rows that put an item where it is now, and no longer where it was."""
    if was is not None:
        if was.place != now.place:
            yield drop("at", f"{was.place}/{was.id}")
        if was.holder is not None and was.holder != now.holder:
            yield drop("held", f"{was.holder}/{was.id}")
    yield note("at", f"{now.place}/{now.id}")
    if now.holder is not None:
        yield note("held", f"{now.holder}/{now.id}")
    yield put(now)


def _retagged(target: str, before: Iterable[str], now: Iterable[str]) -> Iterator[Put]:
    for tag in sorted(set(before) - set(now)):
        yield drop("tag", tag)
    for tag in sorted(set(now) - set(before)):
        yield note("tag", tag, target)


def _ordered(place: Place) -> str:
    return f"{place.parent or ''}/{place.order:09d}/{place.id}"
