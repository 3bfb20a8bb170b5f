"""The tree of a stored ledger: its hash, its stored subtrees, and proofs made from them.

Leaves lie in table entry; the roots of full subtrees of 2**8, 2**16 ... leaves in table subtree. So
any full subtree is at most 256 stored hashes away, and a proof needs some hundreds of rows at any
size of the ledger.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..errors import LedgerError, OutsideTreeError
from .hashing import SHA256, TreeHash, tree_hash
from .merkle import STEP, Frontier, Subtree, node_hash

_NAME: Final = "tree"
_STORE: Final = "INSERT OR REPLACE INTO subtree (level, idx, hash) VALUES (?, ?, ?)"


class Head(NamedTuple):
    """The tree at a moment: how many entries, and the root over them."""

    size: int
    root: bytes


class Inclusion(NamedTuple):
    """Why entry ``idx`` is in the tree of ``size`` entries with this root (RFC 6962, 2.1.1)."""

    idx: int
    size: int
    leaf: bytes
    hashes: list[bytes]
    root: bytes


class Consistency(NamedTuple):
    """Why the tree of ``new`` only adds to that of ``old`` (RFC 6962, 2.1.2)."""

    old: Head
    new: Head
    hashes: list[bytes]


def hash_of(connection: sqlite3.Connection) -> TreeHash:
    """Return the hash the ledger's tree is made with; LedgerError when there is none such here."""
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (_NAME,)).fetchone()
    return tree_hash(found[0].decode("ascii", "replace") if found else SHA256)


def choose_hash(connection: sqlite3.Connection, wanted: str | None) -> TreeHash:
    """Return the hash of the ledger's tree; a ledger without entries takes the one wanted.

    Raises LedgerError when another one is wanted than the ledger was made with.
    """
    known = connection.execute("SELECT 1 FROM meta WHERE key IN ('frontier', ?)", (_NAME,))
    if known.fetchone() is None:
        chosen = tree_hash(wanted or SHA256)
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?)", (_NAME, chosen[0].encode())
        )
        return chosen
    tree = hash_of(connection)
    if wanted not in (None, tree.name):
        raise LedgerError(
            f"the ledger's tree is made with {tree.name}, which was chosen when it was created;"
            f" it cannot become {wanted}: begin a new ledger for that"
        )
    return tree


def load_frontier(connection: sqlite3.Connection, tree: TreeHash) -> Frontier:
    """Return the tree's edge as the last commit left it."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'frontier'").fetchone()
    if found is None:
        return Frontier(tree=tree)
    try:
        return Frontier.load(found[0], tree)
    except ValueError as error:
        raise LedgerError(f"the ledger's tree cannot be read: {error}") from None


def store_subtrees(connection: sqlite3.Connection, subtrees: list[Subtree]) -> None:
    """Store full subtrees, inside the transaction that completed them."""
    connection.executemany(_STORE, subtrees)


def fill_subtrees(connection: sqlite3.Connection, frontier: Frontier) -> None:
    """Store the subtrees of a ledger from before they were stored; reads its leaves once."""
    stored = connection.execute("SELECT count(*) FROM subtree WHERE level = ?", (STEP,)).fetchone()
    if stored[0] >= frontier.size >> STEP:
        return
    grown = Frontier(tree=frontier.tree)
    for (leaf,) in connection.execute("SELECT leaf FROM entry ORDER BY idx"):
        grown.append(leaf)
    connection.execute("BEGIN IMMEDIATE")
    try:
        store_subtrees(connection, grown.finished)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class Prover:
    """Makes proofs from what is stored; its connection should be at one moment (BEGIN)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.tree = hash_of(connection)
        self._frontier = load_frontier(connection, self.tree)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._frontier.size

    def head(self, size: int | None = None) -> Head:
        """Return the tree as it was at a size, from what is stored; None: as it is."""
        size = self._within(self.size if size is None else size)
        return Head(size, self._range(0, size) if size else self.tree.empty)

    def edge(self) -> Head:
        """Return the tree as it is, from the edge the writer keeps."""
        return Head(self.size, self._frontier.root())

    def inclusion(self, idx: int, size: int | None = None) -> Inclusion:
        """Return why an entry is in the tree of a size (None: of all entries).

        Raises OutsideTreeError when there is no such entry or no such tree.
        """
        size = self._within(self.size if size is None else size)
        if not 0 <= idx < size:
            raise OutsideTreeError(idx, size)
        first, last = 0, size
        siblings = []
        while last - first > 1:
            middle = first + _largest_power_below(last - first)
            if idx < middle:
                siblings.append((middle, last))
                last = middle
            else:
                siblings.append((first, middle))
                first = middle
        hashes = [self._range(*sibling) for sibling in reversed(siblings)]
        return Inclusion(idx, size, self._range(idx, idx + 1), hashes, self.head(size).root)

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """Return why the tree of a size only adds to that of an earlier one.

        Raises OutsideTreeError when one of them is none, or the older is empty or the larger.
        """
        new = self._within(self.size if new is None else new)
        if not 0 < old <= new:
            raise OutsideTreeError(old, new)
        hashes = list(self._grown(old, new)) if old < new else []
        return Consistency(self.head(old), self.head(new), hashes)

    def _grown(self, old: int, new: int) -> Iterator[bytes]:
        """SUBPROOF of RFC 6962, 2.1.2, walked downwards; the hashes come out upwards."""
        first, last = 0, new
        ranges = []
        whole = True  # the subtree at hand is one that the older tree has as a whole
        while old != last:
            middle = first + _largest_power_below(last - first)
            if old <= middle:
                ranges.append((middle, last))
                last = middle
            else:
                ranges.append((first, middle))
                first = middle
                whole = False
        if not whole:
            ranges.append((first, last))
        for one in reversed(ranges):
            yield self._range(*one)

    def _within(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise OutsideTreeError(size, self.size)
        return size

    def _range(self, first: int, last: int) -> bytes:
        """Return the root over leaves first..last-1, where first is a multiple of a power of two
        that is not smaller than their number.
        """
        pieces = []
        while first < last:
            level = (last - first).bit_length() - 1
            pieces.append(self._full(level, first >> level))
            first += 1 << level
        root = pieces.pop()
        while pieces:
            root = node_hash(pieces.pop(), root, self.tree)
        return root

    def _full(self, level: int, idx: int) -> bytes:
        """Return the root of a full subtree of 2**level leaves from the stored level below it."""
        stored = level - level % STEP
        count = 1 << (level - stored)
        first = idx * count
        if stored:
            rows = self._connection.execute(
                "SELECT hash FROM subtree WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx",
                (stored, first, first + count),
            )
        else:
            rows = self._connection.execute(
                "SELECT leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx",
                (first, first + count),
            )
        hashes = [found for (found,) in rows]
        if len(hashes) != count:
            raise LedgerError(
                f"the tree over entries {idx << level} to {((idx + 1) << level) - 1} is not whole:"
                " somebody changed the ledger; run `strongroom ledger verify`"
            )
        while len(hashes) > 1:
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [node_hash(left, right, self.tree) for left, right in pairs]
        return bytes(hashes[0])


def _largest_power_below(number: int) -> int:
    """Return the largest power of two smaller than a number greater than one."""
    return 1 << ((number - 1).bit_length() - 1)
