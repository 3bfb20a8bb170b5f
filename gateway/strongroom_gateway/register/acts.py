"""Acts on the register: one at a time, or many rows of a list, each taken or refused with its
reason.
"""

from collections.abc import Callable
from itertools import islice
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effect, Effects, Record
from ..room.rows import Row
from . import checks, custodians, numbers

MOST_ROWS: Final = 100
"""Of one act: while it is decided on, alarms of sensors wait."""
KEEPERS: Final = ("archivist", "certificate_custodian")
_CHECKS: Final[dict[str, Callable[[dict[str, Any], Context, checks.Batch], Row]]] = {
    "person": checks.person,
    "item": checks.item,
    "place": checks.place,
}
Kind = Literal["person", "item", "place"]


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person, an item or a place, with every field it is to have; and why, for a change."""

    row: dict[str, Any]
    why: Annotated[str, Meta(max_length=500)] | None = None


class Numbered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item whose file number is given by its series: company, supply voltage (V), cabinet."""

    row: dict[str, Any]
    company: str
    voltage: float
    cabinet: str


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of a list; `first` is the number of the first one in the file they come from."""

    kind: Kind
    rows: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=MOST_ROWS)]
    source: Annotated[str, Meta(max_length=300)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    first: Annotated[int, Meta(ge=1)] = 1


@act("person.register", body=Named, roles=("general_manager", "chairman"), local=True)
def person_register(asked: Act[Named], now: int, ctx: Context) -> Effects:
    """Register a person, or change what the register says: the designation is itself a record
    (C1).
    """
    record = _registered("person", asked.body.row, asked.by, asked.body.why, ctx, checks.Batch())
    return [record, *_left(record, asked.by, now, ctx), *_looked_at([record], ctx)]


@act("item.register", body=Named, roles=KEEPERS, local=True)
def item_register(asked: Act[Named], now: int, ctx: Context) -> Effects:
    """Register an item, or change what the register says of it; its number stays (G6)."""
    return [_registered("item", asked.body.row, asked.by, asked.body.why, ctx, checks.Batch())]


@act("place.register", body=Named, roles=KEEPERS, local=True)
def place_register(asked: Act[Named], now: int, ctx: Context) -> Effects:
    """Register a place, or change it."""
    record = _registered("place", asked.body.row, asked.by, asked.body.why, ctx, checks.Batch())
    return [record, *_looked_at([record], ctx)]


@act("item.number", body=Numbered, roles=KEEPERS, local=True)
def item_number(asked: Act[Numbered], now: int, ctx: Context) -> Effects:
    """Register an item under the next number of its series."""
    body = asked.body
    of_class = numbers.voltage_class(body.voltage)
    series = numbers.series(body.company, of_class, body.cabinet)
    last = ctx.rows.points("series", series)
    given = numbers.number(series, (int(last) if last else 0) + 1)
    row = {"id": given, **body.row, "number": given}
    return [_registered("item", row, asked.by, None, ctx, checks.Batch())]


@act("register.import", body=Listed, roles=KEEPERS, local=True)
def register_import(asked: Act[Listed], now: int, ctx: Context) -> Effects:
    """Register what can be of a list; each refused row is named with its reason."""
    body = asked.body
    records: list[Record] = []
    refused: list[dict[str, Any]] = []
    batch = checks.Batch()
    unchanged = 0
    for at, row in enumerate(body.rows, body.first):
        try:
            record = _registered(body.kind, row, asked.by, None, ctx, batch)
        except RefusedActError as error:
            refused.append({"row": at, "key": error.key, "params": error.params})
            continue
        if _same(body.kind, record, ctx):
            unchanged += 1
        else:
            records.append(record)
    summary = {
        "by": asked.by,
        "kind": body.kind,
        "source": body.source,
        "sha256": body.sha256,
        "first": body.first,
        "rows": len(body.rows),
        "registered": len(records),
        "unchanged": unchanged,
        "refused": refused,
    }
    return [*records, Record("register.imported", summary), *_looked_at(records, ctx)]


def _looked_at(records: list[Record], ctx: Context) -> list[Effect]:
    """Let it be looked whether places are in the name of somebody who has left, where it may be."""
    return [custodians.LOOK] if any(custodians.concerns(one, ctx) for one in records) else []


def _left(record: Record, by: str, now: int, ctx: Context) -> list[Effect]:
    """Return the entry that names what somebody who leaves still has in hand, if there is anything;
    they answer for it until it is taken back.
    """
    person = record.body["person"]["id"]
    was = ctx.person(person)
    if was is None or not was.active or record.body["person"].get("active", True):
        return []
    held = (name.rpartition("/")[2] for name, _ in ctx.rows.scan("held", f"{person}/"))
    items = list(islice(held, MOST_ROWS + 1))
    if not items:
        return []
    body = {
        "person": person,
        "by": by,
        "items": items[:MOST_ROWS],
        "more": len(items) > MOST_ROWS,
        "at": now,
    }
    return [Record("person.left_holding", body)]


def _registered(
    kind: Kind,
    row: dict[str, Any],
    by: str,
    why: str | None,
    ctx: Context,
    batch: checks.Batch,
) -> Record:
    checked = _CHECKS[kind](row, ctx, batch)
    batch.add(checked)
    body: dict[str, Any] = {"by": by, kind: msgspec.to_builtins(checked)}
    if why is not None:
        body["why"] = why
    return Record(f"{kind}.registered", body)


def _same(kind: Kind, record: Record, ctx: Context) -> bool:
    """Return whether the register says so already."""
    row = record.body[kind]
    rows: dict[Kind, Any] = {"person": ctx.person, "item": ctx.item, "place": ctx.place}
    found = rows[kind](row["id"])
    return found is not None and bool(msgspec.to_builtins(found) == row)
