"""docs/commands.md and the command line say the same, and what a page tells people to type exists."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from strongroom_gateway.cli import build_parser
from support.markdown import code_lines, codes, documents, rows
from support.needs import REPOSITORY

PAGE = REPOSITORY / "docs" / "commands.md"
OWN_PROGRAMS = {"strongroom", "make"}


def commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each command that does something with its parser."""
    groups = [
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ]
    for group in groups:
        for name, child in group.choices.items():
            yield from commands(child, (*words, name))
    if not groups:
        yield " ".join(words), parser


COMMANDS = dict(commands(build_parser()))


def options(parser: argparse.ArgumentParser) -> set[str]:
    found = {word for action in parser._actions for word in action.option_strings}
    return {word for word in found if word.startswith("--")} - {"--help"}


def targets() -> set[str]:
    """Return the targets of the Makefile that people are meant to use."""
    makefile = (REPOSITORY / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))


def documented() -> dict[str, list[str]]:
    """Return each documented command of our own with the cells of its row."""
    return {codes(row[0])[0]: row for row in rows(PAGE) if codes(row[0])}


def typed_lines() -> Iterator[tuple[Path, str]]:
    """Yield each line of code in a page that calls our command or make."""
    for path in documents():
        for line in code_lines(path):
            if line.split()[0] in OWN_PROGRAMS:
                yield path, line.split("#")[0].strip()
        for line in codes(path.read_text()):
            if line.split()[:1] and line.split()[0] in OWN_PROGRAMS and len(line.split()) > 1:
                yield path, line


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_is_documented_with_all_of_its_options(command: str) -> None:
    row = documented().get(f"strongroom {command}")
    assert row is not None, f"docs/commands.md has no row for `strongroom {command}`"
    missing = options(COMMANDS[command]) - {code.split()[0] for code in codes(" ".join(row[1:]))}
    assert not missing, f"docs/commands.md does not tell of {sorted(missing)}"


def test_each_documented_command_exists_with_the_options_it_is_given() -> None:
    for name, row in documented().items():
        if not name.startswith("strongroom "):
            continue
        parser = COMMANDS.get(name.removeprefix("strongroom "))
        assert parser is not None, f"{name} is documented and does not exist"
        named = {word.split()[0] for word in codes(" ".join(row[1:])) if word.startswith("--")}
        assert named <= options(parser), f"{name} has no {sorted(named - options(parser))}"


def test_each_make_target_is_documented_and_each_documented_one_exists() -> None:
    named = {name.removeprefix("make ") for name in documented() if name.startswith("make ")}
    assert named == targets()


def test_what_the_pages_tell_people_to_type_exists() -> None:
    lines = list(typed_lines())
    assert {path.name for path, _ in lines} >= {"README.md", "CONTRIBUTING.md", "commands.md"}
    for path, line in lines:
        words = [word for word in shlex.split(line) if not re.fullmatch(r"[A-Z_]+=.*", word)]
        if words[0] == "make":
            assert set(words[1:]) <= targets(), f"{path.name}: {line}"
            continue
        if words[1:2] in (["COMMAND"], ["--help"]):
            continue
        command = next(
            (
                " ".join(words[1:end])
                for end in range(len(words), 1, -1)
                if " ".join(words[1:end]) in COMMANDS
            ),
            None,
        )
        groups = {name.split()[0] for name in COMMANDS}
        if command is None:
            assert words[1:] and words[1] in groups and len(words) == 2, f"{path.name}: {line}"
            continue
        named = {word.split("=")[0] for word in words if word.startswith("--")}
        assert named <= options(COMMANDS[command]), f"{path.name}: {line}"
