"""A gate while the record cannot be read: what its rules hand to each other.

`custody.gate` and `custody.gate_beams` hand over what they cannot decide; `custody.gate_held` keeps
it, sounds the alarm, and hands it back to `custody.gate` when the record can be read again.
"""

from typing import Any, Final

import msgspec

from ..contract import Sensed, Tag
from ..errors import RowsUnreadableError
from ..room.context import Context
from ..room.effects import Raise
from ..room.registry import RuleState
from .direction import How, Side, Track
from .gate_judging import Message
from .section import GateSection

CODE: Final = "exit.not_readable"
HELD: Final = "gate.held"
"""Told of a tag: a `Handed`, a `Crossed` or a `Resumed` that cannot be decided now, or `Again`."""
LATE: Final = "gate.late"
"""Told of an item, in their order: each `Crossed` of one of its tags, and then a `Resumed`."""


class Handed(msgspec.Struct, frozen=True):
    """A report on a tag (None: only that a stay goes on), and what is known of its stay before it."""

    gate: str
    event: Sensed | None = None
    last: Message | None = None
    track: Track | None = None
    visits: int = 0


class Crossed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tag went to this side of a gate, or may have; `why` is the evidence with its time.

    `back`: it was heard inside again later. `passed_over` is how many crossings before it were too
    many to be kept.
    """

    gate: str
    to: Side
    how: How
    tag: str
    why: dict[str, Any]
    back: bool = False
    passed_over: int = 0


class Resumed(msgspec.Struct, frozen=True):
    """Everything held of a tag is told; this is its stay, if it is not over, for an item that was
    inside and for one that was outside when it began. What is no later than `last` was heard.
    """

    tag: str
    gate: str
    last: Message
    inside: Track | None = None
    outside: Track | None = None
    visits: int = 0


class Again(msgspec.Struct, frozen=True):
    """A message came again that could not be kept before; it is decided on by now."""

    message: Message


class Reading:
    """Tells whether everything could be read in a `with` block; an error of reading ends the block."""

    __slots__ = ("_before", "_ctx", "failed")

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._before = 0
        self.failed = False

    def __enter__(self) -> "Reading":
        self._before = self._ctx.rows.unread
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        lost = kind is not None and issubclass(kind, RowsUnreadableError)
        self.failed = lost or self._ctx.rows.unread != self._before
        return lost


class Held(RuleState, frozen=True):
    """A tag at a gate, its stay as that of one that was inside and of one that was outside, and the
    crossings to be decided. `until` is when the stay is over if nothing is heard, `readable` since
    when the record can be read again (Unix ms). `again`: every message came that could not be kept,
    and is decided on when it comes again, if it does.
    """

    gate: str = ""
    last: Message | None = None
    inside: Track | None = None
    outside: Track | None = None
    visits: int = 0
    until: int = 0
    crossed: tuple[Crossed, ...] = ()
    readable: int | None = None
    again: bool = False

    @property
    def stays(self) -> bool:
        """Return whether it is in the gate."""
        return self.inside is not None or self.outside is not None

    @property
    def both(self) -> tuple[tuple[Side, Track | None], ...]:
        """Return where it was when its stay began, with the stay as it is then."""
        return ("inner", self.inside), ("outer", self.outside)


def side_of(gate: GateSection, body: Tag) -> Side | None:
    """Return which antenna of a gate a report is of; None for one that does not count."""
    if gate.direction != "antennas" or (body.rssi is not None and body.rssi < gate.rssi_floor):
        return None
    if body.ant == gate.inner:
        return "inner"
    return "outer" if body.ant == gate.outer else None


def alarm(crossed: Crossed, ctx: Context) -> Raise:
    """Return the alarm that a tag has left, or may have, and nobody can tell whose it is."""
    item = ctx.item_by_tag(crossed.tag)  # what is known by heart, or from the configuration
    gate = ctx.gates.get(crossed.gate)
    why = {**crossed.why, "rule": CODE, "direction": "outwards"}
    why["because"] = "the record cannot be read, or not be kept: whose it is is decided later"
    params = {
        "tag": crossed.tag,
        "item": "—" if item is None else f"{item.name} ({item.id})",
        "gate": crossed.gate if gate is None else gate.name,
    }
    return Raise(CODE, crossed.tag, why, params, severity=int(crossed.how == "crossed"))


def is_held(tag: str, ctx: Context) -> bool:
    """Return whether something of a tag is to be decided before anything that comes now."""
    held = ctx.state_of(CODE, tag)
    return held is not None and not held.again
