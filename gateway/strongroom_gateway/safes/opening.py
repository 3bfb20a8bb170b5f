"""safe.opening: two authorised people open a safe, and not for long; at each closing its contents
are compared with the record.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ..contract import Contact, Sensed, Tag
from ..room.context import Context, evidence, sensed_at
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Record, Start, Tick
from ..room.registry import rule
from ..safes.section import SafeSection
from .contents import reconcile
from .visit import LATE_MS, MOST_EARLIER, Opening, Safe, heard, may_open, moved_door

RULE: Final = "safe.opening"
NOBODY: Final = "safe.nobody"
ONE_PERSON: Final = "safe.one_person"
NOT_AUTHORISED: Final = "safe.not_authorised"
OPEN_TOO_LONG: Final = "safe.open_too_long"

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
    before = state or Safe()
    was, effects = _overtaken(before, sensed_at(event), section, ctx)
    body: Any = event.body
    if isinstance(body, Contact):
        company: tuple[str, ...] = ()
        if body.open:
            was, company, more = _left_behind(was, sensed_at(event), section, now, ctx)
            effects += more
        new = moved_door(was, event, body, now, company)
        if new is not was and new.opening is not None:
            effects.append(_door(new, new.opening, section, event, ctx))
    else:
        new = heard(was, event, section, ctx)
        effects += _stranger(event, section, ctx)
    if new is before:
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


def _overtaken(
    state: Safe, at: int, section: SafeSection, ctx: Context
) -> tuple[Safe, list[Effect]]:
    """Judge the openings whose badges have all been heard when the node speaks of a later time.

    After a while without network one opening after the other arrives, each with its own badges.
    """
    effects: list[Effect] = []
    together = int(section.together_s * 1000)
    over = [one for one in state.earlier if at > max(one.since + together, one.shut or 0)]
    for one in over:
        effects += _who_opened(state, one, section, ctx)
    if over:
        state = _replace(state, earlier=tuple(one for one in state.earlier if one not in over))
    opening = state.opening
    if opening is not None and not opening.judged and at > opening.since + together:
        effects += _who_opened(state, opening, section, ctx)
        state = _replace(state, opening=_replace(opening, judged=True))
    return state, effects


def _left_behind(
    state: Safe, at: int, section: SafeSection, now: int, ctx: Context
) -> tuple[Safe, tuple[str, ...], list[Effect]]:
    """Bring an opening to its end before the next one begins.

    Its contents are compared, unless it is too early for the reader to know them: then its people
    are returned, who answer together with the next for what will be found.
    """
    opening = state.opening
    if opening is None or opening.shut is None:
        return state, (), []
    effects: list[Effect] = []
    company: tuple[str, ...] = ()
    if at >= max(opening.shut + int(section.settle_s * 1000), state.known):
        state, effects = reconcile(state, opening, section, now, ctx)
    else:
        company = state.responsible(section, ctx)
    if not opening.judged:
        state = _replace(state, earlier=(*state.earlier, opening)[-MOST_EARLIER:])
    return state, company, effects


def _judged(state: Safe, section: SafeSection, now: int, ctx: Context) -> tuple[Safe, list[Effect]]:
    """Decide what can be decided by now."""
    effects: list[Effect] = []
    over = [one for one in state.earlier if now >= _known_by(one, section)]
    for one in over:
        effects += _who_opened(state, one, section, ctx)
    if over:
        state = _replace(state, earlier=tuple(one for one in state.earlier if one not in over))
    opening = state.opening
    if opening is None:
        return state, effects
    if not opening.judged and (
        len(state.present(section, ctx)) >= section.persons or now >= _known_by(opening, section)
    ):
        effects += _who_opened(state, opening, section, ctx)
        opening = _replace(opening, judged=True)
        state = _replace(state, opening=opening)
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
        state = _replace(state, reconcile_at=max(opening.shut + settle, now + LATE_MS))
    elif now >= max(state.reconcile_at, state.known) and opening.judged:
        state, more = reconcile(state, opening, section, now, ctx)
        effects += more
        state = _replace(state, opening=None, reconcile_at=None)
    return state, effects


def _known_by(opening: Opening, section: SafeSection) -> int:
    """Return when everybody's badge must have been heard."""
    return max(opening.since + int(section.together_s * 1000), opening.heard + LATE_MS)


def _too_long_from(opening: Opening, section: SafeSection) -> int:
    return max(opening.since + int(section.open_max_s * 1000), opening.heard + LATE_MS)


def _who_opened(state: Safe, opening: Opening, section: SafeSection, ctx: Context) -> list[Effect]:
    """Return the alarm about an opening by fewer than it takes."""
    people = state.present_at(opening, section, ctx)
    if len(people) >= section.persons or not section.readers:
        return []
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
    return [Raise(code, section.id, why, {"safe": section.name, "people": names})]


def _timed(state: Safe, section: SafeSection, now: int) -> Safe:
    """Set when to look again."""
    opening = state.opening
    times = [_known_by(one, section) for one in state.earlier]
    if opening is not None:
        if not opening.judged:
            times.append(_known_by(opening, section))
        if opening.shut is None:
            if OPEN_TOO_LONG not in state.alarms:
                times.append(_too_long_from(opening, section))
        elif state.reconcile_at is not None:
            times.append(max(state.reconcile_at, state.known))
    due = min((max(at, now + 1) for at in times), default=None)
    return _replace(state, due=due)
