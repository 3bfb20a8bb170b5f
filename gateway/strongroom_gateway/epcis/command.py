"""`strongroom epcis`: movements as EPCIS 2.0, for systems outside this room."""

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final, TextIO

from ..config import Settings, load
from ..errors import LedgerError, StrongroomError
from ..hours import zone
from ..i18n import DEFAULT, LANGUAGES, text
from .events import Teller
from .export import ALWAYS, Export, Report, Span, as_document, as_stream
from .naming import Naming
from .reading import Ledger

LEFT_OUT: Final = 1
_CHUNK: Final = 256
"""Pieces written at once."""


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("epcis", help="tell movements in the words of GS1")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    export = acts.add_parser("export", help="write an EPCIS 2.0 document of the ledger's movements")
    export.add_argument("--config", type=Path, required=True, metavar="FILE")
    export.add_argument(
        "--from", dest="since", metavar="TIME", help="only what was recorded then or later"
    )
    export.add_argument("--to", metavar="TIME", help="only what was recorded before then")
    export.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    export.add_argument(
        "--batch",
        type=_most,
        metavar="N",
        help="documents of at most N events, each on a line, instead of one with all",
    )
    export.add_argument("--language", choices=LANGUAGES, default=DEFAULT)
    export.set_defaults(run=run_export)


def run_export(arguments: argparse.Namespace) -> int:
    """Write the export: 0 when all was told, 1 when something had to be left out."""
    language: str = arguments.language
    settings = load(arguments.config)
    site = settings.config.epcis
    if site is None:
        raise StrongroomError(f"{arguments.config}: {text('epcis.not_set', {}, language)}")
    local = zone(settings.config.room.time_zone)
    span = Span(
        since=_moment(arguments.since, local, 0, language),
        to=_moment(arguments.to, local, ALWAYS, language),
    )
    now = time.time_ns() // 1_000_000
    with _ledger(settings) as ledger:
        naming = Naming(site, ledger.kind_of)
        export = Export(ledger, Teller(naming, local, ledger.tree), span)
        if arguments.batch is None:
            pieces = as_document(export, naming, now)
        else:
            pieces = as_stream(export, naming, now, arguments.batch)
        _write(arguments.out, pieces)
    for line in said(export.report, naming, language):
        sys.stderr.write(line + "\n")
    return 0 if export.report.complete else LEFT_OUT


def said(report: Report, naming: Naming, language: str) -> Iterator[str]:
    """Yield what an export has to say of itself, line by line."""
    entries = report.told.total()
    yield text("epcis.told", {"events": report.events, "entries": entries}, language)
    for kind, count in sorted(report.unmapped.items()):
        yield text("epcis.unmapped", {"kind": kind, "count": count}, language)
    for kind, (count, idx) in sorted(report.unreadable.items()):
        yield text("epcis.unreadable", {"kind": kind, "count": count, "idx": idx}, language)
    if naming.keyless:
        params = {"count": naming.keyless, "item": naming.first_keyless}
        yield text("epcis.own_names", params, language)


@contextmanager
def _ledger(settings: Settings) -> Iterator[Ledger]:
    path = settings.config.ledger.path
    if not path.is_file():
        raise LedgerError(f"{path}: no such file")
    try:
        with closing(Ledger(path)) as ledger:
            yield ledger
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: cannot be read: {error}") from error


def _write(path: Path | None, pieces: Iterable[str]) -> None:
    """Write to standard output, or to a file that is there whole or not at all."""
    if path is None:
        _pour(sys.stdout, pieces)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            _pour(file, pieces)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _pour(file: TextIO, pieces: Iterable[str]) -> None:
    held: list[str] = []
    for piece in pieces:
        held.append(piece)
        if len(held) == _CHUNK:
            file.write("".join(held))
            held.clear()
    file.write("".join(held))


def _moment(said: str | None, local: tzinfo, default: int, language: str) -> int:
    """Return Unix ms of a date or a time as ISO 8601 writes it; the room's time without an offset."""
    if said is None:
        return default
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise StrongroomError(text("epcis.no_time", {"said": said}, language)) from None
    return int((at if at.tzinfo else at.replace(tzinfo=local)).timestamp() * 1000)


def _most(word: str) -> int:
    number = int(word)
    if number < 1:
        raise ValueError(word)
    return number
