"""shelf.misplaced: a shelf reader hears a box that belongs elsewhere."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from ..contract import Sensed, Tag
from ..room.context import Context, evidence, sensed_at
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Start, Tick
from ..room.model import UNFILED, Item
from ..room.registry import RuleState, rule
from ..shelves.section import ShelfReaderSection
from .tables import tables

CODE: Final = "shelf.misplaced"
_UNHEARD_MS = 180_000  # a UHF tag that stays is reported once a minute
_AGAIN_MS = 60_000
_TOUCHING = 1_000  # an HF reader hears what lies on it and nothing else: above every RSSI


class Sighting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A box in a reader's field: since when, last heard when (Unix ms), and how strongly (dBm).

    `rssi` is None at an HF reader, which hears what stands before it and nothing else.
    """

    since: int
    at: int
    rssi: int | None
    read: dict[str, Any]


class Sightings(RuleState, frozen=True):
    """Where on the shelves a box is heard, by shelf reader, and where an alarm says it stands."""

    by: dict[str, Sighting] = msgspec.field(default_factory=dict)
    alarmed: str | None = None


def covers(reader: ShelfReaderSection, home: str) -> bool:
    """Return whether a place, or a part of it, is before this reader."""
    return any(home.startswith(prefix) or prefix.startswith(home) for prefix in reader.covers)


def stands_at(
    sightings: Mapping[str, Sighting], readers: Mapping[str, ShelfReaderSection], home: str
) -> str | None:
    """Return the reader by which a box stands; one that covers its home wherever it may be that.

    Radio goes through shelves: a box at home is heard next door as well. So a reader elsewhere
    counts only where it hears the box more strongly, by the margin, than any at its home.
    """
    if not sightings:
        return None
    loudness = {r: _TOUCHING if s.rssi is None else s.rssi for r, s in sightings.items()}
    loudest = max(sorted(loudness), key=lambda r: loudness[r])
    margin = readers[loudest].margin_db
    at_home = [
        r
        for r in loudness
        if covers(readers[r], home) and loudness[r] >= loudness[loudest] - margin
    ]
    return max(sorted(at_home), key=lambda r: loudness[r]) if at_home else loudest


def _box(ctx: Context, event: Sensed) -> str | None:
    known = tables(ctx)
    body = cast(Tag, event.body)
    if not known.readers or _reader(ctx, event, body) is None:
        return None
    item = ctx.item_by_tag(body.id)
    return None if item is None else item.id


def _reader(ctx: Context, event: Sensed, body: Tag) -> str | None:
    at = tables(ctx).reader_at
    found = at.get((event.node, body.reader, body.ant))
    return found if found is not None else at.get((event.node, body.reader, None))


@rule(CODE, state=Sightings, on=("event/tag",), key=_box)
def shelf_misplaced(
    state: Sightings | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Sightings | None, Effects]:
    """Raise when a box stands for a while where it does not belong; clear when it is home.

    It is also over when somebody has checked it out, when that place has become its home, and, for
    a box whose home has no reader, when it is gone from there. A box in somebody's hands is theirs
    to carry past any shelf.
    """
    was = state or Sightings()
    heard = dict(was.by)
    if isinstance(event, Sensed):
        body = cast(Tag, event.body)
        reader = _reader(ctx, event, body)
        item = ctx.item_by_tag(body.id)
        if reader is None or item is None:
            return state, NONE
        _hear(heard, reader, event, body, ctx)
    else:
        item = ctx.item(event.key)
    heard = {r: s for r, s in heard.items() if r in tables(ctx).readers and not _lapsed(s, now)}
    return _judged(heard, was.alarmed, item, now, ctx)


def _hear(heard: dict[str, Sighting], reader: str, event: Sensed, body: Tag, ctx: Context) -> None:
    if body.act == "gone":
        heard.pop(reader, None)
        return
    if body.rssi is not None and body.rssi < tables(ctx).readers[reader].rssi_floor:
        return
    at = sensed_at(event)
    before = heard.get(reader)
    read = {**evidence(event), "reader": body.reader, "ant": body.ant, "rssi": body.rssi}
    since = at if before is None else before.since
    heard[reader] = Sighting(since=since, at=at, rssi=body.rssi, read=read)


def _lapsed(sighting: Sighting, now: int) -> bool:
    return sighting.rssi is not None and now - sighting.at > _UNHEARD_MS


def _judged(
    heard: dict[str, Sighting], alarmed: str | None, item: Item | None, now: int, ctx: Context
) -> tuple[Sightings | None, Effects]:
    readers = tables(ctx).readers
    over = _over(heard, item, ctx)
    effects: list[Effect] = []
    due = now + _AGAIN_MS if heard or alarmed else None
    if over is not None:
        if alarmed is not None and item is not None:
            effects.append(Clear(CODE, item.id, {"rule": CODE, "because": over}))
            alarmed = None
    elif item is not None and item.home is not None:
        reader = stands_at(heard, readers, item.home)
        if reader is not None and reader != alarmed and not covers(readers[reader], item.home):
            settled = heard[reader].since + int(readers[reader].settle_s * 1000)
            if now >= settled:
                effects.append(_raise(heard, readers[reader], item, ctx))
                alarmed = reader
            else:
                due = min(settled, now + _AGAIN_MS)
    if not heard and alarmed is None:
        return None, effects
    return Sightings(by=heard, alarmed=alarmed, due=due), effects


def _over(heard: dict[str, Sighting], item: Item | None, ctx: Context) -> str | None:
    """Return why a box is not, or no longer, misplaced; None when it may be."""
    readers = tables(ctx).readers
    if item is None or item.home is None or item.home == UNFILED:
        return "it has no place of its own"
    if ctx.where(item.id).holder is not None:
        return "somebody has it in hand"
    reader = stands_at(heard, readers, item.home)
    if reader is not None and covers(readers[reader], item.home):
        return "it is where it belongs"
    if reader is None and not any(covers(r, item.home) for r in readers.values()):
        return "it is gone from there, and no reader is at its home"
    return None


def _raise(
    heard: dict[str, Sighting], reader: ShelfReaderSection, item: Item, ctx: Context
) -> Effect:
    home = cast(str, item.home)
    place = ctx.place(home)
    where = ctx.where(item.id)
    why = {
        "rule": CODE,
        "reads": [s.read for _, s in sorted(heard.items())],
        "at_reader": reader.id,
        "since": heard[reader.id].since,
        "home": home,
        "place": where.place,
        "last_holder": where.last_holder,
        "limit": {"settle_s": reader.settle_s, "source": f"shelf_reader.{reader.id}.settle_s"},
    }
    params = {
        "item": item.name,
        "item_id": item.id,
        "reader": reader.name,
        "home": home if place is None else place.name,
    }
    return Raise(CODE, item.id, why, params)
