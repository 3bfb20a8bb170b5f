"""`strongroom register`: lists in and out, and finding by fragments."""

import argparse
import csv
import getpass
import hashlib
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..config import load
from ..errors import StrongroomError
from ..i18n import text
from ..ledger.reader import Reader
from ..local import add_socket, ask
from ..room.acts import LOCAL
from ..room.model import Item, Person, Place
from ..room.rows import Row, Rows
from . import slots_command
from .acts import MOST_ROWS
from .table import COLUMNS, Kind, Line, TableError, decoded, read, write

_ROWS: dict[Kind, type[Row]] = {"person": Person, "item": Item, "place": Place}
_SAID = 10_000  # rows between two words about the progress


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("register", help="people, items and places: lists in and out")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    bring = actions.add_parser("import", help="register the rows of a CSV file")
    bring.add_argument("kind", choices=list(COLUMNS))
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument(
        "--by", metavar="PERSON", help="who does it (default: you, as administrator)"
    )
    bring.add_argument(
        "--refused", type=Path, metavar="FILE", help="write refused rows here, as CSV"
    )
    add_socket(bring)
    bring.set_defaults(run=run_import)
    out = actions.add_parser("export", help="write the register as CSV")
    out.add_argument("kind", choices=list(COLUMNS))
    out.add_argument("--config", type=Path, required=True, metavar="FILE")
    out.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")
    out.set_defaults(run=run_export)
    slots_command.add(actions)
    find = actions.add_parser("find", help="find items by number, name, tag or a fragment of these")
    find.add_argument("text", metavar="TEXT")
    find.add_argument("--limit", type=int, default=20)
    add_socket(find)
    find.set_defaults(run=run_find)


def run_import(arguments: argparse.Namespace) -> int:
    """Register what can be; name each refused row with its reason. Returns 1 when one was."""
    path: Path = arguments.file
    raw = path.read_bytes()
    origin = {"source": path.name, "sha256": hashlib.sha256(raw).hexdigest()}
    by = arguments.by or f"{LOCAL}{getpass.getuser()}"
    counts = {"registered": 0, "unchanged": 0}
    refused: list[tuple[int, str]] = []
    try:
        done = 0
        for chunk in _chunks(read(arguments.kind, decoded(raw))):
            good = [line for line in chunk if line.problem is None]
            for line in chunk:
                if line.problem is not None:
                    said = text(line.problem.key, line.problem.params, arguments.language)
                    refused.append((line.number, said))
            if good:
                body = {"kind": arguments.kind, "rows": [g.row for g in good], **origin}
                body["first"] = good[0].number
                answer = ask(
                    arguments, "POST", "/api/v1/acts/register.import", {"by": by, "body": body}
                )
                summary = answer["entries"][-1]["body"]
                counts["registered"] += summary["registered"]
                counts["unchanged"] += summary["unchanged"]
                for bad in summary["refused"]:
                    said = text(bad["key"], bad["params"], arguments.language)
                    refused.append((good[bad["row"] - body["first"]].number, said))
            done += len(chunk)
            if done % _SAID < len(chunk):
                print(
                    text("register.progress", {"rows": done}, arguments.language), file=sys.stderr
                )
    except TableError as bad:
        said = text(bad.key, bad.params, arguments.language)
        raise StrongroomError(f"{path}: {said}") from bad
    refused.sort()
    params = {**counts, "refused": len(refused)}
    print(text("register.imported", params, arguments.language))
    _report(arguments.refused, refused)
    return int(bool(refused))


def run_export(arguments: argparse.Namespace) -> int:
    """Write every row of a kind, in the order of their ids."""
    reader = Reader(load(arguments.config).config.ledger.path)
    target: Path | None = arguments.output
    with closing(reader):
        stream = (
            sys.stdout if target is None else target.open("w", encoding="utf-8-sig", newline="")
        )
        try:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS[arguments.kind])
            for row in Rows(reader).each(_ROWS[arguments.kind]):
                writer.writerow(write(arguments.kind, row))
        finally:
            if target is not None:
                stream.close()
    return 0


def run_find(arguments: argparse.Namespace) -> int:
    """Print the items that are found; return 1 when none is."""
    path = f"/api/v1/find?q={quote(arguments.text)}&limit={arguments.limit}"
    found = ask(arguments, "GET", path)["items"]
    for item in found:
        who = item["holder_name"] or item["place"]
        print(f"{item['id']:24}  {item['name']}  {who}")
    if not found:
        print(text("register.nothing", {"text": arguments.text}, arguments.language))
    return int(not found)


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == MOST_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _report(target: Path | None, refused: list[tuple[int, str]]) -> None:
    if target is not None:
        with target.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["row", "reason"])
            writer.writerows(refused)
        return
    for number, said in refused:
        print(f"{number}: {said}", file=sys.stderr)
