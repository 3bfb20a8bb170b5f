"""A person's word on an excursion: what it came from, and what was done about it.

A note stands in the ledger for ever; a later one may take its place, and both say so.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effects, Record
from ..room.projections import projects
from ..room.rows import Put, Row, RowsView, drop, note, put, row

KIND: Final = "climate.explained"
CAUSES: Final = ("door", "machine", "sensor", "weather", "people", "power", "other")
Cause = Literal["door", "machine", "sensor", "weather", "people", "power", "other"]

_Where = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\r\n\t]+\Z")]
_Words = Annotated[str, Meta(max_length=500)]
_Ms = Annotated[int, Meta(ge=0, lt=2**53)]


@row("climate_note")
class Note(Row, frozen=True):
    """That a note stands, and whose; what it says is in the ledger."""

    by: str


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`where` as zone or sensor; what was outside between `start` and `end` (Unix ms; no end: it
    lasts); the kind of `cause` and more about it in `text`; what was done; the note that this one
    `replaces`.
    """

    where: _Where
    start: _Ms
    cause: Cause
    text: _Words = ""
    action: _Words = ""
    end: _Ms | None = None
    quantity: Literal["t", "rh", "both", "co2", "pm25", "tvoc", "hcho", "uv", "light"] = "both"
    replaces: Annotated[str, Meta(max_length=20)] | None = None


@act("climate.explain", body=Asked, roles=("archivist", "facilities"))
def explain(asked: Act[Asked], now: int, ctx: Context) -> Effects:
    """Write down cause and action for the excursions of a stretch of time."""
    body = asked.body
    if not body.start <= now or (body.end is not None and not body.start < body.end <= now):
        raise RefusedActError("act.times_in_order", {})
    if body.cause == "other" and not body.text.strip():
        raise RefusedActError("act.cause_in_words", {})
    if body.replaces is not None and ctx.rows.get(Note, body.replaces) is None:
        raise RefusedActError("act.no_climate_note", {"note": body.replaces})
    last = ctx.rows.points("serial", "climate_note")
    entry: dict[str, Any] = {
        "note": f"E{1 + int(last or 0):05d}",
        **msgspec.to_builtins(body),
        "by": asked.by,
        "by_name": ctx.person_name(asked.by),
        "at": now,
    }
    return [Record(KIND, entry)]


@projects(KIND)
def explained(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterable[Put]:
    """The note stands, and one that it replaces does so no longer."""
    del at, rows
    name: str = body["note"]
    found = [put(Note(id=name, by=body["by"])), note("serial", "climate_note", str(int(name[1:])))]
    if body["replaces"] is not None:
        found.append(drop(Note.table, body["replaces"]))
    return found
