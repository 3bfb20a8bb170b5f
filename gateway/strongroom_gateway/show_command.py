"""`strongroom show`: slips, loans, stock-takes, safes and transfers as the gateway here has them."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from .errors import StrongroomError
from .i18n import text
from .local import RefusedByGatewayError, add_socket, ask

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "slips": ("id", "status", "person", "person_name", "until", "items", "purpose"),
    "loans": ("id", "state", "person", "person_name", "due", "overdue", "item", "item_name"),
    "stocktakes": ("id", "state", "place", "begun", "by", "first"),
    "safes": ("id", "name", "is_open", "agrees", "reconciled", "people"),
    "transfers": ("id", "state", "waits_for", "due", "overdue", "safe", "count", "handler_a"),
    "day-ends": ("at", "agrees", "because", "missing", "extra", "out"),
}
"""What a list shows of each; all of it is shown of one by its id."""
_WHOSE: Final = ("slips", "loans")
_OPEN: Final = (*_WHOSE, "transfers")
"""Of these the gateway itself picks those that are open."""
_TIMES: Final = frozenset(
    ("requested", "decided", "until", "opened", "due", "closed", "begun", "reconciled", "at")
)
_PAGE: Final = 100


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("show", help="show slips, loans, stock-takes, safes, transfers")
    parser.add_argument("what", choices=list(_COLUMNS))
    parser.add_argument("id", nargs="?", metavar="ID", help="one of them; day-ends: the safe")
    parser.add_argument("--person", metavar="PERSON", help="slips and loans: only this person's")
    parser.add_argument("--open", action="store_true", help="only those that are open")
    parser.add_argument("--json", action="store_true", help="print the API's answers")
    add_socket(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one, or a line for each; return 1 when there is none."""
    what: str = arguments.what
    if what == "day-ends":
        found = [entry["body"] for entry in _of_one(arguments, "safes", "/day-ends")["entries"]]
    elif arguments.id is not None:
        one = _of_one(arguments, what)
        lines = [f"{key}  {_cell(key, value)}\n" for key, value in one.items()]
        sys.stdout.write(_json(one) if arguments.json else "".join(lines))
        return 0
    else:
        found = [one for one in _all(arguments) if not arguments.open or _is_open(what, one)]
    if arguments.json:
        sys.stdout.write(_json(found))
        return int(not found)
    columns = _COLUMNS[what]
    for one in found:
        sys.stdout.write("  ".join(_cell(name, one[name]) for name in columns).rstrip() + "\n")
    if not found:
        print(text("show.nothing", {}, arguments.language))
    return int(not found)


def _of_one(arguments: argparse.Namespace, what: str, more: str = "") -> Any:
    """Return what there is under an id; StrongroomError when there is nothing of this id."""
    name = arguments.id or ""
    try:
        query = "?newest=true" if more else ""
        return ask(arguments, "GET", f"/api/v1/{what}/{quote(name, safe='')}{more}{query}")
    except RefusedByGatewayError as bad:
        if str(bad) != name and name:
            raise
        said = text("show.unknown", {"what": what, "id": name}, arguments.language)
        raise StrongroomError(said) from bad


def _all(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield what there is, page by page."""
    what: str = arguments.what
    after = ""
    while True:
        asked = {"limit": _PAGE, "after": after}
        if what in _WHOSE:
            asked |= {"person": arguments.person} if arguments.person else {}
        if what in _OPEN and arguments.open:
            asked |= {"open": "true"}
        page = ask(arguments, "GET", f"/api/v1/{what}?{urlencode(asked)}")
        yield from page[what]
        after = page.get("next") or ""
        if not after:
            return


def _is_open(what: str, one: Mapping[str, Any]) -> bool:
    if what == "stocktakes":
        return bool(one["state"] == "open")
    return bool(one["is_open"]) if what == "safes" else True


def _cell(key: str, value: Any) -> str:
    """Return a value for people: a time in the zone of this machine, a dash for nothing."""
    if value is None or value in ([], {}):
        return "-"
    if key in _TIMES and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000).astimezone().isoformat(timespec="minutes")
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
