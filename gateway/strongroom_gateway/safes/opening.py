"""safe.opening: two authorised people open a safe, and not for long; at each closing its contents
are compared with the record.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ..contract import Contact, Sensed, Tag
from ..room.context import Context, evidence
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Record, Start, Tick
from ..room.registry import rule
from ..sections import SafeSection
from .contents import reconcile
from .visit import Opening, Safe, heard, may_open, moved_door

RULE: Final = "safe.opening"
NOBODY: Final = "safe.nobody"
ONE_PERSON: Final = "safe.one_person"
NOT_AUTHORISED: Final = "safe.not_authorised"
OPEN_TOO_LONG: Final = "safe.open_too_long"
_LATE_MS: Final = 2_000
"""What a node held back arrives in one go; a decision waits so long for the rest of it."""

_replace = msgspec.structs.replace


def _safe(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    if isinstance(body, Contact):
        return ctx.safe_at.get((event.node, body.input))
    device = body.reader if isinstance(body, Tag) else getattr(body, "device", None)
    if device is None:
        return next((s.id for s in ctx.safes.values() if s.node == event.node), None)
    return ctx.safe_reader_at.get((event.node, device))


def _safes(ctx: Context) -> Iterable[str]:
    return ctx.safes


@rule(RULE, state=Safe, on=("event/contact", "event/tag", "event/node"), key=_safe, keys=_safes)
def safe_opening(
    state: Safe | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Safe | None, Effects]:
    """Follow a safe from opening to closing; judge who opened it, for how long, and what changed."""
    if not isinstance(event, Sensed):
        return _later(state, event, now, ctx)
    name = _safe(ctx, event)
    if name is None:
        return state, NONE
    section = ctx.safes[name]
    was = state or Safe()
    effects: list[Effect] = []
    body: Any = event.body
    if isinstance(body, Contact):
        new = moved_door(was, event, body, now)
        if new is not was and new.opening is not None:
            effects.append(_door(new, new.opening, section, event, ctx))
    else:
        new = heard(was, event, section, ctx)
        effects += _stranger(event, section, ctx)
    if new is was:
        return state, effects
    new, more = _judged(new, section, now, ctx)
    return _timed(new, section, now), [*effects, *more]


def _later(
    state: Safe | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Safe | None, Effects]:
    section = ctx.safes.get(event.key)
    if section is None:
        gone = {"rule": RULE, "because": "no longer configured"}
        alarms = state.alarms if state is not None else ()
        return None, [Clear(code, event.key, gone) for code in alarms]
    if state is None:
        return None, NONE
    new, effects = _judged(state, section, now, ctx)
    return _timed(new, section, now), effects


def _door(
    state: Safe, opening: Opening, section: SafeSection, event: Sensed, ctx: Context
) -> Effect:
    if opening.shut is None:
        body = {
            "safe": section.id,
            "at": opening.since,
            "why": {"rule": RULE, "reads": [opening.read]},
        }
        return Record("safe.opened", body)
    why = {"rule": RULE, "reads": [opening.read, evidence(event)]}
    body = {
        "safe": section.id,
        "opened": opening.since,
        "at": opening.shut,
        "people": list(state.present(section, ctx)),
        "why": why,
    }
    return Record("safe.shut", body)


def _stranger(event: Sensed, section: SafeSection, ctx: Context) -> list[Effect]:
    """Raise for a badge at the safe of somebody who may not open it."""
    body = event.body
    if not isinstance(body, Tag) or body.act != "seen":
        return []
    person = ctx.person_by_badge(body.id)
    if person is None or may_open(person, section):
        return []
    why = {
        "rule": RULE,
        "reads": [evidence(event)],
        "person": person.id,
        "limit": {"people": section.people, "roles": section.roles, "source": f"safe.{section.id}"},
    }
    return [Raise(NOT_AUTHORISED, section.id, why, {"safe": section.name, "person": person.name})]


def _judged(state: Safe, section: SafeSection, now: int, ctx: Context) -> tuple[Safe, list[Effect]]:
    """Decide what can be decided by now."""
    opening = state.opening
    if opening is None:
        return state, []
    effects: list[Effect] = []
    if not opening.judged and (
        len(state.present(section, ctx)) >= section.persons or now >= _known_by(opening, section)
    ):
        state, more = _who_opened(state, opening, section, ctx)
        effects += more
    if opening.shut is None:
        if now >= _too_long_from(opening, section) and OPEN_TOO_LONG not in state.alarms:
            why = {
                "rule": RULE,
                "reads": [opening.read],
                "open_since": opening.since,
                "limit": {
                    "open_max_s": section.open_max_s,
                    "source": f"safe.{section.id}.open_max_s",
                },
            }
            state = _replace(state, alarms=(*state.alarms, OPEN_TOO_LONG))
            effects.append(Raise(OPEN_TOO_LONG, section.id, why, {"safe": section.name}))
        return state, effects
    if OPEN_TOO_LONG in state.alarms:
        why = {"rule": RULE, "shut": opening.shut}
        effects.append(Clear(OPEN_TOO_LONG, section.id, why))
        state = _replace(state, alarms=tuple(a for a in state.alarms if a != OPEN_TOO_LONG))
    if state.reconcile_at is None:
        settle = int(section.settle_s * 1000)
        state = _replace(state, reconcile_at=max(opening.shut + settle, now + _LATE_MS))
    elif now >= state.reconcile_at and opening.judged:
        state, more = reconcile(state, opening, section, now, ctx)
        effects += more
        state = _replace(state, opening=None, reconcile_at=None)
    return state, effects


def _known_by(opening: Opening, section: SafeSection) -> int:
    """Return when everybody's badge must have been heard."""
    return max(opening.since + int(section.together_s * 1000), opening.heard + _LATE_MS)


def _too_long_from(opening: Opening, section: SafeSection) -> int:
    return max(opening.since + int(section.open_max_s * 1000), opening.heard + _LATE_MS)


def _who_opened(
    state: Safe, opening: Opening, section: SafeSection, ctx: Context
) -> tuple[Safe, list[Effect]]:
    people = state.present(section, ctx)
    state = _replace(state, opening=_replace(opening, judged=True))
    if len(people) >= section.persons or not section.readers:
        return state, []
    code = ONE_PERSON if people else NOBODY
    why: dict[str, Any] = {
        "rule": RULE,
        "reads": [opening.read],
        "opened": opening.since,
        "people": list(people),
        "looked_for": "badges of authorised people at the safe's reader around the opening",
        "limit": {
            "persons": section.persons,
            "together_s": section.together_s,
            "source": f"safe.{section.id}",
        },
    }
    names = ", ".join(ctx.person_name(p) for p in people)
    return state, [Raise(code, section.id, why, {"safe": section.name, "people": names})]


def _timed(state: Safe, section: SafeSection, now: int) -> Safe:
    """Set when to look again."""
    opening = state.opening
    if opening is None:
        return _replace(state, due=None)
    times = []
    if not opening.judged:
        times.append(_known_by(opening, section))
    if opening.shut is None:
        if OPEN_TOO_LONG not in state.alarms:
            times.append(_too_long_from(opening, section))
    elif state.reconcile_at is not None:
        times.append(state.reconcile_at)
    due = min((max(at, now + 1) for at in times), default=None)
    return _replace(state, due=due)
