"""What the ingest asks of a room, and what a room answers.

The room is pure: the same states, events and times give the same decisions. The ingest calls it
from one thread at a time, publishes alarms and commands at once, and records the rest with the
message.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from ..contract import Alarm, AnyCommand, Info, Sensed, Status
from ..contract.outbound import WHAT

ROWS: Final = "r/"
"""States under such keys follow from the entries: what the room knows of people and things."""


class AlarmChange(msgspec.Struct, gc=False):
    """An alarm now stands like this, or with ``alarm`` None no longer needs to be shown."""

    id: str
    alarm: Alarm | None


class Command(msgspec.Struct, gc=False):
    """A command to a node; its id and expiry are the room's choice."""

    node: str
    body: AnyCommand

    @property
    def what(self) -> str:
        """Return the last level of the command's topic."""
        return WHAT[type(self.body)]


class Entry(msgspec.Struct):
    """A decision for the ledger. ``kind`` is dotted (``custody.taken``); ``body`` is plain JSON."""

    kind: str
    body: Mapping[str, Any]
    node: str | None = None
    """The node it is about, when it is about one."""
    text: str | None = None
    """The body as it is written, once `taking.writable` has found that it can be."""


class Decision(msgspec.Struct):
    """All that follows from one message, one tick or one fault."""

    alarms: list[AlarmChange] = []
    commands: list[Command] = []
    entries: list[Entry] = []
    states: list[tuple[str, str | None]] = []
    """The room's own memory: key and new value, None removes it. Committed with the message."""
    views: list[tuple[str, bytes]] = []
    """Retained state/<thing> payloads; empty bytes remove one."""


NOTHING = Decision()
"""The decision that nothing follows; shared, never to be changed."""


class Room(Protocol):
    """The pure core, as the ingest sees it. ``now`` is Unix ms that never go back."""

    def decide(self, event: Sensed, now: int) -> Decision:
        """Decide on one committed-to-be message."""
        ...

    def foresee(self, events: Sequence[Sensed]) -> None:
        """Take note that these are likely to be decided on next: what is read for each may be read
        for all of them at once. It changes nothing.
        """
        ...

    def status(self, status: Status, now: int) -> Decision:
        """Take note that a node came or went."""
        ...

    def info(self, info: Info, now: int) -> Decision:
        """Take note of a node's description of itself (the clock answer is the ingest's)."""
        ...

    def tick(self, now: int) -> Decision:
        """Decide what the passing of time brings: silence, delays, leases."""
        ...

    def fault(
        self, kind: str, on: bool, now: int, subject: str = "", why: Mapping[str, Any] | None = None
    ) -> Decision:
        """Take note of a fault of the gateway's own.

        ``ledger.not_recording`` (on and off) and ``message.quarantined`` (on for each, ``subject``
        the node or "" and ``why`` with reason, topic and count).
        """
        ...

    def settled(self) -> None:
        """Take note that everything decided so far is on the disk."""
        ...

    def unkept(self, now: int) -> Decision:
        """Forget the last decision, which cannot be kept: the message will come again, and is decided
        on as if for the first time. Return what has to sound and be kept all the same.
        """
        ...

    def standing(self) -> Decision:
        """Return all alarms and views that stand, for a broker that forgot them."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Return the room for the read API; safe to use after the call."""
        ...
