"""What is on record, read from the ledger's file: the second half of "nothing lost".

The first half is what the emulated firmware said it accepted (accepted.jsonl). The file is opened
read-only and read with plain SQL, past the gateway's own code.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str, str, int, int]
"""Node, lane, boot, seq."""


@dataclass(frozen=True)
class Record:
    """Everything committed: how often each message, what of it nobody could read."""

    messages: Counter[Key] = field(default_factory=Counter)
    quarantined: int = 0
    entries: int = 0

    def lost(self, accepted: Iterable[Key]) -> list[Key]:
        """Return what was accepted by a node and is not on record."""
        return sorted(set(accepted) - self.messages.keys())

    def doubled(self) -> list[Key]:
        """Return what is on record more than once."""
        return sorted(key for key, times in self.messages.items() if times > 1)

    def gaps(self) -> list[Key]:
        """Return the messages that are missing below a later one of the same node, lane and
        boot."""
        highest: dict[tuple[str, str, int], int] = {}
        for node, lane, boot, seq in self.messages:
            highest[node, lane, boot] = max(seq, highest.get((node, lane, boot), 0))
        return [
            (node, lane, boot, seq)
            for (node, lane, boot), high in sorted(highest.items())
            for seq in range(1, high)
            if (node, lane, boot, seq) not in self.messages
        ]


def read_record(ledger: Path) -> Record:
    """Return what a ledger file holds now; nothing when there is none yet."""
    if not ledger.exists():
        return Record()
    connection = sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True)
    try:
        messages: Counter[Key] = Counter()
        for lane, table in (("event", "entry"), ("telemetry", "reading")):
            rows = connection.execute(
                f"SELECT node, boot, seq FROM {table} WHERE boot IS NOT NULL"  # noqa: S608 - a table of ours
            )
            messages.update((node, lane, boot, seq) for node, boot, seq in rows)
        (quarantined,) = connection.execute("SELECT count(*) FROM quarantine").fetchone()
        (entries,) = connection.execute("SELECT count(*) FROM entry").fetchone()
    finally:
        connection.close()
    return Record(messages, quarantined, entries)


def keys(node: str, accepted: Iterable[Mapping[str, Any]]) -> list[Key]:
    """Return the keys of what a node accepted."""
    return [(node, item["lane"], item["boot"], item["seq"]) for item in accepted]
