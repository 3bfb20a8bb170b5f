"""stocktake.missing: ends when what a stock-take missed is there again, by whatever way it came."""

from collections.abc import Iterable
from typing import Any, Final

from ..loans.model import MISSING
from ..room.context import Context
from ..room.effects import Clear, Effects, Start, Tick
from ..room.registry import RuleState, rule
from .stocktake import CODE

_ROOM: Final = "room"
_LOOK_MS: Final = 60_000


class Missed(RuleState, frozen=True):
    """What was missing when it was looked last."""

    items: tuple[str, ...]


def _once(_: Context) -> Iterable[str]:
    return [_ROOM]


def _never(_: Context, event: Any) -> str | None:
    return None


@rule(CODE, state=Missed, on=(), key=_never, keys=_once)
def stocktake_missing(
    state: Missed | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Missed | None, Effects]:
    """Look once a minute while something is missing: it may come over a desk, a safe, a shelf."""
    items = tuple(name.rpartition("/")[2] for name, _ in ctx.rows.scan("at", f"{MISSING}/"))
    was = () if state is None else state.items
    why = {"rule": CODE, "because": "it is there again", "at": now}
    effects = [Clear(CODE, name, why) for name in was if name not in items]
    return (Missed(items=items, due=now + _LOOK_MS) if items else None), effects
