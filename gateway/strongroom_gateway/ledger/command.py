"""`strongroom ledger`: look at the record, and prove it."""

import argparse
import sqlite3
from pathlib import Path
from typing import Any

from .verify import verify


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("ledger", help="look at the record and prove it")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("verify", help="recompute every entry and the whole tree")
    check.add_argument("database", type=Path, metavar="DB", help="the ledger's file")
    check.set_defaults(run=run_verify)


def run_verify(arguments: argparse.Namespace) -> int:
    """Verify a ledger: 0 when it proves itself, 1 when it does not, 2 when it cannot be read."""
    path: Path = arguments.database
    if not path.is_file():
        print(f"{path}: no such file")
        return 2
    try:
        report = verify(path)
    except sqlite3.Error as error:
        print(f"{path}: cannot be read: {error}")
        return 2
    for problem in report.problems:
        print(f"{path}: {problem}")
    if report.problems:
        return 1
    print(f"{path}: {report.entries} entries, root {report.root}: every entry and the tree fit")
    return 0
