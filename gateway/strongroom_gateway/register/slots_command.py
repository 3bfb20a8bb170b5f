"""`strongroom register slots`: the slots of banks and cabinets from a file of layouts."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

import msgspec

from ..errors import RefusedActError, StrongroomError
from ..i18n import text
from ..local import add_socket, ask
from ..room.acts import LOCAL
from .layout import Layout, count, slots
from .layout_file import layouts


def add(actions: Any) -> None:
    """Add the action to the parser of `strongroom register`."""
    parser = actions.add_parser("slots", help="register the slots of banks and cabinets")
    parser.add_argument("file", type=Path, metavar="FILE", help="their layouts, as TOML")
    parser.add_argument("--by", metavar="PERSON", help="who does it (default: the administrator)")
    parser.add_argument("--dry-run", action="store_true", help="print the slots, register nothing")
    add_socket(parser)
    parser.set_defaults(run=run_slots)


def run_slots(arguments: argparse.Namespace) -> int:
    """Register all slots of a file, or none of a layout of which one is in the way."""
    path: Path = arguments.file
    try:
        found = layouts(path.read_bytes())
        if arguments.dry_run:
            for layout in found:
                for slot in slots(layout):
                    sys.stdout.write(f"{slot.id}  {slot.name}\n")
            return 0
        for layout in found:
            _register(layout, arguments)
    except RefusedActError as bad:
        said = text(bad.key, bad.params, arguments.language)
        raise StrongroomError(f"{path}: {said}") from bad
    return 0


def _register(layout: Layout, arguments: argparse.Namespace) -> None:
    by = arguments.by or f"{LOCAL}{getpass.getuser()}"
    total, done, registered = count(layout), 0, 0
    while done < total:
        body = {"layout": msgspec.to_builtins(layout), "first": done + 1}
        answer = ask(arguments, "POST", "/api/v1/acts/place.lay_out", {"by": by, "body": body})
        summary = answer["entries"][-1]["body"]
        done += summary["looked"]
        registered += summary["registered"]
    params = {"slots": layout.slots, "registered": registered, "unchanged": total - registered}
    print(text("register.laid_out", params, arguments.language))
