"""From what the gateway holds to what the API answers. Pure."""

from collections.abc import Mapping

import msgspec

from ..alarms.book import AlarmRecord
from ..alarms.catalogue import CATALOGUE
from ..i18n import text
from ..ledger.dating import EntryView
from ..profiles import bands
from ..room.context import Context
from ..room.model import Item
from .models import (
    AlarmOut,
    Band,
    EntryOut,
    ItemView,
    Ledger,
    MovementOut,
    NodeView,
    Reading,
    RoomView,
    Zone,
)
from .source import Source


def room_view(source: Source, ledger: Ledger | None) -> RoomView:
    """Return the room at a glance."""
    settings = source.settings
    config = settings.config
    view = source.states("climate.view").get("room")
    shown = {} if view is None else view.sensors
    zones = []
    for section in config.climate.zone:
        store = section.store or config.climate.store
        t, rh = bands(settings.profile, store, config.climate.delay_s)
        readings = {
            sensor: Reading(**msgspec.structs.asdict(shown[sensor])) if sensor in shown else None
            for sensor in section.sensors
        }
        zones.append(
            Zone(
                id=section.id,
                name=section.name,
                temperature=Band(low=t.low, high=t.high, source=t.source),
                humidity=Band(low=rh.low, high=rh.high, source=rh.source),
                sensors=readings,
            )
        )
    return RoomView(
        id=config.room.id,
        name=config.room.name,
        time_zone=config.room.time_zone,
        now=source.now(),
        profile=settings.profile.title,
        zones=zones,
        alarms=len(source.alarms()),
        ledger=ledger,
    )


def node_views(source: Source) -> list[NodeView]:
    """Return all nodes ever heard or expected, by name."""
    heard, described = source.states("node.silent"), source.states("node.description")
    views = []
    for name in sorted({*heard, *described}):
        state, words = heard.get(name), described.get(name)
        views.append(
            NodeView(
                id=name,
                heard=None if state is None else state.heard,
                silent=state is not None and state.silent,
                firmware=None if words is None else words.firmware,
                board=None if words is None else words.board,
                boot=None if words is None else words.boot,
                config=None if words is None else words.config,
                capabilities=[] if words is None else words.capabilities,
            )
        )
    return views


def item_view(item: Item, ctx: Context) -> ItemView:
    """Return one item, with who holds it, who answers for it, and where it is."""
    where = ctx.where(item.id)
    accountable = ctx.accountable(item.id)
    return ItemView(
        id=item.id,
        kind=item.kind,
        number=item.number,
        name=item.name,
        home=item.home,
        place=where.place,
        holder=where.holder,
        holder_name=None if where.holder is None else ctx.person_name(where.holder),
        accountable=accountable,
        accountable_name=None if accountable is None else ctx.person_name(accountable),
        since=where.since or None,
    )


def entry_view(entry: EntryView) -> EntryOut:
    """Return one entry of the ledger."""
    return EntryOut(
        idx=entry.idx,
        kind=entry.kind,
        at=entry.at,
        time=entry.time,
        time_source=entry.time_source,
        node=entry.node,
        boot=entry.boot,
        seq=entry.seq,
        body=entry.body,
        leaf=entry.leaf,
        superseded_by=entry.superseded_by,
    )


def movement_view(entry: EntryView, names: Mapping[str, str]) -> MovementOut:
    """Return a movement entry in the words of the desk and the gate."""
    body = entry.body
    return MovementOut(
        idx=entry.idx,
        kind=entry.kind.removeprefix("movement."),
        time=body["why"]["at"],
        time_source=body["why"]["at_source"],
        item=body["item"],
        item_name=names.get(body["item"]),
        person=body.get("person"),
        holder=body.get("holder"),
        place=body.get("desk") or body.get("gate") or body.get("home"),
        why=body["why"],
    )


def alarm_view(record: AlarmRecord, language: str) -> AlarmOut:
    """Return one alarm with its texts in a language."""
    kind = CATALOGUE[record.code]
    return AlarmOut(
        id=record.id,
        code=record.code,
        subject=record.subject,
        state=record.state.value,
        state_text=text(f"state.{record.state.value}", {}, language),
        priority=kind.priority_at(record.standing.severity),
        since=record.since,
        changed=record.changed,
        count=record.count,
        text=text(kind.text_key, record.params, language),
        why=dict(record.why),
        by=record.by,
        comment=record.comment,
        shelved_until=record.standing.shelved_until,
        docs=kind.docs,
    )
