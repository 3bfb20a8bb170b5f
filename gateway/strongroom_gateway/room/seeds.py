"""What the configuration registers. It says what somebody or something begins as: once taken over,
it is as the record says, and only what is changed in the file since then is taken over again.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from .effects import Record
from .model import Item, Person
from .rows import Put, Row, RowsView, put, row

REFUSED: Final = "configuration.refused"
Seeds = Mapping[str, Mapping[str, Row]]
"""Table -> id -> the row as the configuration has it."""


@row("seed")
class Seed(Row, frozen=True):
    """What the configuration said of a row when it was last taken over; the id is table/id."""

    row: dict[str, Any]


class _Change(NamedTuple):
    seed: Row
    now: Row | None
    """As it is registered."""
    new: Row
    """As it is to be registered."""


def unrecorded(seeds: Seeds, rows: RowsView) -> list[Record]:
    """Return the entries for what the configuration says and was not taken over yet.

    What cannot be (a number that is given already, a tag that is somebody else's) is refused in an
    entry, at each start until the file is put right. May raise RowsUnreadableError.
    """
    changes = {f"{c.seed.table}/{c.seed.id}": c for c in _changes(seeds, rows)}
    refused: dict[str, dict[str, Any]] = {}
    while True:
        accepted = {name: c for name, c in changes.items() if name not in refused}
        found = dict(_conflicts(accepted, rows))
        if not found:
            break
        refused |= found  # what relied on one of these is looked at once more
    return [
        _refusal(change, refused[name]) if name in refused else _registered(change)
        for name, change in changes.items()
    ]


def configured(table: str, name: str, body: Mapping[str, Any]) -> Iterator[Put]:
    """Return the change that remembers what the configuration said; for projections."""
    if "configured" in body:
        yield put(Seed(id=f"{table}/{name}", row=body["configured"]))


def _changes(seeds: Seeds, rows: RowsView) -> Iterator[_Change]:
    for table, of_table in seeds.items():
        for seed in of_table.values():
            taken = rows.get(Seed, f"{table}/{seed.id}")
            before = None if taken is None else _as_row(type(seed), taken.row)
            if before != seed:
                now = rows.get(type(seed), seed.id)
                yield _Change(seed, now, _merged(seed, before, now))


def _as_row(cls: type[Row], told: dict[str, Any]) -> Row | None:
    """Return a row that was remembered; None for one of a form from before."""
    try:
        return msgspec.convert(told, cls)
    except msgspec.ValidationError:
        return None


def _merged(seed: Row, before: Row | None, now: Row | None) -> Row:
    """Return the registered row with what has changed in the configuration."""
    if before is None or now is None:
        return seed
    names = [field.name for field in msgspec.structs.fields(seed)]
    changed = {n: getattr(seed, n) for n in names if getattr(seed, n) != getattr(before, n)}
    return msgspec.structs.replace(now, **changed)


def _conflicts(
    changes: Mapping[str, _Change], rows: RowsView
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what cannot be registered, with the text that says why."""
    claimed: dict[str, str] = {}
    for name, change in changes.items():
        why = _number_conflict(change, claimed, rows) or _tag_conflict(name, changes, claimed, rows)
        if why is not None:
            yield name, why


def _number_conflict(
    change: _Change, claimed: dict[str, str], rows: RowsView
) -> dict[str, Any] | None:
    new, now = change.new, change.now
    if not isinstance(new, Item):
        return None
    if isinstance(now, Item) and now.number is not None and now.number != new.number:
        return {"key": "act.number_fixed", "params": {"item": now.id, "number": now.number}}
    if new.number is None:
        return None
    by = rows.points("number", new.number) or claimed.get(f"number/{new.number}", new.id)
    if by != new.id:
        return {"key": "act.number_taken", "params": {"number": new.number, "by": by}}
    claimed[f"number/{new.number}"] = new.id
    return None


def _tag_conflict(
    name: str, changes: Mapping[str, _Change], claimed: dict[str, str], rows: RowsView
) -> dict[str, Any] | None:
    for tag in tags_of(changes[name].new):
        owner = rows.points("tag", tag)
        if owner is not None and owner in changes and tag not in tags_of(changes[owner].new):
            owner = None  # it is given up in the same go
        by = claimed.get(f"tag/{tag}") or owner or name
        if by != name:
            return {"key": "act.tag_taken", "params": {"tag": tag, "by": by}}
    claimed.update({f"tag/{tag}": name for tag in tags_of(changes[name].new)})
    return None


def tags_of(row: Row | None) -> tuple[str, ...]:
    """Return the tags of an item, or the badges of a person."""
    if isinstance(row, Item):
        return row.tags
    return row.badges if isinstance(row, Person) else ()


def _registered(change: _Change) -> Record:
    table = change.seed.table
    body = {
        "by": "configuration",
        table: msgspec.to_builtins(change.new),
        "configured": msgspec.to_builtins(change.seed),
    }
    return Record(f"{table}.registered", body)


def _refusal(change: _Change, because: Mapping[str, Any]) -> Record:
    why = {"rule": REFUSED, **because}
    body = {"by": "configuration", change.seed.table: msgspec.to_builtins(change.seed), "why": why}
    return Record(REFUSED, body)
