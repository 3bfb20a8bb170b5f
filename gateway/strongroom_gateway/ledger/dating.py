"""When a record was made: derived from what is stored, never stored over it."""

import json
import sqlite3
from typing import Any, Final, Literal, NamedTuple

import msgspec

EARLIEST: Final = 1_704_067_200_000  # 2024-01-01: before it no node of this contract was built
AHEAD: Final = 300_000

CORRECTED_BY: Final = (
    "SELECT max(idx) FROM entry"
    " WHERE kind = 'correction' AND json_extract(body, '$.supersedes') = ?"
)

TimeSource = Literal["node", "anchor", "received"]


class EntryView(msgspec.Struct):
    """An entry with the time it stands for, derived and never stored."""

    idx: int
    at: int
    kind: str
    room: str
    node: str | None
    boot: int | None
    seq: int | None
    body: dict[str, Any]
    leaf: str
    time: int
    time_source: TimeSource
    superseded_by: int | None = None
    """The newest correction of this entry."""


class ReadingView(msgspec.Struct):
    """A reading with the time it stands for."""

    id: int
    at: int
    kind: str
    node: str
    boot: int
    seq: int
    body: dict[str, Any]
    time: int
    time_source: TimeSource


class Made(NamedTuple):
    """What is known of a record's time: reception, and the node's own clocks."""

    at: int
    node: str
    boot: int
    mono: int
    ts: int | None
    clk: str


def entry_view(connection: sqlite3.Connection, row: tuple[Any, ...]) -> EntryView:
    """Return the entry of a row of table entry, dated."""
    idx, at, kind, room, node, boot, seq, text, leaf = row
    body = json.loads(text)
    time: int = at
    source: TimeSource = "received"
    if boot is not None:
        made = Made(at, node, boot, body["mono"], body["ts"], body["clk"])
        time, source = dated(connection, made)
    corrected = connection.execute(CORRECTED_BY, (idx,)).fetchone()[0]
    return EntryView(
        idx, at, kind, room, node, boot, seq, body, leaf.hex(), time, source, corrected
    )


def reading_view(connection: sqlite3.Connection, row: tuple[Any, ...]) -> ReadingView:
    """Return the reading of a row of table reading, dated."""
    number, at, kind, node, boot, seq, mono, ts, clk, text = row
    time, source = dated(connection, Made(at, node, boot, mono, ts, clk))
    return ReadingView(number, at, kind, node, boot, seq, json.loads(text), time, source)


def dated(connection: sqlite3.Connection, made: Made) -> tuple[int, TimeSource]:
    """Return when a record was made and how that is known.

    The node's own time when it had a plausible one; otherwise by the nearest anchor of the same
    boot; otherwise the time of reception.
    """
    latest = made.at + AHEAD
    if made.ts is not None and made.clk != "none" and EARLIEST <= made.ts <= latest:
        return made.ts, "node"
    found = connection.execute(
        "SELECT at_ts + (? - at_mono) FROM anchor WHERE node = ? AND boot = ?"
        " ORDER BY abs(at_mono - ?) LIMIT 1",
        (made.mono, made.node, made.boot, made.mono),
    ).fetchone()
    if found and EARLIEST <= found[0] <= latest:
        return found[0], "anchor"
    return made.at, "received"
