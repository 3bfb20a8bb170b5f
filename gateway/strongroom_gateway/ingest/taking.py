"""A work in the making: rows of one batch of messages and of what was decided on them."""

import re
from typing import Any, Final

import msgspec

from ..contract import ClockAnchor, Input, Sensed
from ..errors import UnwritableEntryError
from ..ledger.canonical import canonical
from ..ledger.work import AnchorRow, EntryRow, ReadingRow, Work
from ..transport.port import Inbound
from .marks import Key, Mark
from .port import Decision, Entry

_KIND: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def empty_work() -> Work:
    """Return a work with nothing in it, and no list shared with another."""
    return Work([], [], [], {}, {}, [], {})


class Batch(msgspec.Struct):
    """What belongs to a work: whom to acknowledge when it is on the disk."""

    messages: list[Inbound]
    acks: dict[Key, int]
    number: int
    weight: int
    held: bool
    """Whether it had been held aside."""


class Taking:
    """One batch while it is taken."""

    __slots__ = ("full", "now", "released", "touched", "weight", "work")

    def __init__(self, now: int) -> None:
        self.now = now
        self.work = empty_work()
        self.touched: dict[Key, Mark] = {}
        self.released: list[Inbound] = []
        """Messages the broker may forget without waiting for the disk."""
        self.weight = 0
        self.full = False

    def message(self, room: str, sensed: Sensed) -> None:
        """Add the row of a message: an event to the record, a reading to the readings."""
        if sensed.lane == "telemetry":
            self.work.readings.append(
                ReadingRow(
                    sensed.received,
                    sensed.kind,
                    sensed.node,
                    sensed.boot,
                    sensed.seq,
                    sensed.mono,
                    sensed.ts,
                    sensed.clk,
                    sensed.raw.decode(),
                )
            )
            return
        body = sensed.body
        text = sensed.raw.decode()
        if isinstance(body, Input) and body.value is not None:
            text = canonical(msgspec.json.decode(sensed.raw))  # the number as the standard has it
        kind = f"event/{sensed.kind}"
        self.work.entries.append(
            EntryRow(sensed.received, kind, room, sensed.node, sensed.boot, sensed.seq, text)
        )
        if isinstance(body, ClockAnchor):
            self.work.anchors.append(
                AnchorRow(sensed.node, body.of_boot, body.at_mono, body.at_ts, body.source)
            )

    def is_empty(self) -> bool:
        """Return whether there is nothing to write."""
        work = self.work
        rows = work.entries or work.readings or work.quarantine or work.more or work.states
        return not (rows or work.anchors or self.touched)


def decision_rows(room: str, decision: Decision, now: int) -> list[EntryRow]:
    """Return the ledger rows of a decision; ValueError when one cannot be written."""
    return [_row(room, entry, now) for entry in decision.entries]


def writable(entry: Entry) -> None:
    """Note how an entry is written; UnwritableEntryError when it cannot be."""
    if entry.text is not None:
        return
    try:
        _checked(entry)
        entry.text = canonical(entry.body)
    except ValueError as bad:
        raise UnwritableEntryError(str(bad)) from bad


def own_row(room: str, kind: str, body: dict[str, Any], now: int) -> EntryRow:
    """Return the row of something the gateway itself has to say."""
    return _row(room, Entry(kind, body), now)


def _row(room: str, entry: Entry, now: int) -> EntryRow:
    _checked(entry)
    text = entry.text if entry.text is not None else canonical(entry.body)
    return EntryRow(now, entry.kind, room, entry.node, None, None, text)


def _checked(entry: Entry) -> None:
    if not _KIND.fullmatch(entry.kind):
        raise ValueError(f"{entry.kind!r} is not the kind of an entry")
    if entry.node is not None and not _NAME.fullmatch(entry.node):
        raise ValueError(f"{entry.node!r} is not the name of a node")
