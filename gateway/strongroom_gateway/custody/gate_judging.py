"""What follows when a tag is found to be on the other side of a gate: alarm, movement or question."""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from ..contract import Sensed, Tag
from ..custody.section import GateSection
from ..loans.lending import away_again
from ..room.context import Context, sensed_at
from ..room.effects import Effect, Raise, Record
from ..room.model import OUTSIDE, RETURNING, Item
from .direction import How, Manner, Side, Track, Verdict
from .places import find_leave

CODE: Final = "exit.no_leave"
UNCLEAR: Final = "exit.unclear"
SURE: Final = ("crossed", "alone")
"""What is enough for a movement that nobody has to be alarmed about."""


class Message(msgspec.Struct, frozen=True):
    """The message that decided: its place in the ledger, and when it was made (Unix ms)."""

    node: str
    boot: int
    seq: int
    at: int
    ts: int | None = None
    tag: str = ""

    def covers(self, event: Sensed) -> bool:
        """Return whether a message of this boot was heard before this one, or is this one."""
        return (event.node, event.boot) == (self.node, self.boot) and event.seq <= self.seq


def message_of(event: Sensed) -> Message:
    """Return what is kept of a message on a tag."""
    tag = cast(Tag, event.body).id
    return Message(event.node, event.boot, event.seq, sensed_at(event), event.ts, tag)


class Judged(msgspec.Struct, frozen=True):
    """What follows: effects, and whether the place of the item is settled or has to be asked for."""

    effects: list[Effect] = []
    settled: bool = False
    asks: bool = False
    why: Mapping[str, Any] = {}


def manner_of(gate: GateSection) -> Manner:
    """Return the settings of a gate as `direction` takes them."""
    return Manner(
        min_reads=gate.min_reads,
        margin=gate.margin_db,
        dwell=int(gate.dwell_s * 1000),
        age_out=int(gate.age_out_s * 1000),
        sure_reads=gate.sure_reads,
        near_dbm=gate.near_dbm,
        lying=int(gate.lying_s * 1000),
    )


def near_side(item: str, ctx: Context) -> Side:
    """Return on which side of every gate the record has an item."""
    return "outer" if ctx.where(item).place == OUTSIDE else "inner"


def unmoved(item: str, since: int, ctx: Context) -> bool:
    """Return whether an item still rests where it did then (Unix ms), in nobody's hands."""
    where = ctx.where(item)
    return where.holder is None and where.place != OUTSIDE and where.since <= since


def judge(
    gate: GateSection, item: Item, verdict: Verdict, track: Track, by: Message, ctx: Context
) -> Judged:
    """Return what follows from a verdict on an item at a gate."""
    why = reasons(gate, verdict, track, by)
    return judge_crossed(gate, item, verdict, why, ctx)


def judge_crossed(
    gate: GateSection, item: Item, verdict: Verdict, why: dict[str, Any], ctx: Context
) -> Judged:
    """Return what follows from a verdict with its evidence, for an item on the other side."""
    if verdict.to == "outer":
        return judge_outward(gate, item, verdict.how, why, ctx)
    if verdict.how not in SURE:
        return Judged()
    body = {"item": item.id, "gate": gate.id, "holder": ctx.where(item.id).holder, "why": why}
    return Judged([Record("movement.return_pending", body | {"place": RETURNING})], settled=True)


def judge_outward(
    gate: GateSection, item: Item, how: How, why: dict[str, Any], ctx: Context
) -> Judged:
    """Return what follows when an item has left, or may have."""
    leave = find_leave(item.id, ctx, why["at"])
    why["leave"] = leave.looked_for
    body: dict[str, Any] = {"item": item.id, "gate": gate.id, "why": why}
    # Whoever had it answers for it, also when their leave is over.
    holder = leave.holder if leave.granted else ctx.where(item.id).holder
    body |= {"holder": holder, "place": OUTSIDE}
    if leave.granted:
        sure = how in SURE
        return Judged([Record("movement.exit", body)] if sure else [], settled=sure)
    # Who had it last, and who answers for it while it rests: of a box nobody has held that is all.
    why["last_holder"] = ctx.where(item.id).last_holder
    why["accountable"] = ctx.accountable(item.id)
    if how == "doubt":
        return Judged(asks=gate.doubt_s > 0, why=why)
    if how != "crossed":
        return Judged([question(gate, item, why, 1, ctx)], asks=True, why=why)
    body |= {"last_holder": why["last_holder"], "accountable": why["accountable"]}
    alarm = Raise(CODE, item.id, why, _params(gate, item, why, ctx))
    effects: list[Effect] = [alarm, Record("movement.exit_without_leave", body)]
    evidence = {"rule": CODE, "gate": gate.id, "decided_by": why["decided_by"]}
    gone = away_again(item.id, "carried out through a gate", evidence, why["at"], ctx)
    return Judged([*effects, *gone], settled=True)


def question(
    gate: GateSection, item: Item, why: Mapping[str, Any], severity: int, ctx: Context
) -> Raise:
    """Return the alarm that asks somebody to see whether an item is in its place."""
    return Raise(UNCLEAR, item.id, why, _params(gate, item, why, ctx), severity)


def reasons(gate: GateSection, verdict: Verdict, track: Track, by: Message) -> dict[str, Any]:
    """Return the evidence of a verdict: reads, strengths, order, settings, the deciding message."""
    return {
        "rule": CODE,
        "how": verdict.how,
        "reads": [{"ant": r.ant, "mono": r.mono, "n": r.n, "rssi": r.rssi} for r in track.reports],
        "order": list(track.order),
        "heard": {
            "inner": {"n": track.inner.n, "best": track.inner.best},
            "outer": {"n": track.outer.n, "best": track.outer.best},
        },
        "decided_by": {"node": by.node, "lane": "event", "boot": by.boot, "seq": by.seq},
        "at": by.at,
        "at_source": "node" if by.at == by.ts else "received",
        "settings": settings_of(gate),
    }


def settings_of(gate: GateSection) -> dict[str, Any]:
    """Return the settings that led to a decision, and where they come from."""
    return {
        "direction": gate.direction,
        "min_reads": gate.min_reads,
        "sure_reads": gate.sure_reads,
        "rssi_floor": gate.rssi_floor,
        "near_dbm": gate.near_dbm,
        "margin_db": gate.margin_db,
        "dwell_s": gate.dwell_s,
        "age_out_s": gate.age_out_s,
        "lying_s": gate.lying_s,
        "source": f"gate.{gate.id}",
    }


def _params(gate: GateSection, item: Item, why: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    return {
        "item": item.name,
        "item_id": item.id,
        "gate": gate.name,
        "last_holder": ctx.person_name(why.get("last_holder")),
        "accountable": ctx.person_name(why.get("accountable")),
    }
