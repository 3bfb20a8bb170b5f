"""climate.door: since when a door stands open that a zone's machines are held by."""

from typing import Any, Final

from ..contract import Contact, Sensed
from ..room.context import Context
from ..room.effects import NONE, Effects, Start, Tick
from ..room.registry import RuleState, rule
from .setup import setup_of

RULE: Final = "climate.door"


class Door(RuleState, frozen=True):
    """There while the door is open; since when it was received (Unix ms)."""

    since: int


def _door(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    door = (event.node, body.input)
    return "/".join(door) if door in setup_of(ctx).doors else None


@rule(RULE, state=Door, on=("event/contact",), key=_door)
def climate_door(
    state: Door | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Door | None, Effects]:
    """Remember an opening until the closing."""
    if isinstance(event, Start) and tuple(event.key.split("/")) not in setup_of(ctx).doors:
        return None, NONE
    if not isinstance(event, Sensed) or not isinstance(event.body, Contact):
        return state, NONE
    if not event.body.open:
        return None, NONE
    return (Door(since=now) if state is None else state), NONE
