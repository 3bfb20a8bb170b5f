"""One unit of writing: what must be committed together, and never apart."""

from typing import Any, NamedTuple

import msgspec


class EntryRow(NamedTuple):
    """An entry before it has its place. ``kind``, ``room``, ``node`` are plain ASCII names."""

    at: int
    kind: str
    room: str
    node: str | None
    boot: int | None
    seq: int | None
    body: str
    """Canonical JSON."""


class ReadingRow(NamedTuple):
    """A reading."""

    at: int
    kind: str
    node: str
    boot: int
    seq: int
    mono: int
    ts: int | None
    clk: str
    body: str


class QuarantineRow(NamedTuple):
    """A refused message, with the beginning of it and the hash of the whole."""

    at: int
    node: str
    topic: str
    reason: str
    detail: str
    boot: int | None
    seq: int | None
    size: int
    sha256: bytes
    payload: bytes


class AnchorRow(NamedTuple):
    """At ``at_mono`` of this boot the time was ``at_ts``."""

    node: str
    boot: int
    at_mono: int
    at_ts: int
    source: str


class CheckpointRow(NamedTuple):
    """A signed tree head. ``at`` is when it was made; the note itself holds no time."""

    size: int
    at: int
    note: str


MarkKey = tuple[str, int, str]
"""(node, boot, lane)"""


class Work(msgspec.Struct):
    """Rows of one batch of messages with all that was decided on them."""

    entries: list[EntryRow] = []
    readings: list[ReadingRow] = []
    quarantine: list[QuarantineRow] = []
    more: dict[tuple[int, str, str], int] = {}
    """Refused beyond the limit: (minute, node, reason) -> how many."""
    marks: dict[MarkKey, tuple[int, str]] = {}
    """The new mark and the JSON of the ranges beyond it."""
    anchors: list[AnchorRow] = []
    states: dict[str, str | None] = {}
    checkpoints: list[CheckpointRow] = []
    context: Any = None
    """The caller's own; handed back once the work is on the disk."""
