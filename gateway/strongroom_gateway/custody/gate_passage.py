"""What is remembered of an item at a gate with two antennas, and of what was left open."""

from typing import Any, Final

import msgspec

from ..room.effects import Clear, Effect
from ..room.model import Item
from ..room.registry import RuleState
from .direction import Track, Verdict
from .gate_judging import UNCLEAR, Judged, Message
from .section import GateSection

LOOK_AGAIN: Final = 600_000
TRY_AGAIN: Final = 10_000
_REMEMBER = 3_600_000  # how often a tag was there is of use for so long
_BEHIND = 86_400_000  # so late a message may come again that was decided before it could be kept


class Doubt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The item was last heard here and may be outside: since when (Unix ms), whether it was asked."""

    gate: str
    at: int
    asked: bool = False
    why: dict[str, Any] = {}


class Passage(RuleState, frozen=True):
    """An item in a gate during one boot of the node, and what was left open when it was there last.

    What is no later than `behind` was decided while it could not be kept, and may come again.
    """

    gate: str = ""
    last: Message | None = None
    track: Track | None = None
    doubt: Doubt | None = None
    visits: int = 0
    behind: Message | None = None


def followed(
    state: Passage,
    judged: Judged,
    verdict: Verdict,
    gate: str,
    at: int,
    item: Item,
    effects: list[Effect],
) -> Passage:
    """Return the state after what was judged, whose consequences go into `effects`."""
    effects += judged.effects
    doubt = state.doubt
    visits = 0 if judged.settled else state.visits
    if judged.settled and doubt is not None:
        effects += clear(doubt, item.id, {"settled": verdict.how})
        doubt = None
    elif judged.asks:
        asked = verdict.how != "doubt" or (doubt is not None and doubt.asked)
        doubt = Doubt(gate, at, asked, dict(judged.why))
    return msgspec.structs.replace(state, doubt=doubt, visits=visits)


def clear(doubt: Doubt, item: str, why: dict[str, Any]) -> list[Clear]:
    """Return what ends the question for an item, if it was asked."""
    return [Clear(UNCLEAR, item, why)] if doubt.asked else []


def patience(gate: GateSection) -> int:
    """Return how long an item may be in doubt before it is asked for, in ms."""
    return int(gate.doubt_s * 1000)


def remembered(state: Passage, now: int) -> Passage | None:
    """Return what is kept of an item that is not in a gate and of which nothing is in doubt."""
    if state.behind is None and not state.visits:
        return None
    return msgspec.structs.replace(state, due=now + (_BEHIND if state.behind else _REMEMBER))


def without_stay(state: Passage, now: int) -> Passage | None:
    """Return what is left when a stay is handed over."""
    left = msgspec.structs.replace(state, gate="", last=None, track=None, visits=0)
    return remembered(left, now) if left.doubt is None else doubting(left, left.doubt, now)


def doubting(state: Passage, doubt: Doubt, now: int, after: int = TRY_AGAIN) -> Passage:
    """Return the state that is looked at again when it is time to ask, `after` ms after it began."""
    wait = LOOK_AGAIN if doubt.asked else after
    return msgspec.structs.replace(state, due=max(now + 1, doubt.at + wait))
