"""`strongroom find`: where an item is, and how to reach it."""

import argparse
import json
from typing import Any
from urllib.parse import quote

from ..i18n import text
from ..local import add_socket, ask


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("find", help="say where an item is and how to reach it")
    parser.add_argument("text", metavar="TEXT", help="tag, number, name or a part of a name")
    parser.add_argument("--limit", type=int, default=5, help="most items to tell of (5)")
    parser.add_argument("--json", action="store_true", help="print the API's answers")
    add_socket(parser)
    parser.set_defaults(run=run_find)


def run_find(arguments: argparse.Namespace) -> int:
    """Print where each item is that is meant; return 1 when none is."""
    path = f"/api/v1/find?q={quote(arguments.text)}&limit={arguments.limit}"
    items = ask(arguments, "GET", path)["items"]
    found = [
        ask(arguments, "GET", f"/api/v1/items/{quote(item['id'], safe='')}/find") for item in items
    ]
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return int(not found)
    if not found:
        print(text("shelf.find.nothing", {"text": arguments.text}, arguments.language))
    for n, one in enumerate(found):
        if n:
            print()
        print(f"{one['item']}  {one['number'] or ''}".rstrip())
        for line in one["words"]:
            print(f"  {line}")
    return int(not found)
