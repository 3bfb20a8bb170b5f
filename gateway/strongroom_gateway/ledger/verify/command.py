"""The two actions that trust nobody: `check` a proof file, `verify` a ledger."""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .check import Progress, verify
from .note import Key, UnprovenError, read_key
from .proof import check_proof
from .report import Report, printable

GOOD, BAD, UNREADABLE = 0, 1, 2
_PROGRESS_S = 2.0


def add_actions(actions: Any) -> None:
    """Add both actions to a parser's subparsers."""
    check = actions.add_parser("check", help="check a proof file with only a public key")
    check.add_argument("file", type=Path, metavar="FILE", help="made by `ledger prove`")
    _add_key(check, required=True)
    check.set_defaults(run=run_check)
    whole = actions.add_parser("verify", help="recompute every entry and the whole tree")
    whole.add_argument("database", type=Path, metavar="DB", help="the ledger's file")
    _add_key(whole, required=False)
    whole.add_argument(
        "--since",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint kept elsewhere, which the ledger must have grown from; may be repeated",
    )
    whole.set_defaults(run=run_verify)


def _add_key(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--key",
        action="append",
        required=required,
        metavar="VKEY",
        help="the ledger's public key or a file with it; may be repeated after a change of keys",
    )


def run_check(arguments: argparse.Namespace) -> int:
    """Check a proof file: 0 when it proves its entry, 1 when not, 2 when it cannot be read."""
    path: Path = arguments.file
    try:
        keys = _keys(arguments.key)
        data = path.read_bytes()
    except (OSError, UnprovenError) as error:
        return _unreadable(error)
    try:
        entry, checkpoint = check_proof(data, keys)
    except UnprovenError as error:
        print(printable(f"{path}: proves nothing: {error}"))
        return BAD
    when = datetime.fromtimestamp(entry["at"] / 1000, UTC).isoformat(timespec="milliseconds")
    print(f"{path}: entry {entry['idx']} is in the ledger {checkpoint.origin}")
    print(printable(f"  kind {entry['kind']}, recorded {when}, node {entry['node'] or '-'}"))
    print(printable(f"  {json.dumps(entry['body'], ensure_ascii=False)}"))
    print(f"  signed head: {checkpoint.size} entries, root {checkpoint.root.hex()}")
    return GOOD


def run_verify(arguments: argparse.Namespace) -> int:
    """Verify a ledger: 0 when it proves itself, 1 when it does not, 2 when it cannot be read."""
    path: Path = arguments.database
    if not path.is_file():
        print(f"{path}: no such file")
        return UNREADABLE
    try:
        keys = _keys(arguments.key) if arguments.key else None
        since = [(str(one), one.read_bytes()) for one in arguments.since]
        report = verify(path, keys, since, _progress())
    except (OSError, sqlite3.Error, UnprovenError) as error:
        return _unreadable(error, path)
    return _say(path, report, keys)


def _say(path: Path, report: Report, keys: Sequence[Key] | None) -> int:
    for problem in report.problems:
        print(f"{path}: {problem}")
    if report.more:
        print(f"{path}: and {report.more} more")
    if report.first_bad is not None:
        print(f"{path}: the first bad entry is {report.first_bad}")
    if report.problems:
        return BAD
    signed = "signed and fit" if keys is not None else "fit; give --key to check who signed them"
    print(
        f"{path}: {report.entries} entries, {report.tree} root {report.root}:"
        " every entry and the tree fit"
    )
    print(f"{path}: {_rows(report)}")
    print(
        f"{path}: {report.checkpoints} checkpoints {signed}; they cover the first"
        f" {report.covered} entries"
    )
    return GOOD


def _rows(report: Report) -> str:
    """Say which rows of the room follow from the entries, and which were not looked at."""
    said = f"{report.rows.total()} rows of the room follow from the entries"
    if not report.unchecked:
        return said
    others = ", ".join(f"{name} {count}" for name, count in sorted(report.unchecked.items()))
    return printable(f"{said}; of other kinds, not checked: {others}")


def _keys(words: Sequence[str]) -> list[Key]:
    """Read keys, each given in place or as a file."""
    keys = []
    for word in words:
        try:
            keys.append(read_key(word))
        except UnprovenError:
            if not Path(word).is_file():
                raise
            keys.append(read_key(Path(word).read_text(encoding="utf-8", errors="replace")))
    return keys


def _unreadable(error: Exception, path: Path | None = None) -> int:
    where = getattr(error, "filename", None) or path
    why = getattr(error, "strerror", None) or str(error)
    print(f"{where}: cannot be read: {why}" if where else why)
    return UNREADABLE


def _progress() -> Progress:
    """Return a progress that writes a line to standard error every two seconds."""
    started = last = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _PROGRESS_S:
            return
        last = now
        left = (now - started) / done * (total - done)
        print(f"{done} of {total} entries, about {left:.0f} s left", file=sys.stderr, flush=True)

    return progress
