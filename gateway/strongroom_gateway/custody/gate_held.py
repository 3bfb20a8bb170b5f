"""exit.not_readable: a tag leaves while nobody can tell whose it is, or whether it may.

The record cannot be read, or a message cannot be kept and what was decided on it was taken back.
The tag is followed as one that was inside and as one that was outside, so that whoever carries it
out is stopped now; what it is decided to be comes later, from `custody.gate`.
"""

from typing import Any, Final, cast

import msgspec

from ..contract import Sensed, Tag
from ..room.context import Context
from ..room.effects import NONE, Clear, Effect, Effects, Start, Tell, Tick, Unkept
from ..room.registry import rule
from .direction import STAYING, Report, Side, Track, Verdict, conclude, follow, leave, too_late
from .gate_judging import SURE, Message, manner_of, message_of, reasons
from .gate_unread import (
    CODE,
    HELD,
    LATE,
    Again,
    Crossed,
    Handed,
    Held,
    Reading,
    Resumed,
    alarm,
    side_of,
)
from .section import GateSection

FULL: Final = "gate.full"
MOST: Final = 500
"""Tags that are followed at a time; that there are more is an alarm of its own."""
MOST_CROSSINGS: Final = 6
"""Crossings of one tag; of more, the first that are not sure, and ways out and in, are left out."""
_PROBE_MS: Final = 10_000
SETTLE_MS: Final = 10_000
"""Nodes send again what they hold once the record can be read: what was done at a desk before
somebody left is to be known first."""
COMES_AGAIN_MS: Final = 60_000
"""How long what comes again is waited for then."""
_RANK: Final = ("doubt", "unclear", "alone", "crossed")


def _tag(ctx: Context, event: Unkept) -> str | None:
    body = event.event.body
    if not isinstance(body, Tag):
        return None
    gate = ctx.gates.get(ctx.gate_at.get((event.event.node, body.reader), ""))
    return body.id if gate is not None and side_of(gate, body) is not None else None


@rule(CODE, state=Held, on=(f"tell:{HELD}", "unkept"), key=_tag)
def exit_not_readable(
    state: Held | None, event: Tell | Unkept | Start | Tick, now: int, ctx: Context
) -> tuple[Held | None, Effects]:
    """Follow a tag, sound the alarm when it goes out, and have it decided as soon as can be."""
    if isinstance(event, Start):
        return (None if state is None else _change(state, due=now, readable=None)), NONE
    effects: list[Effect] = []
    if isinstance(event, Tick):
        return (None if state is None else _later(state, event.key, now, ctx, effects)), effects
    if isinstance(event, Tell) and isinstance(event.body, Again):
        return _came_again(state, event.key, event.body.message, effects), effects
    if state is None and ctx.number_of(CODE) >= MOST:
        return None, [Tell(FULL, "", None)]
    if isinstance(event, Unkept):
        held = state or Held(again=True)
        gate = ctx.gate_at[event.event.node, cast(Tag, event.event.body).reader]
        held = _handed(held, Handed(gate, event.event), now, ctx, effects)
    else:
        held = Held() if state is None else _change(state, again=False)
        if isinstance(event.body, Handed):
            held = _handed(held, event.body, now, ctx, effects)
        elif isinstance(event.body, Crossed):
            held = _add(held, event.body, ctx, effects)
        else:
            held = _resumed(held, event.body, now)
    return _change(held, due=_next(held, now)), effects


def _came_again(
    held: Held | None, tag: str, message: Message, effects: list[Effect]
) -> Held | None:
    """Forget a tag once its last message has come again: it is decided on as any other."""
    last = None if held is None else held.last
    if held is None or not held.again or last is None:
        return held
    if (last.node, last.boot) != (message.node, message.boot) or message.seq < last.seq:
        return held
    because = "its messages came again, and are decided on"
    effects.append(Clear(CODE, tag, {"rule": CODE, "because": because}))
    return None


