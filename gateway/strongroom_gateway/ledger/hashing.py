"""The hash of a tree: SHA-256 unless the ledger was made with SM3 (GB/T 32905)."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from ..errors import LedgerError

SHA256: Final = "sha256"
SM3: Final = "sm3"
NAMES: Final = (SHA256, SM3)


class TreeHash(NamedTuple):
    """A hash of 32 bytes; ``new(data)`` is an object as hashlib makes them."""

    name: str
    new: Callable[[bytes], Any]

    @property
    def empty(self) -> bytes:
        """The root of the tree without entries."""
        return bytes(self.new(b"").digest())


def tree_hash(name: str) -> TreeHash:
    """Return the hash of that name.

    Raises LedgerError when there is none, or when this machine's OpenSSL was built without it.
    """
    if name == SHA256:
        return PLAIN
    if name not in NAMES:
        raise LedgerError(f"no tree is made with {name!r}; there is {' and '.join(NAMES)}")
    try:
        hashlib.new(name, usedforsecurity=False)
    except ValueError:
        raise LedgerError(
            f"the OpenSSL of this machine has no {name.upper()}, so a ledger with a tree of it"
            " can neither be written nor checked here"
        ) from None
    return TreeHash(name, partial(hashlib.new, name))


PLAIN: Final = TreeHash(SHA256, hashlib.sha256)
