"""safe.outside_hours: a safe is open when it should not be."""

from typing import Any, cast

from ..contract import Contact, Sensed
from ..room.context import Context, evidence, sensed_at
from ..room.effects import NONE, Clear, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule

CODE = "safe.outside_hours"


class Open(RuleState, frozen=True):
    """A safe that is open: since when, by which message, and whether the alarm stands."""

    since: int
    read: dict[str, Any]
    alarmed: bool = False


def _safe(ctx: Context, event: Sensed) -> str | None:
    body = cast(Contact, event.body)
    return ctx.safe_at.get((event.node, body.input))


@rule(CODE, state=Open, on=("event/contact",), key=_safe)
def safe_outside_hours(
    state: Open | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Open | None, Effects]:
    """Raise when it is opened outside its hours, or is still open when they end; clear when it is
    shut.

    The hour that counts is the one at which the contact opened, also when the message comes late.
    """
    if not isinstance(event, Sensed):
        return _later(state, event, now, ctx)
    body = cast(Contact, event.body)
    safe = ctx.safe_at[event.node, body.input]
    if not body.open:
        if state is None:
            return None, NONE
        why = {"rule": CODE, "reads": [evidence(event)], "open_since": state.since}
        return None, ([Clear(CODE, safe, why)] if state.alarmed else NONE)
    if state is not None:
        return state, NONE
    at = sensed_at(event)
    opened = Open(since=at, read=evidence(event))
    if ctx.settings.hours[safe].open_at(at):
        return _until_closing(opened, safe, now, ctx)
    return _alarm(opened, safe, "opened outside its hours", at, ctx)


def _later(
    state: Open | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Open | None, Effects]:
    safe = event.key
    if state is None:
        return None, NONE
    if safe not in ctx.safes:
        gone = [Clear(CODE, safe, {"rule": CODE, "because": "no longer configured"})]
        return None, gone if state.alarmed else NONE
    if state.alarmed:
        return state, NONE
    if not ctx.settings.hours[safe].open_at(now):
        return _alarm(state, safe, "still open when its hours ended", now, ctx)
    return _until_closing(state, safe, now, ctx)


def _until_closing(state: Open, safe: str, now: int, ctx: Context) -> tuple[Open, Effects]:
    """Ask again when the hours next change; a late message may already be past that."""
    hours = ctx.settings.hours[safe]
    if not hours.open_at(now):
        return _alarm(state, safe, "still open when its hours ended", now, ctx)
    due = hours.next_change(now)
    return Open(since=state.since, read=state.read, due=due), NONE


def _alarm(state: Open, safe: str, because: str, at: int, ctx: Context) -> tuple[Open, Effects]:
    section = ctx.safes[safe]
    limit = {
        "hours": section.hours,
        "time_zone": ctx.config.room.time_zone,
        "source": f"safe.{safe}.hours",
    }
    why = {
        "rule": CODE,
        "reads": [state.read],
        "because": because,
        "open_since": state.since,
        "at": at,
        "limit": limit,
    }
    raised = Open(since=state.since, read=state.read, alarmed=True)
    return raised, [Raise(CODE, safe, why, {"safe": section.name})]
