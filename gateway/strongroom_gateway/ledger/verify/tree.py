"""The Merkle tree of RFC 6962, and the checks of its proofs as RFC 9162 gives them."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .note import UnprovenError

BLOCK = 8
"""Leaves are hashed up in blocks of 2**8; the ledger stores the roots of every eighth level."""

TREES = ("sha256", "sm3")
HASH = 32

New = Callable[[bytes], Any]


def hash_named(name: str) -> New:
    """Return the hash a tree is made with; UnprovenError when this machine has it not."""
    if name == "sha256":
        return hashlib.sha256
    if name != "sm3":
        raise UnprovenError(f"no tree is made with {name!r}")
    try:
        hashlib.new("sm3", usedforsecurity=False)
    except ValueError:
        raise UnprovenError(
            "the tree is made with SM3, which the OpenSSL of this machine does not have"
        ) from None
    return partial(hashlib.new, "sm3")


class Tree:
    """Takes leaves in order; knows the root at every moment."""

    def __init__(self, new: New) -> None:
        self._new = new
        self._leaves: list[bytes] = []
        self._waiting: dict[int, bytes] = {}
        self._blocks = 0

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return (self._blocks << BLOCK) + len(self._leaves)

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Take a leaf; return the subtrees of every eighth level that it completes, as
        (level, index, root).
        """
        leaves = self._leaves
        leaves.append(leaf)
        if len(leaves) < 1 << BLOCK:
            return []
        new = self._new
        while len(leaves) > 1:
            pairs = zip(leaves[::2], leaves[1::2], strict=True)
            leaves = [new(b"\x01" + left + right).digest() for left, right in pairs]
        self._leaves = []
        carried, level, index = leaves[0], BLOCK, self._blocks
        done = [(level, index, carried)]
        self._blocks += 1
        while level in self._waiting:
            carried = new(b"\x01" + self._waiting.pop(level) + carried).digest()
            level, index = level + 1, index >> 1
            if not level % BLOCK:
                done.append((level, index, carried))
        self._waiting[level] = carried
        return done

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        parts = [self._waiting[level] for level in sorted(self._waiting, reverse=True)]
        if self._leaves or not parts:
            parts.append(self._over(self._leaves))
        root = parts.pop()
        while parts:
            root = self._new(b"\x01" + parts.pop() + root).digest()
        return root

    def _over(self, leaves: list[bytes]) -> bytes:
        """MTH of RFC 6962, 2.1, over leaf hashes."""
        if len(leaves) < 2:
            return leaves[0] if leaves else bytes(self._new(b"").digest())
        middle = 1
        while middle * 2 < len(leaves):
            middle *= 2
        left, right = self._over(leaves[:middle]), self._over(leaves[middle:])
        return bytes(self._new(b"\x01" + left + right).digest())


def check_inclusion(
    new: New, idx: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf is number ``idx`` of the tree (RFC 9162, 2.1.3.2), or UnprovenError."""
    if not 0 <= idx < size:
        raise UnprovenError(f"entry {idx} is not within {size} entries")
    _check_lengths(leaf, root, *path)
    fn, sn = idx, size - 1
    running = leaf
    for sibling in path:
        if sn == 0:
            raise UnprovenError("the proof has too many hashes")
        if fn & 1 or fn == sn:
            running = new(b"\x01" + sibling + running).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            running = new(b"\x01" + running + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise UnprovenError("the proof has too few hashes")
    if running != root:
        raise UnprovenError("the entry and its proof do not give the root of the checkpoint")


def check_consistency(
    new: New, old: tuple[int, bytes], young: tuple[int, bytes], path: Sequence[bytes]
) -> None:
    """Check that the second (size, root) only adds to the first (RFC 9162, 2.1.4.2)."""
    (first, first_root), (second, second_root) = old, young
    if not 0 < first <= second:
        raise UnprovenError(f"there is no proof that {second} entries grew from {first}")
    _check_lengths(first_root, second_root, *path)
    if first == second:
        if path:
            raise UnprovenError("the proof has too many hashes")
        if first_root != second_root:
            raise UnprovenError(f"two histories: two roots of the same {first} entries")
        return
    hashes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if _roots(new, first, second, hashes) != (first_root, second_root):
        raise UnprovenError(
            f"the {second} entries do not begin with the {first}: history was changed"
        )


def _check_lengths(*hashes: bytes) -> None:
    if any(len(one) != HASH for one in hashes):
        raise UnprovenError(f"a hash does not have {HASH} bytes")


def _roots(new: New, first: int, second: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees that a consistency proof gives."""
    if not hashes:
        raise UnprovenError("the proof has too few hashes")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = young = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            raise UnprovenError("the proof has too many hashes")
        if fn & 1 or fn == sn:
            old = new(b"\x01" + sibling + old).digest()
            young = new(b"\x01" + sibling + young).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            young = new(b"\x01" + young + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise UnprovenError("the proof has too few hashes")
    return old, young
