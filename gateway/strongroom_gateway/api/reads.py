"""The reading routes."""

import heapq
import sqlite3
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import PlainTextResponse, Response

from ..alarms.book import UnknownAlarmError
from ..errors import LedgerError
from ..i18n import text
from ..ledger.dating import EntryView
from ..room.context import Context
from ..room.model import Item, ItemKind
from ..room.projections import kinds
from .asking import AfterIdx, AfterName, Language, Limit, Newest, TheSource
from .exposition import CONTENT_TYPE
from .models import (
    AlarmOut,
    AlarmsPage,
    EntriesPage,
    EntryOut,
    Health,
    ItemsPage,
    ItemView,
    Ledger,
    MovementsPage,
    NodesPage,
    NodeView,
    Refusal,
    RoomView,
)
from .source import Source
from .views import alarm_view, entry_view, item_view, movement_view, node_views, room_view

_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is none of this name."}
}
_AWAY: dict[int | str, dict[str, Any]] = {
    503: {"model": Refusal, "description": "The record cannot be read now."}
}

api = APIRouter(tags=["room"])
outside = APIRouter(tags=["gateway"])


@api.get("/room", responses=_AWAY)
def room(source: TheSource) -> RoomView:
    """Return the room at a glance. Without a readable record `ledger` is null."""
    try:
        head = source.record.head()
    except (sqlite3.Error, LedgerError):
        return room_view(source, None)
    return room_view(source, Ledger(size=head.size, root=head.root.hex()))


@api.get("/nodes")
def nodes(source: TheSource, after: AfterName = "", limit: Limit = 100) -> NodesPage:
    """Return the nodes by name."""
    found = [view for view in node_views(source) if view.id > after]
    more = len(found) > limit
    found = found[:limit]
    return NodesPage(nodes=found, next=found[-1].id if more else None)


@api.get("/nodes/{node}", responses=_MISSING)
def node(source: TheSource, node: str) -> NodeView:
    """Return one node."""
    for view in node_views(source):
        if view.id == node:
            return view
    raise HTTPException(404, node)


@api.get("/items")
def items(
    source: TheSource,
    after: AfterName = "",
    limit: Limit = 100,
    holder: Annotated[str | None, Query(description="Only what this person holds.")] = None,
    place: Annotated[str | None, Query(description="Only what is at this place.")] = None,
    kind: Annotated[
        ItemKind | None, Query(description="Only these: the ledger of files, or of certificates.")
    ] = None,
) -> ItemsPage:
    """Return items by id, with who holds them and where they are."""
    found = source.look(lambda ctx: _items(ctx, after, limit + 1, holder, place, kind))
    more = len(found) > limit
    found = found[:limit]
    return ItemsPage(items=found, next=found[-1].id if more else None)


def _items(
    ctx: Context,
    after: str,
    limit: int,
    holder: str | None,
    place: str | None,
    kind: ItemKind | None,
) -> list[ItemView]:
    if holder is not None:
        names = _indexed(ctx, "held", holder, after)
    elif place is not None:
        names = _indexed(ctx, "at", place, after)
    else:
        names = (name for name, _ in ctx.rows.scan(Item.table, "", after))
    found: list[ItemView] = []
    for name in names:
        item = ctx.item(name)
        if item is None or kind not in (None, item.kind):
            continue
        if place is not None and ctx.where(name).place != place:
            continue
        found.append(item_view(item, ctx))
        if len(found) == limit:
            break
    return found


def _indexed(ctx: Context, index: str, of: str, after: str) -> Iterator[str]:
    for name, _ in ctx.rows.scan(index, f"{of}/", f"{of}/{after}" if after else ""):
        yield name.rpartition("/")[2]


@api.get("/items/{item}", responses=_MISSING)
def item(source: TheSource, item: str) -> ItemView:
    """Return one item."""
    view = source.look(lambda ctx: item_view(found, ctx) if (found := ctx.item(item)) else None)
    if view is None:
        raise HTTPException(404, item)
    return view


