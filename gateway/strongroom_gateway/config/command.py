"""`strongroom config`: check a configuration file, print an example to begin with."""

import argparse
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from ..config_check import ConfigProblemsError
from ..i18n import DEFAULT, LANGUAGES, text
from . import load


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("config", help="check a configuration, print an example")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    check = acts.add_parser("check", help="say everything that is wrong with a file")
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument("--language", choices=LANGUAGES, default=DEFAULT)
    check.set_defaults(run=run_check)
    example = acts.add_parser("example", help="print a commented example")
    example.set_defaults(run=run_example)
    days = acts.add_parser("working-days", help="print a list of working days to begin with (2026)")
    days.set_defaults(run=run_working_days)


def run_check(arguments: argparse.Namespace) -> int:
    """Print what is wrong, one line each, and return 1; or say that the file is good."""
    file: Path = arguments.file
    try:
        settings = load(file)
    except ConfigProblemsError as bad:
        for problem in bad.problems:
            sys.stderr.write(f"{problem.say_of(file, arguments.language)}\n")
        return 1
    config = settings.config
    params = {
        "file": file,
        "room": config.room.id,
        "zones": len(config.climate.zone),
        "safes": len(config.safe),
        "gates": len(config.gate),
        "desks": len(config.desk),
        "people": len(settings.people),
        "items": len(settings.items),
    }
    sys.stdout.write(text("config.good", params, arguments.language) + "\n")
    return 0


def run_working_days(_: argparse.Namespace) -> int:
    """Print the list of days off and worked of a year, with its source."""
    folder = resources.files("strongroom_gateway").joinpath("examples")
    sys.stdout.write(folder.joinpath("working-days-2026.csv").read_text(encoding="utf-8"))
    return 0


def run_example(_: argparse.Namespace) -> int:
    """Print the example."""
    example = resources.files("strongroom_gateway") / "examples" / "gateway.toml"
    sys.stdout.write(example.read_text(encoding="utf-8"))
    return 0
