"""The `strongroom` command: finds its subcommands, runs one, and turns errors into one line.

A subcommand is a function `register(subparsers)` that adds its own parser and sets `run`, a
function taking the parsed arguments and returning an exit code (None means 0). Built-in ones live
in the modules named below; other packages add theirs through the entry-point group
"strongroom.commands".
"""

import argparse
import importlib
import os
import select
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Any, NamedTuple, cast

from strongroom_gateway.errors import StrongroomError

ENTRY_POINT_GROUP = "strongroom.commands"
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130

# argparse gives the class of its subparsers no public name.
Subparsers = Any
Register = Callable[[Subparsers], None]


class BuiltIn(NamedTuple):
    """Where a built-in command lives, and its line in the overview, which imports none."""

    module: str
    summary: str


BUILT_IN = {
    "gateway": BuiltIn("strongroom_gateway.service", "run the controller of one room"),
    "broker": BuiltIn(
        "strongroom_gateway.broker.command",
        "make and check certificates and settings for mosquitto",
    ),
    "ledger": BuiltIn("strongroom_gateway.ledger.command", "look at the record and prove it"),
    "epcis": BuiltIn("strongroom_gateway.epcis.command", "tell movements in the words of GS1"),
    "gate": BuiltIn("strongroom_gateway.gate.command", "find the settings of an exit gate"),
    "config": BuiltIn(
        "strongroom_gateway.config.command", "check a configuration, print an example"
    ),
    "profile": BuiltIn("strongroom_gateway.profiles.command", "climate limits: show, copy, check"),
    "alarm": BuiltIn(
        "strongroom_gateway.alarms.command", "see alarms, acknowledge, reset and shelve them"
    ),
    "register": BuiltIn(
        "strongroom_gateway.register.command", "people, items and places: lists in and out"
    ),
    "find": BuiltIn(
        "strongroom_gateway.shelves.command", "say where an item is and how to reach it"
    ),
    "act": BuiltIn("strongroom_gateway.act_command", "ask for an act in somebody's name"),
    "acts": BuiltIn("strongroom_gateway.acts_command", "list what can be asked for, and who may"),
    "show": BuiltIn(
        "strongroom_gateway.show_command", "show slips, loans, stock-takes, safes, transfers"
    ),
    "climate": BuiltIn(
        "strongroom_gateway.history.command", "climate history: import, verify, register"
    ),
    "version": BuiltIn("strongroom_gateway.version_command", "print the version"),
}


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands, each with its options.

    With `only`, the module of that one built-in command is imported and no other: the gateway's
    imports take a second on a small machine, and `strongroom version` should not wait for them.
    """
    parser = argparse.ArgumentParser(
        prog="strongroom", description="Strongroom: the controller of an archive room."
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in BUILT_IN if only is None else [only]:
        importlib.import_module(BUILT_IN[name].module).register(subparsers)
    if only is None:
        _register_others(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 not as it should be, 2 a mistake."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parsed = _parser_for(words).parse_args(words)
        run = cast(Callable[[argparse.Namespace], int | None], parsed.run)
        code = run(parsed) or 0
        sys.stdout.flush()
    except StrongroomError as error:
        return _refuse(str(error))
    except BrokenPipeError:
        if not _stdout_is_gone():
            raise  # another pipe or socket, whose loss nobody foresaw
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        return _refuse(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code


def _stdout_is_gone() -> bool:
    """Whether the reader of our output has left, as `head` does; then nothing more is written."""
    stdout = sys.stdout.fileno()
    poller = select.poll()
    poller.register(stdout, 0)
    if not any(events & (select.POLLERR | select.POLLHUP) for _, events in poller.poll(0)):
        return False
    # Python would complain once more when it closes stdout at the end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)
    return True


def _parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    if words and words[0] in BUILT_IN:
        return build_parser(only=words[0])
    if not words or words[0] in {"-h", "--help"}:
        return _overview()
    return build_parser()


def _overview() -> argparse.ArgumentParser:
    """Return a parser that can only print the list of commands."""
    parser = argparse.ArgumentParser(
        prog="strongroom",
        description="Strongroom: the controller of an archive room.",
        epilog="'strongroom COMMAND --help' tells more about one command.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in BUILT_IN.items():
        subparsers.add_parser(name, help=command.summary)
    _register_others(subparsers)
    return parser


def _register_others(subparsers: Subparsers) -> None:
    for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda found: found.name):
        try:
            register = cast(Register, entry_point.load())
        except ImportError as error:
            # Somebody else's broken package must not take the other commands away.
            print(f"strongroom: no command {entry_point.name!r}: {error}", file=sys.stderr)
            continue
        register(subparsers)


def _refuse(reason: str) -> int:
    one_line = " ".join(reason.split())
    print(f"strongroom: {one_line}", file=sys.stderr)
    return EXIT_MISTAKE