def _handed(held: Held, told: Handed, now: int, ctx: Context, effects: list[Effect]) -> Held:
    """Take a report, or a stay that began while the record could be read."""
    if told.track is not None and told.last is not None and not held.stays:
        held = _change(
            held,
            gate=told.gate,
            last=told.last,
            inside=told.track,
            outside=told.track,
            visits=told.visits,
            until=now,
        )
    event = told.event
    if event is None or (held.last is not None and held.last.covers(event)):
        return held
    gate, body = ctx.gates[told.gate], cast(Tag, event.body)
    side = side_of(gate, body)
    if side is None:
        return held
    held = _continued(held, event, gate, ctx, effects)
    held = _change(held, gate=gate.id, last=message_of(event))
    return _heard(held, event, side, gate, now, ctx, effects)


def _continued(
    held: Held, event: Sensed, gate: GateSection, ctx: Context, effects: list[Effect]
) -> Held:
    """End the stay that this report is not part of."""
    track, last = held.inside or held.outside, held.last
    if track is None or last is None:
        return held
    same = (gate.id, event.node, event.boot) == (held.gate, last.node, last.boot)
    if same and not too_late(track, event.mono, manner_of(gate)):
        return held
    return _over(held, ctx, effects)


def _heard(
    held: Held,
    event: Sensed,
    side: Side,
    gate: GateSection,
    now: int,
    ctx: Context,
    effects: list[Effect],
) -> Held:
    body, manner = cast(Tag, event.body), manner_of(gate)
    if body.act != "gone" and side == "inner":
        held = _inside_again(held, event, effects)
    report = Report(side, event.mono, body.n, body.rssi, body.span)
    sure = held.stays and (held.inside is None or held.outside is None)
    found: list[tuple[Track, Verdict]] = []
    tracks: dict[Side, Track | None] = {}
    for near, track in held.both:
        if track is None and (sure or body.act == "gone"):
            tracks[near] = None
            continue
        if body.act != "gone":
            new, verdict = follow(track, report, manner, near, held.visits)
        elif track is not None and track.at(side).n:
            new, verdict = leave(track, side, manner, near)
        else:
            new, verdict = cast(Track, track), None
        tracks[near] = new
        if verdict is not None:
            found.append((new, verdict))
    present = any(track is not None and track.present for track in tracks.values())
    until = now + (STAYING if present else manner.age_out)
    held = _change(held, inside=tracks["inner"], outside=tracks["outer"], until=until)
    for track, verdict in found:
        held = _found(held, verdict, track, ctx, effects)
        if verdict.how == "crossed":
            # From here on it is where it went, as it would be on record.
            gone = verdict.to == "outer"
            held = _change(
                held,
                inside=None if gone else (held.inside or track),
                outside=track if gone else None,
            )
            break
    return held


def _inside_again(held: Held, event: Sensed, effects: list[Effect]) -> Held:
    """Take back what was in doubt: the inner antenna has it."""
    last = held.crossed[-1] if held.crossed else None
    if last is None or last.to != "outer" or last.how == "crossed" or last.back:
        return held
    before = held.crossed[:-1]
    if last.how == "doubt":
        return _change(held, crossed=before)
    effects.append(Clear(CODE, last.tag, {"rule": CODE, "heard_at": event.received}))
    return _change(held, crossed=(*before, msgspec.structs.replace(last, back=True)))


def _found(held: Held, verdict: Verdict, track: Track, ctx: Context, effects: list[Effect]) -> Held:
    """Keep a verdict with its evidence, to be decided on."""
    gate = ctx.gates.get(held.gate)
    if gate is None or held.last is None:
        return held
    if verdict.to == "inner" and verdict.how not in SURE:
        return held
    why = reasons(gate, verdict, track, held.last)
    return _add(held, Crossed(gate.id, verdict.to, verdict.how, held.last.tag, why), ctx, effects)


