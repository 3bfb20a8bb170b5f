"""climate.input: leak and smoke contacts, and light or UV above what the profile allows."""

from typing import Any, Final

from ..climate.section import InputSection
from ..contract import Input, Sensed
from ..room.context import Context, evidence, when
from ..room.effects import NONE, Clear, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule
from .setup import setup_of

RULE: Final = "climate.input"
_CODES: Final = {
    "leak": "climate.leak",
    "smoke": "climate.smoke",
    "uv": "climate.light",
    "light": "climate.light",
}
_MEASURED: Final = {"uv": "µW/lm", "light": "lx"}


class On(RuleState, frozen=True):
    """There while the condition is; `code` and `subject` are those of its alarm."""

    code: str
    subject: str


def _input(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    place = (event.node, body.input)
    return "/".join(place) if place in setup_of(ctx).inputs else None


@rule(RULE, state=On, on=("event/input",), key=_input)
def climate_input(
    state: On | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[On | None, Effects]:
    """Raise when an input is on, or measures more than the limit; clear when it no longer does.

    A leak or smoke that is reported late is still an alarm: nobody has seen to it yet.
    """
    if not isinstance(event, Sensed):
        node, _, device = event.key.partition("/")
        if state is not None and (node, device) not in setup_of(ctx).inputs:
            because = {"rule": RULE, "because": "no longer configured"}
            return None, [Clear(state.code, state.subject, because)]
        return state, NONE
    body = event.body
    if not isinstance(body, Input):
        return state, NONE
    section = setup_of(ctx).inputs[event.node, body.input]
    limit = _limit(section, ctx)
    code, subject = _CODES[section.kind], section.id
    there = _there(body, section, limit, state is not None)
    read = {**evidence(event), "on": body.on, "value": body.value, **when(event)}
    why = {"rule": RULE, "reads": [read], "limit": limit}
    if there and state is None:
        params = {
            "name": section.name,
            "value": "—" if body.value is None else f"{body.value:g}",
            "limit": limit.get("value", "—"),
            "unit": limit.get("unit", ""),
            "source": limit["source"],
        }
        return On(code=code, subject=subject), [Raise(code, subject, why, params)]
    if not there and state is not None:
        return None, [Clear(state.code, state.subject, why)]
    return state, NONE


def _there(body: Input, section: InputSection, limit: dict[str, Any], stands: bool) -> bool:
    if section.kind not in _MEASURED or body.value is None:
        return body.on
    return body.value > float(limit["value"]) - (float(limit["deadband"]) if stands else 0.0)


def _limit(section: InputSection, ctx: Context) -> dict[str, Any]:
    source = section.source or f"climate.input.{section.id}"
    if section.kind not in _MEASURED:
        return {"source": source}
    found = ctx.settings.profile.air["uv" if section.kind == "uv" else "light"]
    return {
        "value": found.high,
        "deadband": found.deadband,
        "unit": _MEASURED[section.kind],
        "source": section.source or found.source,
    }
