"""`strongroom climate`: the history of the climate and the register made from it."""

from typing import Any

from .history import command as history
from .register import command as the_register


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("climate", help="climate history: import, verify, register")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    history.add_actions(actions)
    the_register.add_actions(actions)
