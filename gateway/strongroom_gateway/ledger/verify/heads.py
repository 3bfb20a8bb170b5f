"""The tree heads a ledger has committed itself to: its stored checkpoints, and those kept elsewhere."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from .format import has_table
from .note import Key, UnprovenError, read_checkpoint
from .report import Report
from .tree import Tree


class Claim(NamedTuple):
    """Somebody's word on the first ``size`` entries."""

    whose: str
    size: int
    root: bytes
    stored: bool


class Heads:
    """Collects the roots at all sizes that something was claimed of, then compares."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        report: Report,
        keys: Sequence[Key] | None,
        since: Sequence[tuple[str, bytes]],
    ) -> None:
        self._report = report
        self._keys = keys
        self._claims: list[Claim] = []
        for name, content in since:
            self._claim(name, content, stored=False)
        if has_table(connection, "checkpoint"):
            self._stored(connection)
        self._sizes = sorted({claim.size for claim in self._claims}, reverse=True)
        self._roots: dict[int, bytes] = {}

    def next(self, size: int, tree: Tree) -> int:
        """Take the root if one is wanted at this size; return the next size one is wanted at."""
        while self._sizes and self._sizes[-1] <= size:
            if self._sizes.pop() == size:
                self._roots[size] = tree.root()
        return self._sizes[-1] if self._sizes else -1

    def compare(self) -> None:
        """Compare every claim with what the entries give."""
        report = self._report
        good = 0
        for claim in sorted(self._claims, key=lambda one: one.size):
            if claim.size > report.entries:
                report.complain(
                    f"{claim.whose} is of {claim.size} entries, but the ledger has"
                    f" {report.entries} in order: entries were cut off"
                )
            elif self._roots[claim.size] != claim.root:
                report.complain(
                    f"{claim.whose} is not of these entries: the first that is not what was"
                    f" signed is one of {good} to {claim.size - 1}"
                )
            else:
                good = claim.size
                report.checkpoints += claim.stored
        report.covered = good

    def _stored(self, connection: sqlite3.Connection) -> None:
        largest = 0
        rows = connection.execute("SELECT id, size, note FROM checkpoint ORDER BY id")
        for expected, (number, size, note) in enumerate(rows, 1):
            if number != expected:
                self._report.complain(f"checkpoint {expected} is missing: the next is {number}")
                break
            claim = self._claim(f"checkpoint {number}", note, stored=True)
            if claim is None:
                continue
            if claim.size != size:
                self._report.complain(f"checkpoint {number} says {claim.size}, its row {size}")
            if claim.size < largest:
                self._report.complain(f"checkpoint {number} is smaller than one before it")
            largest = max(largest, claim.size)

    def _claim(self, whose: str, note: object, stored: bool) -> Claim | None:
        try:
            if not isinstance(note, bytes):
                raise UnprovenError("it is no text")
            said = read_checkpoint(note, self._keys)
            if said.tree != self._report.tree:
                raise UnprovenError(f"it is of a {said.tree} tree, the ledger's is another")
        except UnprovenError as error:
            self._report.complain(f"{whose}: {error}")
            return None
        claim = Claim(whose, said.size, said.root, stored)
        self._claims.append(claim)
        return claim