@api.get("/movements", responses=_AWAY)
def movements(
    source: TheSource,
    after: AfterIdx = -1,
    limit: Limit = 100,
    newest: Newest = False,
    item: Annotated[str | None, Query(description="Only movements of this item.")] = None,
) -> MovementsPage:
    """Return movements in the order of the ledger, or the last ones, newest first.

    With `item`, a page may hold fewer than `limit` and still have a next one.
    """
    rows = _newest_movements(source, limit) if newest else _movements(source, after, limit)
    moved = {e.body["item"] for e in rows}
    names = source.look(lambda ctx: {i: known.name for i in moved if (known := ctx.item(i))})
    more = len(rows) == limit and not newest
    return MovementsPage(
        movements=[movement_view(e, names) for e in rows if item in (None, e.body["item"])],
        next=rows[-1].idx if more else None,
    )


def _movement_kinds() -> list[str]:
    """Return every kind of entry that says an item changed hands or place."""
    return sorted(kind for kind in kinds() if kind.startswith("movement."))


def _movements(source: Source, after: int, limit: int) -> list[EntryView]:
    lists = [source.record.entries(after, limit, kind) for kind in _movement_kinds()]
    return list(heapq.merge(*lists, key=lambda e: e.idx))[:limit]


def _newest_movements(source: Source, limit: int) -> list[EntryView]:
    lists = [source.record.newest_entries(limit, kind) for kind in _movement_kinds()]
    return list(heapq.merge(*lists, key=lambda e: -e.idx))[:limit]


@api.get("/entries", responses=_AWAY)
def entries(
    source: TheSource,
    after: AfterIdx = -1,
    limit: Limit = 100,
    newest: Newest = False,
    kind: Annotated[str | None, Query(description="Only entries of this kind.")] = None,
    node: Annotated[str | None, Query(description="Only messages of this node.")] = None,
) -> EntriesPage:
    """Return entries of the ledger in their order, or the last ones, newest first."""
    if newest:
        rows = source.record.newest_entries(limit, kind, node)
    else:
        rows = source.record.entries(after, limit, kind, node)
    more = len(rows) == limit and not newest
    return EntriesPage(entries=[entry_view(e) for e in rows], next=rows[-1].idx if more else None)


@api.get("/entries/{idx}", responses=_MISSING | _AWAY)
def entry(source: TheSource, idx: Annotated[int, Path(ge=0, lt=2**62)]) -> EntryOut:
    """Return one entry of the ledger."""
    found = source.record.entry(idx)
    if found is None:
        raise HTTPException(404, str(idx))
    return entry_view(found)


@api.get("/alarms")
def alarms(
    source: TheSource, language: Language, after: AfterName = "", limit: Limit = 100
) -> AlarmsPage:
    """Return the alarms that are not normal, by id, in the language that is asked for."""
    found = sorted((a for a in source.alarms() if a.id > after), key=lambda a: a.id)
    more = len(found) > limit
    found = found[:limit]
    return AlarmsPage(
        alarms=[alarm_view(a, language) for a in found], next=found[-1].id if more else None
    )


@api.get("/alarms/{alarm}", responses=_MISSING)
def alarm(source: TheSource, language: Language, alarm: str) -> AlarmOut:
    """Return one alarm."""
    for found in source.alarms():
        if found.id == alarm:
            return alarm_view(found, language)
    raise UnknownAlarmError(alarm)


@outside.get("/health", responses={503: {"model": Health, "description": "It is in trouble."}})
def health(source: TheSource, language: Language, response: Response) -> Health:
    """Return whether the gateway does its work, and in words every reason why not."""
    troubles = source.troubles()
    if not troubles:
        return Health(status="ok", reasons=[])
    response.status_code = 503
    reasons = [text(t.key, t.params, language) for t in troubles]
    return Health(status="trouble", reasons=reasons)


@outside.get("/metrics", response_class=PlainTextResponse)
def metrics(source: TheSource) -> Response:
    """Return the counters in the Prometheus text format."""
    return Response(source.metrics(), media_type=CONTENT_TYPE)
