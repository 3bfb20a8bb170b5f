"""patrol.missed: rounds at their times, checkpoint by checkpoint, by badges (G11)."""

from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec

from ..contract import Sensed, Tag
from ..room.context import Context, evidence, sensed_at
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Record, Start, Tick
from ..room.registry import RuleState, rule
from .clock import next_time
from .section import PatrolSection

CODE: Final = "patrol.missed"
_MINUTE: Final = 60_000


class Visit(msgspec.Struct, frozen=True):
    """Somebody's badge at a checkpoint, Unix ms as sensed."""

    checkpoint: str
    person: str
    at: int
    read: dict[str, Any]


class Round(RuleState, frozen=True):
    """The round that is due next, or running: its time (Unix ms) and who was where so far."""

    at: int
    visits: tuple[Visit, ...] = ()
    done: bool = False


def patrol_at(ctx: Context, event: Sensed) -> str | None:
    """Return the patrol whose checkpoint this badge was shown at."""
    body = cast(Tag, event.body)
    for patrol in ctx.config.patrol:
        for checkpoint in ctx.config.patrol_point:
            here = (checkpoint.node, checkpoint.reader) == (event.node, body.reader)
            if here and checkpoint.id in patrol.points:
                return patrol.id
    return None


def _patrols(ctx: Context) -> Iterable[str]:
    return [patrol.id for patrol in ctx.config.patrol]


@rule(CODE, state=Round, on=("event/tag",), key=patrol_at, keys=_patrols)
def patrol_missed(
    state: Round | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Round | None, Effects]:
    """Count badges at checkpoints for the round of their time; miss it when some are wanting."""
    name = patrol_at(ctx, event) if isinstance(event, Sensed) else event.key
    patrol = next((p for p in ctx.config.patrol if p.id == name), None)
    if patrol is None or name is None:
        gone = {"rule": CODE, "because": "no longer configured"}
        return None, NONE if name is None else [Clear(CODE, name, gone)]
    if state is None:
        state = _next(patrol, now - 1, ctx)
    if not isinstance(event, Sensed):
        if now < _over(state, patrol):
            return msgspec.structs.replace(state, due=_over(state, patrol)), NONE
        effects = [] if state.done else _missed(state, patrol, ctx)
        return _next(patrol, max(state.at, now - _over_after(patrol)), ctx), effects
    return _badge(state, event, patrol, ctx)


def _badge(
    state: Round, event: Sensed, patrol: PatrolSection, ctx: Context
) -> tuple[Round, Effects]:
    body = cast(Tag, event.body)
    person = ctx.person_by_badge(body.id)
    at = sensed_at(event)
    window = (state.at - patrol.early_min * _MINUTE, state.at + patrol.late_min * _MINUTE)
    if body.act != "seen" or person is None or state.done or not window[0] <= at <= window[1]:
        return state, NONE
    if patrol.roles and not set(person.roles) & set(patrol.roles):
        return state, NONE
    checkpoint = next(
        c.id for c in ctx.config.patrol_point if (c.node, c.reader) == (event.node, body.reader)
    )
    visited = sorted({v.checkpoint: v for v in state.visits}.values(), key=lambda v: v.at)
    if checkpoint in {v.checkpoint for v in visited}:
        return state, NONE
    visit = Visit(checkpoint, person.id, at, evidence(event))
    visits = tuple(sorted((*state.visits, visit), key=lambda v: v.at))
    new = msgspec.structs.replace(state, visits=visits, due=_over(state, patrol))
    if _wanting(new, patrol):
        return new, NONE
    return msgspec.structs.replace(new, done=True), _done(new, patrol)


def _wanting(state: Round, patrol: PatrolSection) -> list[str]:
    """Return the checkpoints nobody was at, in order where the order counts."""
    seen = [v.checkpoint for v in state.visits]
    if not patrol.in_order:
        return [c for c in patrol.points if c not in seen]
    wanted = list(patrol.points)
    for checkpoint in seen:
        if wanted and checkpoint == wanted[0]:
            wanted.pop(0)
    return wanted


def _done(state: Round, patrol: PatrolSection) -> list[Effect]:
    why = {"rule": CODE, "reads": [v.read for v in state.visits]}
    body = {"patrol": patrol.id, "at": state.at, "visits": _said(state), "why": why}
    return [Record("patrol.done", body), Clear(CODE, patrol.id, why)]


def _missed(state: Round, patrol: PatrolSection, ctx: Context) -> list[Effect]:
    wanting = _wanting(state, patrol)
    names = {c.id: c.name for c in ctx.config.patrol_point}
    why = {
        "rule": CODE,
        "reads": [v.read for v in state.visits],
        "due": state.at,
        "visits": _said(state),
        "wanting": wanting,
        "limit": {
            "times": patrol.times,
            "late_min": patrol.late_min,
            "source": f"patrol.{patrol.id}",
        },
    }
    params = {"patrol": patrol.name, "wanting": ", ".join(names.get(c, c) for c in wanting)}
    body = {
        "patrol": patrol.id,
        "at": state.at,
        "visits": _said(state),
        "wanting": wanting,
        "why": why,
    }
    return [Record("patrol.missed", body), Raise(CODE, patrol.id, why, params)]


def _said(state: Round) -> list[dict[str, Any]]:
    return [{"checkpoint": v.checkpoint, "person": v.person, "at": v.at} for v in state.visits]


def _over_after(patrol: PatrolSection) -> int:
    return (patrol.late_min + patrol.grace_min) * _MINUTE


def _over(state: Round, patrol: PatrolSection) -> int:
    return state.at + _over_after(patrol)


def _next(patrol: PatrolSection, after: int, ctx: Context) -> Round:
    at = min(next_time(after, clock, ctx.config.room.time_zone) for clock in patrol.times)
    return Round(at=at, due=at + _over_after(patrol))
