"""`strongroom ledger`: keys and checkpoints of the record, proofs from it, and their check."""

import argparse
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import CheckpointError, LedgerError
from ..replaying import replay
from . import checkpoint, schema
from .export import export, newest_exported, write_whole
from .hashing import NAMES, SHA256, tree_hash
from .prove import prove
from .signing import KEY_FILE, Signer, make_key
from .storage import SqliteStorage, open_reader
from .verify.command import add_actions
from .verify.report import printable


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("ledger", help="look at the record and prove it")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    key = actions.add_parser("key", help="make the key that signs checkpoints")
    key.add_argument("folder", type=Path, metavar="DIR", help="where to put it")
    key.add_argument("--room", required=True, metavar="ROOM", help="the room's id")
    key.add_argument("--tree", choices=NAMES, default=SHA256, help="hash of the ledger's tree")
    key.set_defaults(run=run_key)
    sign = actions.add_parser("checkpoint", help="sign the ledger as it is now")
    sign.add_argument("database", type=Path, metavar="DB", help="the ledger's file")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help=f"the {KEY_FILE}")
    sign.add_argument("--export", type=Path, metavar="DIR", help="put it into this folder as well")
    sign.set_defaults(run=run_checkpoint)
    proof = actions.add_parser("prove", help="write a file that proves one entry")
    proof.add_argument("database", type=Path, metavar="DB", help="the ledger's file")
    proof.add_argument("idx", type=int, metavar="IDX", help="index of the entry")
    proof.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    proof.set_defaults(run=run_prove)
    again = actions.add_parser("replay", help="make the room's rows anew and compare")
    again.add_argument("database", type=Path, metavar="DB", help="the ledger's file")
    again.set_defaults(run=run_replay)
    add_actions(actions)


def run_key(arguments: argparse.Namespace) -> int:
    """Make a key and print the public part."""
    tree_hash(arguments.tree)  # refuse what this machine could not write
    signer = make_key(arguments.folder, checkpoint.origin(arguments.room, arguments.tree))
    print(signer.public)
    return 0


def run_checkpoint(arguments: argparse.Namespace) -> int:
    """Store a checkpoint of the ledger as it is, and print it."""
    path: Path = arguments.database
    signer = Signer.load(arguments.key)
    folder: Path | None = arguments.export
    exported = newest_exported(folder, signer.name) if folder is not None else None
    with _readable(path), closing(SqliteStorage(_there(path)).connect()) as connection:
        schema.migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        row = checkpoint.make(connection, signer, time.time_ns() // 1_000_000, exported)
        if row is not None:
            checkpoint.store(connection, row)
        found = row or checkpoint.newest(connection)
        connection.execute("COMMIT")
    if found is None:
        raise CheckpointError("there is no checkpoint")
    if folder is not None:
        export(found.note, folder)
    print(found.note, end="")
    return 0


def run_prove(arguments: argparse.Namespace) -> int:
    """Write a proof file."""
    path: Path = arguments.database
    with _readable(path), closing(open_reader(_there(path))) as connection:
        connection.execute("BEGIN")
        proof = prove(connection, arguments.idx)
    write_whole(arguments.output, proof)
    print(f"{arguments.output}: proves entry {arguments.idx}")
    return 0


def run_replay(arguments: argparse.Namespace) -> int:
    """Make the rows anew: 0 when they are those that are stored, 1 when not."""
    path: Path = arguments.database
    with _readable(path):
        found = replay(_there(path))
    for one in found.different:
        stored = "is missing" if one.stored is None else f"says {one.stored}"
        made = "nothing" if one.made is None else one.made
        print(printable(f"{path}: row {one.key} {stored}, the entries give {made}"))
    if found.more:
        print(f"{path}: and {found.more} more")
    if found.different:
        return 1
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(found.rows.items()))
    print(f"{path}: {found.entries} entries give the {found.rows.total()} rows there are: {kinds}")
    return 0


def _there(path: Path) -> Path:
    if not path.is_file():
        raise LedgerError(f"{path}: no such file")
    return path


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: cannot be read or written: {error}") from error
