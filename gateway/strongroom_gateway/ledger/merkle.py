"""The Merkle tree of RFC 6962, section 2.1, grown one leaf at a time.

The frontier holds the roots of the full subtrees the leaves so far make, largest first: at most one
for each bit of the size. It is all that is needed to append and to tell the root. On its way it
meets the root of every full subtree once; those of every eighth level it hands out, so that proofs
can be made from them later without reading every leaf.
"""

from typing import Final, NamedTuple

from .hashing import PLAIN, TreeHash

STEP: Final = 8
"""Subtrees of 2**8, 2**16, 2**24 ... leaves are stored."""


class Subtree(NamedTuple):
    """The root over the leaves idx * 2**level up to, not including, (idx + 1) * 2**level."""

    level: int
    idx: int
    hash: bytes


def leaf_hash(entry: bytes, tree: TreeHash = PLAIN) -> bytes:
    """Return the hash of a leaf: HASH(0x00 || entry)."""
    return bytes(tree.new(b"\x00" + entry).digest())


def node_hash(left: bytes, right: bytes, tree: TreeHash = PLAIN) -> bytes:
    """Return the hash of an inner node: HASH(0x01 || left || right)."""
    return bytes(tree.new(b"\x01" + left + right).digest())


class Frontier:
    """The right edge of the tree."""

    def __init__(
        self, size: int = 0, stack: list[bytes] | None = None, tree: TreeHash = PLAIN
    ) -> None:
        self.size = size
        self.tree = tree
        self.finished: list[Subtree] = []
        """Subtrees to be stored that were completed since this frontier was made or copied."""
        self._stack = stack or []
        if len(self._stack) != size.bit_count():
            raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} hashes")

    def append(self, leaf: bytes) -> None:
        """Take the next leaf's hash."""
        size = self.size
        new, stack = self.tree.new, self._stack
        level = 0
        while size & 1:
            leaf = new(b"\x01" + stack.pop() + leaf).digest()
            size >>= 1
            level += 1
            if not level % STEP:
                self.finished.append(Subtree(level, size, leaf))
        stack.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        if not self._stack:
            return self.tree.empty
        root = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            root = node_hash(left, root, self.tree)
        return root

    def copy(self) -> "Frontier":
        """Return a frontier that grows on its own."""
        return Frontier(self.size, self._stack.copy(), self.tree)

    def dump(self) -> bytes:
        """Return the bytes that ``load`` reads: the size in eight bytes, then the hashes."""
        return self.size.to_bytes(8, "big") + b"".join(self._stack)

    @classmethod
    def load(cls, data: bytes, tree: TreeHash = PLAIN) -> "Frontier":
        """Read what ``dump`` wrote; raise ValueError when it cannot be that."""
        if len(data) < 8 or len(data) % 32 != 8:
            raise ValueError("not a frontier")
        stack = [data[start : start + 32] for start in range(8, len(data), 32)]
        return cls(int.from_bytes(data[:8], "big"), stack, tree)
