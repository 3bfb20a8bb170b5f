"""RFC 6962, section 2.1, word for word and without a thought for speed: the oracle of the tree.

Everything is over a list of leaf hashes; ``new`` makes a hash object from bytes.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

New = Callable[[bytes], Any]


def sm3(data: bytes) -> Any:
    return hashlib.new("sm3", data)


def power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Oracle:
    """Roots and proofs over a fixed list of leaf hashes; roots of ranges are remembered."""

    def __init__(self, leaves: Sequence[bytes], new: New = hashlib.sha256) -> None:
        self._leaves, self._new = leaves, new
        self._known: dict[tuple[int, int], bytes] = {}

    def mth(self, first: int, last: int) -> bytes:
        """MTH(D[first:last])"""
        n = last - first
        if n == 0:
            return bytes(self._new(b"").digest())
        if n == 1:
            return self._leaves[first]
        if (first, last) not in self._known:
            k = power_below(n)
            left, right = self.mth(first, first + k), self.mth(first + k, last)
            self._known[first, last] = bytes(self._new(b"\x01" + left + right).digest())
        return self._known[first, last]

    def path(self, m: int, first: int, last: int) -> list[bytes]:
        """PATH(m, D[first:last])"""
        n = last - first
        if n == 1:
            return []
        k = power_below(n)
        if m < k:
            return [*self.path(m, first, first + k), self.mth(first + k, last)]
        return [*self.path(m - k, first + k, last), self.mth(first, first + k)]

    def proof(self, m: int, n: int) -> list[bytes]:
        """PROOF(m, D[n])"""
        return self._subproof(m, 0, n, True)

    def _subproof(self, m: int, first: int, last: int, b: bool) -> list[bytes]:
        n = last - first
        if m == n:
            return [] if b else [self.mth(first, last)]
        k = power_below(n)
        if m <= k:
            return [*self._subproof(m, first, first + k, b), self.mth(first + k, last)]
        return [*self._subproof(m - k, first + k, last, False), self.mth(first, first + k)]
