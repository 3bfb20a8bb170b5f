"""The register as rows: people, items and places, with the indexes that lead to them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..custody.register import placed
from ..room.model import UNFILED, Item, Person, Place, Where
from ..room.projections import projects
from ..room.rows import Put, RowsView, drop, note, put, words
from ..room.seeds import configured
from .numbers import parse


@projects("person.registered")
def person_registered(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Store a person as the entry says, whole, and lead their badges to them."""
    person = msgspec.convert(body["person"], Person)
    was = rows.get(Person, person.id)
    yield from configured(Person.table, person.id, body)
    yield from _retagged(f"person/{person.id}", was.badges if was else (), person.badges, rows)
    yield put(person)
    if was is None or was.name != person.name:
        yield words(Person.table, person.id, person.id, person.name)


@projects("item.registered")
def item_registered(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Store an item as the entry says, whole; a new one rests at its home."""
    item = msgspec.convert(body["item"], Item)
    was = rows.get(Item, item.id)
    yield from configured(Item.table, item.id, body)
    yield from _retagged(f"item/{item.id}", was.tags if was else (), item.tags, rows)
    if was is not None and was.home not in (None, item.home):
        yield drop("home", f"{was.home}/{item.id}")
    if item.home is not None and (was is None or was.home != item.home):
        yield note("home", f"{item.home}/{item.id}")
    before = (was.number, was.parent) if was else (None, None)
    if before[0] != item.number:
        if before[0] is not None and rows.points("number", before[0]) == item.id:
            yield drop("number", before[0])
        if item.number is not None:
            yield note("number", item.number, item.id)
            yield from _counted(item.number, rows)
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
    yield from configured(Place.table, place.id, body)
    if was is not None and _ordered(was) != _ordered(place):
        yield drop("under", _ordered(was))
    yield note("under", _ordered(place))
    yield put(place)


def _retagged(
    target: str, before: Iterable[str], now: Iterable[str], rows: RowsView
) -> Iterator[Put]:
    """Lead its tags to something, and those it has no more nowhere: unless they lead to another."""
    for tag in sorted(set(before) - set(now)):
        if rows.points("tag", tag) == target:
            yield drop("tag", tag)
    for tag in sorted(set(now) - set(before)):
        yield note("tag", tag, target)


def _counted(number: str, rows: RowsView) -> Iterator[Put]:
    """The highest volume of each series, so that the next number follows it."""
    found = parse(number)
    if found is not None:
        series, volume = found
        last = rows.points("series", series)
        if last is None or int(last) < volume:
            yield note("series", series, str(volume))


def _ordered(place: Place) -> str:
    return f"{place.parent or ''}/{place.order:09d}/{place.id}"
