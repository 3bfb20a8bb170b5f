"""`strongroom alarm`: see the alarms of the gateway on this machine, and act on them."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ..i18n import text
from ..local import add_socket, ask


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("alarm", help="see alarms, acknowledge, reset and shelve them")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    listing = acts.add_parser("list", help="list the alarms that stand")
    add_socket(listing)
    listing.add_argument("--json", action="store_true", help="print the API's answer")
    listing.set_defaults(run=run_list)
    _act(acts, "ack", "acknowledge", "say that you have seen an alarm")
    _act(acts, "reset", "reset", "end a latched alarm")
    shelve = _act(acts, "shelve", "shelve", "silence an alarm for some minutes")
    shelve.add_argument("--minutes", type=int, required=True)
    _act(acts, "unshelve", "unshelve", "take an alarm off the shelf")
    _act(acts, "out-of-service", "out-of-service", "take a point out of service for maintenance")
    _act(acts, "in-service", "in-service", "put a point back into service")


def _act(acts: Any, word: str, route: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(word, help=summary)
    parser.add_argument("alarm", metavar="ID")
    parser.add_argument("--by", default=None, metavar="NAME", help="who does it (default: you)")
    parser.add_argument("--comment", required=True, metavar="TEXT")
    add_socket(parser)
    parser.set_defaults(run=run_act, route=route, minutes=None)
    return parser


def run_list(arguments: argparse.Namespace) -> int:
    """Print the alarms, the most important first; return 1 when one asks for a person."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = ask(arguments, "GET", f"/api/v1/alarms?limit=500&after={quote(after)}")
        found += page["alarms"]
        if page["next"] is None:
            break
        after = page["next"]
    write: Callable[[str], object] = sys.stdout.write
    if arguments.json:
        write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    elif not found:
        write(text("alarm.none", {}, arguments.language) + "\n")
    rank = ("critical", "high", "medium", "low")
    for alarm in sorted(found, key=lambda a: (rank.index(a["priority"]), a["since"])):
        if not arguments.json:
            write(f"{alarm['priority']:8}  {alarm['state']:11}  {alarm['id']}\n")
            write(f"{'':10}{alarm['text']}\n")
    return int(any(a["state"] in ("UNACK", "RTNUN", "LATCH_UNACK") for a in found))


def run_act(arguments: argparse.Namespace) -> int:
    """Do what was asked, and print the state the alarm is in now."""
    body = {"by": arguments.by or getpass.getuser(), "comment": arguments.comment}
    if arguments.minutes is not None:
        body["minutes"] = arguments.minutes
    path = f"/api/v1/alarms/{quote(arguments.alarm, safe='')}/{arguments.route}"
    done = ask(arguments, "POST", path, body)
    state = "NORM" if done["alarm"] is None else done["alarm"]["state"]
    params = {"alarm": arguments.alarm, "state": text(f"state.{state}", {}, arguments.language)}
    sys.stdout.write(text("alarm.done", params, arguments.language) + "\n")
    if not done["recorded"]:
        sys.stderr.write(done["detail"] + "\n")
    return 0
