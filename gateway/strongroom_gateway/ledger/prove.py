"""One file that proves one entry to somebody who has only the public key (C2SP tlog-proof).

The entry itself travels in the line `extra`: its canonical JSON, whose hash is the leaf.
"""

import base64
import sqlite3
from typing import Final

from ..errors import CheckpointError, OutsideTreeError, SchemaError
from . import checkpoint, schema
from .store import entry_bytes
from .tree import Prover
from .work import EntryRow

HEADER: Final = "c2sp.org/tlog-proof@v1"


def prove(connection: sqlite3.Connection, idx: int) -> str:
    """Return the proof that entry ``idx`` is in the newest checkpoint that covers it.

    Raises OutsideTreeError when there is no such entry, CheckpointError when no checkpoint covers
    it yet or the stored tree does not give the checkpoint's root.
    """
    if schema.version(connection) < schema.NEWEST:
        raise SchemaError("the ledger is of an older version: start its gateway once, then prove")
    prover = Prover(connection)
    if not 0 <= idx < prover.size:
        raise OutsideTreeError(idx, prover.size)
    found = checkpoint.covering(connection, idx)
    if found is None:
        last = checkpoint.newest(connection)
        raise CheckpointError(
            f"no checkpoint covers entry {idx} yet; the newest is of"
            f" {last.size if last else 0} entries: make one with `strongroom ledger checkpoint`"
        )
    said = checkpoint.read(found.note)
    proof = prover.inclusion(idx, said.head.size)
    row = connection.execute(
        "SELECT at, kind, room, node, boot, seq, body FROM entry WHERE idx = ?", (idx,)
    ).fetchone()
    entry = entry_bytes(idx, EntryRow(*row))
    leaf = prover.tree.new(b"\x00" + entry).digest()
    if leaf != proof.leaf or proof.root != said.head.root:
        raise CheckpointError(
            f"entry {idx} or the tree around it was changed since its checkpoint was signed:"
            " there is no proof; run `strongroom ledger verify`"
        )
    lines = [HEADER, f"extra {_text(entry)}", f"index {idx}", *map(_text, proof.hashes)]
    return "\n".join(lines) + "\n\n" + found.note


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
