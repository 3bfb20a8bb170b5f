"""What is on record, read with plain SQL, past the gateway's own code."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Origin = tuple[str, int, int]
"""(node, boot, seq) of an event."""


@dataclass(frozen=True)
class Entry:
    """One entry of the ledger; with an origin it is what a node sensed, else a decision."""

    idx: int
    at: int
    kind: str
    origin: Origin | None
    body: dict[str, Any]

    @property
    def sensed_at(self) -> int:
        """When it happened (Unix ms): by the node's clock once it has one, else as received."""
        return int(self.body.get("ts") or self.at)

    @property
    def because_of(self) -> Origin | None:
        """The message a decision names first as its reason."""
        why = self.body.get("why")
        if not isinstance(why, dict):
            return None
        reads = why.get("reads") or [None]
        return origin_of(why.get("decided_by") or reads[0])


@dataclass(frozen=True)
class Where:
    """Who has an item, and where it is."""

    holder: str | None
    place: str


@dataclass
class Record:
    """The whole ledger at one moment."""

    entries: list[Entry] = field(default_factory=list)
    rows: dict[str, str] = field(default_factory=dict)

    def kind(self, *kinds: str) -> Iterator[Entry]:
        """Yield the entries of some kinds."""
        return (one for one in self.entries if one.kind in kinds)

    def sensed(self, node: str) -> list[Entry]:
        """Return what a node sensed, in the order in which it did."""
        found = [one for one in self.entries if one.origin and one.origin[0] == node]
        return sorted(found, key=lambda one: one.origin or ("", 0, 0))

    def origins(self) -> Counter[Origin]:
        """Return how often each message is on record."""
        return Counter(one.origin for one in self.entries if one.origin is not None)

    def movements(self) -> Iterator[Entry]:
        """Yield the entries that say where an item is from then on."""
        return (
            one
            for one in self.entries
            if one.kind.startswith("movement.") and "place" in one.body and "item" in one.body
        )

    def places(self) -> dict[str, Where]:
        """Return where each item that was ever moved is, by the last movement."""
        return {
            one.body["item"]: Where(one.body["holder"], one.body["place"])
            for one in self.movements()
        }


def origin_of(read: dict[str, Any] | None) -> Origin | None:
    """Return the message that a reason names."""
    return None if read is None else (read["node"], read["boot"], read["seq"])


def read_record(path: Path) -> Record:
    """Return what is in a ledger now; nothing while the gateway is just making it."""
    if not path.exists():
        return Record()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as ledger:
        try:
            ledger.execute("BEGIN")
            entries = [
                Entry(
                    idx,
                    at,
                    kind,
                    None if boot is None else (node, boot, seq),
                    json.loads(body),
                )
                for idx, at, kind, node, boot, seq, body in ledger.execute(
                    "SELECT idx, at, kind, node, boot, seq, body FROM entry ORDER BY idx"
                )
            ]
            rows = dict(ledger.execute("SELECT key, value FROM room_state WHERE key LIKE 'r/%'"))
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return Record()
            raise
    return Record(entries, rows)
