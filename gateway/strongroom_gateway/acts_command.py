"""`strongroom acts`: what people can ask the gateway on this machine for."""

import argparse
import json
import sys
from typing import Any

from .act_command import fields_of
from .i18n import text
from .local import add_socket, ask


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("acts", help="list what can be asked for, and who may")
    parser.add_argument("--json", action="store_true", help="print the API's answer")
    add_socket(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print each act with its fields and the roles that may ask for it."""
    acts: list[dict[str, Any]] = ask(arguments, "GET", "/api/v1/acts")["acts"]
    if arguments.json:
        sys.stdout.write(json.dumps(acts, ensure_ascii=False, indent=2) + "\n")
        return 0
    for act in acts:
        language = arguments.language
        who = [text(f"role.{role}", {}, language) for role in act["roles"]]
        if not who:
            who = [text("act.everybody", {}, language)]
        if act["local"]:
            who.append(text("act.administrator", {}, language))
        sys.stdout.write(f"{act['kind']}  {' '.join(fields_of(act['kind']))}\n")
        sys.stdout.write(f"    {', '.join(who)}\n")
    return 0
