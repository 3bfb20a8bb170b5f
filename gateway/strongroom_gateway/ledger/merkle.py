"""The Merkle tree of RFC 6962, section 2.1, grown one leaf at a time.

The frontier holds the roots of the full subtrees the leaves so far make, largest first: at most one
for each bit of the size. It is all that is needed to append and to tell the root.
"""

from hashlib import sha256
from typing import Final

EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of the tree."""

    def __init__(self, size: int = 0, stack: list[bytes] | None = None) -> None:
        self.size = size
        self._stack = stack or []
        if len(self._stack) != size.bit_count():
            raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} hashes")

    def append(self, leaf: bytes) -> None:
        """Take the next leaf's hash."""
        size = self.size
        while size & 1:
            leaf = sha256(b"\x01" + self._stack.pop() + leaf).digest()
            size >>= 1
        self._stack.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        if not self._stack:
            return EMPTY_ROOT
        root = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> "Frontier":
        """Return a frontier that grows on its own."""
        return Frontier(self.size, self._stack.copy())

    def dump(self) -> bytes:
        """Return the bytes that ``load`` reads: the size in eight bytes, then the hashes."""
        return self.size.to_bytes(8, "big") + b"".join(self._stack)

    @classmethod
    def load(cls, data: bytes) -> "Frontier":
        """Read what ``dump`` wrote; raise ValueError when it cannot be that."""
        if len(data) < 8 or len(data) % 32 != 8:
            raise ValueError("not a frontier")
        stack = [data[start : start + 32] for start in range(8, len(data), 32)]
        return cls(int.from_bytes(data[:8], "big"), stack)
