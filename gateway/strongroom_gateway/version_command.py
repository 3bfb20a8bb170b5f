"""`strongroom version`: what is installed, in the form a fault report needs."""

import argparse
import platform
import sqlite3
from importlib.metadata import version
from typing import Any


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("version", help="print the version")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Print the version of Strongroom and of what decides how it behaves."""
    print(
        f"strongroom {version('strongroom')} (Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()})"
    )
    return 0