def _add(held: Held, crossed: Crossed, ctx: Context, effects: list[Effect]) -> Held:
    """Keep a crossing, and let everybody know of one outwards."""
    if crossed.to == "inner":
        effects.append(Clear(CODE, crossed.tag, {"rule": CODE, "came_in_again": crossed.why["at"]}))
    elif crossed.how != "doubt" and not crossed.back:
        effects.append(alarm(crossed, ctx))
    kept = held.crossed
    last = kept[-1] if kept else None
    if last is not None and last.to == crossed.to and not last.back:
        stronger = _RANK.index(crossed.how) > _RANK.index(last.how)
        latest = crossed.how == last.how != "crossed"
        return _change(held, crossed=(*kept[:-1], crossed)) if stronger or latest else held
    if len(kept) >= MOST_CROSSINGS:
        ctx.count("gate.crossings_passed_over")
        kept = _fewer(kept)
    return _change(held, crossed=(*kept, crossed))


def _fewer(kept: tuple[Crossed, ...]) -> tuple[Crossed, ...]:
    """Return crossings without the first that is not sure, or without the first way out and in."""
    weak = next((n for n, one in enumerate(kept[:-1]) if one.how != "crossed"), None)
    without = (0, 1) if weak is None else (weak,)
    left = [one for n, one in enumerate(kept) if n not in without]
    over = len(without) + sum(kept[n].passed_over for n in without) + left[0].passed_over
    return (msgspec.structs.replace(left[0], passed_over=over), *left[1:])


def _resumed(held: Held, told: Resumed, now: int) -> Held:
    """Take back a stay that was handed over too soon."""
    if held.stays:
        return held
    return _change(
        held,
        gate=told.gate,
        last=told.last,
        inside=told.inside,
        outside=told.outside,
        visits=told.visits,
        until=now + STAYING,
    )


def _over(held: Held, ctx: Context, effects: list[Effect]) -> Held:
    """End a stay, and judge what it was."""
    gate = ctx.gates.get(held.gate)
    if gate is not None:
        for near, track in held.both:
            verdict = None if track is None else conclude(track, manner_of(gate), near)
            if verdict is not None and track is not None and track.told != verdict.to:
                held = _found(held, verdict, track, ctx, effects)
    return _change(held, inside=None, outside=None, visits=held.visits + 1)


def _later(held: Held, tag: str, now: int, ctx: Context, effects: list[Effect]) -> Held | None:
    """End a stay of which nothing more was heard; have decided what can be."""
    if held.stays and now >= held.until:
        held = _over(held, ctx, effects)
    if not held.stays and not held.crossed:
        return None
    if not ctx.configured or ctx.state_of("ledger.not_readable", "") is not None:
        return _change(held, readable=None, due=_next(held, now))
    if held.readable is None:
        held = _change(held, readable=now)
    elif now - held.readable >= (COMES_AGAIN_MS if held.again else SETTLE_MS):
        decided = _decide(held, tag, ctx)
        if decided is not None:
            effects += decided
            return None
        held = _change(held, readable=None)
    return _change(held, due=_next(held, now))


def _decide(held: Held, tag: str, ctx: Context) -> list[Effect] | None:
    """Hand everything over to whom it concerns; None when the record cannot be read after all."""
    with Reading(ctx) as reading:
        owner = ctx.tag_owner(tag)
        item = ctx.item_by_tag(tag)
    if reading.failed:
        return None
    if item is None:
        because = "carried by a person" if owner else "no item of the register has this tag"
        return [Clear(CODE, tag, {"rule": CODE, "because": because, "owner": owner})]
    effects: list[Effect] = [Tell(LATE, item.id, crossed) for crossed in held.crossed]
    last = held.last or Message("", 0, 0, 0)
    told = Resumed(tag, held.gate, last, held.inside, held.outside, held.visits)
    return [*effects, Tell(LATE, item.id, told)]


def _next(held: Held, now: int) -> int:
    """Return when to look again (Unix ms)."""
    probe = now + _PROBE_MS
    return max(now + 1, min(probe, held.until)) if held.stays else probe


def _change(held: Held, **fields: Any) -> Held:
    return msgspec.structs.replace(held, **fields)
