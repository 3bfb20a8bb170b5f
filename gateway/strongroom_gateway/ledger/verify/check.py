"""Recomputes a ledger from its entries: every leaf, the whole tree, the order and the marks.

This file shares nothing with the writer but the file format, so that a mistake of the one is not a
mistake of the other. Leaf and tree are those of RFC 6962: SHA-256(0x00 || entry) and
SHA-256(0x01 || left || right); the entry is the canonical JSON of its columns.
"""

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

MOST_PROBLEMS = 20
TRIGGERS = {"entry_in_order", "entry_no_update", "entry_no_delete"}


@dataclass
class Report:
    """What was found; ``problems`` is empty when the record proves itself."""

    entries: int = 0
    root: str = ""
    problems: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Add a problem, up to a number that a person can read."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(text)


class Tree:
    """A Merkle tree kept as one waiting hash for each level."""

    def __init__(self) -> None:
        self._waiting: list[bytes | None] = []

    def add(self, leaf: bytes) -> None:
        """Take a leaf; two waiting hashes of one level become one of the next."""
        carried = leaf
        for level, left in enumerate(self._waiting):
            if left is None:
                self._waiting[level] = carried
                return
            self._waiting[level] = None
            carried = hashlib.sha256(b"\x01" + left + carried).digest()
        self._waiting.append(carried)

    def root(self) -> bytes:
        """Return the root: the levels joined from the smallest."""
        joined: bytes | None = None
        for left in self._waiting:
            if left is not None:
                joined = (
                    left if joined is None else hashlib.sha256(b"\x01" + left + joined).digest()
                )
        return joined if joined is not None else hashlib.sha256(b"").digest()


def verify(path: Path) -> Report:
    """Read the whole ledger at ``path`` and return what is wrong with it.

    Raises sqlite3.Error when the file is no database or is damaged below the level of rows.
    """
    report = Report()
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("BEGIN")  # one moment, though the gateway goes on writing
        _guards(connection, report)
        tree = _entries(connection, report)
        report.root = tree.root().hex()
        _edge(connection, report)
        _marks(connection, report)
    finally:
        connection.close()
    return report


def _guards(connection: sqlite3.Connection, report: Report) -> None:
    found = {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'"
        )
    }
    for name in sorted(TRIGGERS - found):
        report.complain(f"the guard {name} was removed from the database")


def _entries(connection: sqlite3.Connection, report: Report) -> Tree:
    tree = Tree()
    rows = connection.execute(
        "SELECT idx, at, kind, room, node, boot, seq, body, leaf FROM entry ORDER BY idx"
    )
    for expected, (idx, at, kind, room, node, boot, seq, body, stored) in enumerate(rows):
        if idx != expected:
            report.complain(f"entry {expected} is missing: the next is {idx}")
            break
        _canonical(idx, body, report)
        origin = f'"boot":{_text(boot)},"idx":{idx},"kind":{_text(kind)},"node":{_text(node)}'
        text = f'{{"at":{at},"body":{body},{origin},"room":{_text(room)},"seq":{_text(seq)}}}'
        leaf = hashlib.sha256(b"\x00" + text.encode()).digest()
        if leaf != stored:
            report.complain(f"entry {idx} is not what was recorded: its leaf does not fit")
        tree.add(leaf)
        report.entries += 1
    return tree


def _text(value: str | int | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def _canonical(idx: int, body: str, report: Report) -> None:
    def keys_in_order(pairs: list[tuple[str, object]]) -> None:
        keys = [key.encode("utf-16-be") for key, _ in pairs]
        if keys != sorted(set(keys)):
            report.complain(f"entry {idx} is not canonical: its keys are not in order")

    try:
        json.loads(body, object_pairs_hook=keys_in_order)
    except ValueError as error:
        report.complain(f"entry {idx} is not JSON: {error}")


def _edge(connection: sqlite3.Connection, report: Report) -> None:
    """Compare with the tree's edge that the writer stored: size, then the roots of full trees."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'frontier'").fetchone()
    if found is None:
        if report.entries:
            report.complain("the stored tree is missing")
        return
    stored: bytes = found[0]
    size = int.from_bytes(stored[:8], "big")
    if size != report.entries:
        report.complain(f"the stored tree has {size} entries, the ledger {report.entries}")
        return
    hashes = [stored[at : at + 32] for at in range(8, len(stored), 32)]
    root = hashes.pop() if hashes else hashlib.sha256(b"").digest()
    while hashes:
        root = hashlib.sha256(b"\x01" + hashes.pop() + root).digest()
    if root.hex() != report.root:
        report.complain(f"the stored tree has root {root.hex()}, the entries give {report.root}")


def _marks(connection: sqlite3.Connection, report: Report) -> None:
    """Every recorded message must count as recorded, or it would be taken a second time."""
    covered: dict[tuple[str, int], tuple[int, list[list[int]]]] = {
        (node, boot): (high, json.loads(beyond))
        for node, boot, high, beyond in connection.execute(
            "SELECT node, boot, high, beyond FROM mark WHERE lane = 'event'"
        )
    }
    rows = connection.execute(
        "SELECT idx, node, boot, seq FROM entry WHERE boot IS NOT NULL ORDER BY node, boot, seq"
    )
    last: tuple[str, int, int] | None = None
    for idx, node, boot, seq in rows:
        high, beyond = covered.get((node, boot), (0, []))
        if seq > high and not any(first <= seq <= end for first, end in beyond):
            report.complain(f"entry {idx} ({node} {boot}/{seq}) does not count as recorded")
        if (node, boot, seq) == last:
            report.complain(f"entry {idx} records {node} {boot}/{seq} a second time")
        last = (node, boot, seq)
