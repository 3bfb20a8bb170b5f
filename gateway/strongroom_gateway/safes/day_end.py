"""safe.day_end: each day's reconciliation of a safe, and an alarm when there can be none (C9)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from ..hours import zone
from ..room.context import Context
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Record, Start, Tick
from ..room.registry import RuleState, rule
from ..safes.section import SafeSection
from .contents import compare
from .opening import RULE as OPENING
from .visit import Safe

RULE: Final = "safe.day_end"
CODE: Final = "safe.day_end_open"


class Day(RuleState, frozen=True):
    """When a safe's day was last summed up, Unix ms."""

    last: int | None = None


def _safes(ctx: Context) -> Iterable[str]:
    return [name for name, safe in ctx.safes.items() if safe.day_end is not None]


def _none(_: Context, event: Any) -> str | None:
    return None


@rule(RULE, state=Day, on=(), key=_none, keys=_safes)
def safe_day_end(
    state: Day | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Day | None, Effects]:
    """Sum up at `day_end`: what the safe holds by the record and by its reader, who has what, and
    whether the last closing agreed. A day that ended while the gateway was away is summed up late.
    """
    section = ctx.safes.get(event.key)
    if section is None or section.day_end is None:
        return None, [Clear(CODE, event.key, {"rule": RULE, "because": "no longer configured"})]
    if state is None:
        return Day(due=_next(now, section.day_end, ctx)), NONE
    if isinstance(event, Start) and state.due is not None and now < state.due:
        return state, NONE
    effects = _summed_up(section, now, ctx)
    return Day(last=now, due=_next(now, section.day_end, ctx)), effects


def _summed_up(section: SafeSection, now: int, ctx: Context) -> list[Effect]:
    safe = cast("Safe | None", ctx.state_of(OPENING, section.id)) or Safe()
    found = compare(safe, section, ctx)
    is_open = safe.opening is not None and safe.opening.shut is None
    deaf = [d for d in section.readers if d in safe.deaf]
    out = [_away(name, ctx) for name in _belonging(section, ctx)]
    reasons = [
        word
        for word, holds in (
            ("it is open", is_open),
            ("its reader is lost", bool(deaf)),
            ("contents and record differ", not deaf and bool(found.missing or found.extra)),
            (
                "accepted certificates are not in it",
                any(row and row["loan"] is None for row in out),
            ),
        )
        if holds
    ]
    why = {
        "rule": RULE,
        "at": now,
        "limit": {"day_end": section.day_end, "source": f"safe.{section.id}"},
    }
    body = {
        "safe": section.id,
        "at": now,
        "expected": sorted(found.expected),
        "seen": None if deaf else sorted(found.seen),
        "missing": None if deaf else found.missing,
        "extra": None if deaf else found.extra,
        "out": [row for row in out if row is not None],
        "reconciled": safe.reconciled,
        "agrees": not reasons,
        "because": reasons,
        "why": why,
    }
    alarm: Effect = Clear(CODE, section.id, why)
    if reasons:
        because = "; ".join(ctx.say(_KEYS[r], {}) for r in reasons)
        params = {"safe": section.name, "because": because}
        alarm = Raise(CODE, section.id, {**why, "because": reasons}, params)
    return [Record("safe.day_end", body), alarm]


_KEYS: Final = {
    "it is open": "safe.day_end.open",
    "its reader is lost": "safe.day_end.deaf",
    "contents and record differ": "safe.day_end.differs",
    "accepted certificates are not in it": "safe.day_end.unfiled",
}


def _belonging(section: SafeSection, ctx: Context) -> Iterable[str]:
    place = section.place or section.id
    return [name.rpartition("/")[2] for name, _ in ctx.rows.scan("home", f"{place}/")]


def _away(name: str, ctx: Context) -> dict[str, Any] | None:
    """Return who has an item of the safe that is not in it."""
    where, item = ctx.where(name), ctx.item(name)
    if item is None or where.place == item.home:
        return None
    loan = ctx.rows.points("loan_of", name)
    return {"item": name, "holder": where.holder, "place": where.place, "loan": loan}


def _next(now: int, clock: str, ctx: Context) -> int:
    """Return the next moment the room's clock shows this time, Unix ms."""
    local = zone(ctx.config.room.time_zone)
    hour, minute = map(int, clock.split(":"))
    today = datetime.fromtimestamp(now // 1000, UTC).astimezone(local)
    at = today.replace(hour=hour, minute=minute, second=0, microsecond=0)
    while int(at.timestamp() * 1000) <= now:
        at += timedelta(days=1)
    return int(at.timestamp() * 1000)
