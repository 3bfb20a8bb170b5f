"""Reading routes about safes: what they hold, by the record and by their readers; the days."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import Field

from ..room.context import Context
from ..safes.contents import compare
from ..safes.opening import RULE as OPENING
from ..safes.section import SafeSection
from ..safes.visit import Safe
from .asking import AfterIdx, Limit, Newest, TheSource
from .models import EntriesPage, Millis, Refusal, _Model
from .views import entry_view

_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is no such safe."}
}
_AWAY: dict[int | str, dict[str, Any]] = {
    503: {"model": Refusal, "description": "The record cannot be read now."}
}

api = APIRouter(tags=["safes"], prefix="/safes")


class SafeView(_Model):
    """A safe as it is now. `seen` is null while nothing can be heard."""

    id: str
    name: str
    is_open: bool
    opened: Annotated[Millis | None, Field(description="Since when it is open.")]
    people: Annotated[list[str], Field(description="Who badged at the present opening.")]
    expected: Annotated[list[str], Field(description="Items with a tag it holds by the record.")]
    seen: Annotated[list[str] | None, Field(description="Items its reader hears.")]
    unknown: Annotated[list[str], Field(description="Tags of nothing that is registered.")]
    reconciled: Annotated[Millis | None, Field(description="When both were last compared.")]
    agrees: Annotated[bool, Field(description="Whether both agreed then.")]


class SafesPage(_Model):
    """All safes."""

    safes: list[SafeView]


@api.get("", responses=_AWAY)
def safes(source: TheSource) -> SafesPage:
    """Return every safe."""
    states = source.states(OPENING)
    return source.look(
        lambda ctx: SafesPage(
            safes=[_view(s, states.get(s.id) or Safe(), ctx) for s in ctx.safes.values()]
        )
    )


@api.get("/{safe}", responses=_MISSING | _AWAY)
def safe(source: TheSource, safe: str) -> SafeView:
    """Return one safe."""
    for view in safes(source).safes:
        if view.id == safe:
            return view
    raise HTTPException(404, safe)


@api.get("/{safe}/day-ends", responses=_MISSING | _AWAY)
def day_ends(
    source: TheSource, safe: str, after: AfterIdx = -1, limit: Limit = 31, newest: Newest = False
) -> EntriesPage:
    """Return how each day of a safe ended, in the order of the record, or newest first.

    A page may hold fewer than `limit`, those of other safes left out, and still have a next one.
    """
    if not source.look(lambda ctx: safe in ctx.safes):
        raise HTTPException(404, safe)
    if newest:
        rows = source.record.newest_entries(limit, "safe.day_end")
    else:
        rows = source.record.entries(after, limit, "safe.day_end")
    more = len(rows) == limit and not newest
    return EntriesPage(
        entries=[entry_view(row) for row in rows if row.body["safe"] == safe],
        next=rows[-1].idx if more else None,
    )


def _view(section: SafeSection, state: Safe, ctx: Context) -> SafeView:
    found = compare(state, section, ctx)
    opening = state.opening if state.opening is not None and state.opening.shut is None else None
    deaf = not section.readers or any(reader in state.deaf for reader in section.readers)
    return SafeView(
        id=section.id,
        name=section.name,
        is_open=opening is not None,
        opened=None if opening is None else opening.since,
        people=list(state.present(section, ctx)) if opening is not None else [],
        expected=sorted(found.expected),
        seen=None if deaf else sorted(found.seen),
        unknown=sorted(found.strange),
        reconciled=state.reconciled,
        agrees=state.agrees,
    )
