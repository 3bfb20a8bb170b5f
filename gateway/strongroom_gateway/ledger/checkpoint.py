"""Checkpoints: signed tree heads (C2SP tlog-checkpoint), made only when they contradict none before.

The origin names the log: `strongroom/<room>`, and `strongroom/<room>/sm3` when its tree is made with
SM3, so that nobody takes the one for the other.
"""

import base64
import binascii
import re
import sqlite3
from typing import Final, NamedTuple

from ..errors import CheckpointError
from .hashing import SHA256
from .signing import Signer
from .tree import Head, Prover
from .work import CheckpointRow

_ROOM: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def origin(room: str, tree: str = SHA256) -> str:
    """Return the first line of the checkpoints of a room's ledger; CheckpointError for no name."""
    if not _ROOM.fullmatch(room):
        raise CheckpointError(f"{room!r} is no id of a room")
    return f"strongroom/{room}" if tree == SHA256 else f"strongroom/{room}/{tree}"


class Statement(NamedTuple):
    """What a checkpoint says."""

    origin: str
    head: Head


def write(origin: str, head: Head) -> str:
    """Return the text of a checkpoint, to be signed."""
    return f"{origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def read(note: str) -> Statement:
    """Return what a checkpoint of our own says; its signature is not looked at."""
    lines = note.split("\n")
    try:
        root = base64.b64decode(lines[2], validate=True)
        return Statement(lines[0], Head(int(lines[1]), root))
    except (IndexError, ValueError, binascii.Error):
        raise CheckpointError("this is not a checkpoint") from None


def newest(connection: sqlite3.Connection) -> CheckpointRow | None:
    """Return the last checkpoint that was stored."""
    found = connection.execute(
        "SELECT size, at, note FROM checkpoint ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return CheckpointRow(*found) if found else None


def covering(connection: sqlite3.Connection, idx: int) -> CheckpointRow | None:
    """Return the newest checkpoint of a tree that has an entry."""
    found = connection.execute(
        "SELECT size, at, note FROM checkpoint WHERE size > ? ORDER BY id DESC LIMIT 1", (idx,)
    ).fetchone()
    return CheckpointRow(*found) if found else None


def of_size(connection: sqlite3.Connection, size: int) -> CheckpointRow | None:
    """Return the newest checkpoint of a tree of just this size."""
    found = connection.execute(
        "SELECT size, at, note FROM checkpoint WHERE size = ? ORDER BY id DESC LIMIT 1", (size,)
    ).fetchone()
    return CheckpointRow(*found) if found else None


def make(
    connection: sqlite3.Connection, signer: Signer, now: int, exported: str | None = None
) -> CheckpointRow | None:
    """Return a checkpoint of the ledger as it is, None when the newest stored one says the same.

    The tree is computed from the stored leaves, not taken from the writer, and compared with the
    newest stored checkpoint and the newest ``exported`` one. Raises CheckpointError when they do
    not fit or the key is for another log: a log that signs two histories proves nothing.
    """
    prover = Prover(connection)
    head = prover.head()
    _check_key(connection, signer, prover)
    if head != prover.edge():
        raise CheckpointError(
            "the stored tree does not fit its edge: somebody changed the ledger, and it is not"
            " signed; run `strongroom ledger verify`"
        )
    last = newest(connection)
    if last is not None:
        _check_grown(prover, read(last.note), "an earlier checkpoint of its own")
        if last.size == head.size and signer.signed(last.note):
            return None
    if exported is not None:
        _check_grown(prover, read(exported), "an exported checkpoint")
    return CheckpointRow(head.size, now, signer.sign(write(signer.name, head)))


def store(connection: sqlite3.Connection, row: CheckpointRow) -> None:
    """Add a checkpoint to the ledger."""
    connection.execute("INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?)", row)


def _check_key(connection: sqlite3.Connection, signer: Signer, prover: Prover) -> None:
    found = connection.execute("SELECT room FROM entry ORDER BY idx DESC LIMIT 1").fetchone()
    room = found[0] if found else signer.name.partition("/")[2].partition("/")[0]
    expected = origin(room, prover.tree.name)
    if signer.name != expected:
        raise CheckpointError(f"the key signs for {signer.name}, but this is the ledger {expected}")


def _check_grown(prover: Prover, said: Statement, whose: str) -> None:
    size, root = said.head
    if size > prover.size:
        raise CheckpointError(
            f"the ledger has {prover.size} entries, but {whose} has {size}: entries were cut off,"
            " or an older copy was put back; it is not signed"
        )
    if prover.head(size).root != root:
        raise CheckpointError(
            f"the first {size} entries are not those that {whose} was made of: somebody changed"
            " the ledger, and it is not signed; run `strongroom ledger verify`"
        )
