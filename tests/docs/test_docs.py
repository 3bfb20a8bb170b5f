"""The docs name everything a user can meet: commands, options, configuration keys, topics, words of nodes, alarms."""

import argparse
import inspect
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from strongroom_gateway import sections
from strongroom_gateway.alarms.catalogue import CATALOGUE
from strongroom_gateway.cli import build_parser
from strongroom_gateway.contract import node_events, topics
from strongroom_gateway.contract.outbound import WHAT
from strongroom_node import contract as node_contract
from strongroom_node import devices
from support.needs import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = sorted(
    page
    for page in REPOSITORY.rglob("*.md")
    if not any(part.startswith(".") for part in page.relative_to(REPOSITORY).parts)
)


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def commands(
    parser: argparse.ArgumentParser, path: str = "strongroom"
) -> Iterator[tuple[str, str]]:
    """Yield (command, long option) of every command, the option empty for the command itself."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from commands(child, f"{path} {name}")
        elif path != "strongroom" and action.option_strings and action.dest != "help":
            yield path, action.option_strings[-1]
    if not any(isinstance(a, argparse._SubParsersAction) for a in parser._actions):
        yield path, ""


def keys(section: type[msgspec.Struct], path: str = "") -> Iterator[str]:
    """Yield every key of the configuration with its path."""
    hints = typing.get_type_hints(section)
    for field in msgspec.structs.fields(section):
        name = f"{path}.{field.name}" if path else field.name
        inner = _section_in(hints[field.name])
        if inner is None:
            yield name
        else:
            yield from keys(inner, name)


def _section_in(hint: object) -> type[msgspec.Struct] | None:
    if inspect.isclass(hint) and issubclass(hint, msgspec.Struct):
        return hint
    return next((s for a in typing.get_args(hint) if (s := _section_in(a))), None)


def test_every_command_and_option() -> None:
    page = text("commands.md")
    rows = {}
    for row in page.splitlines():
        if found := re.match(r"\| `(strongroom[^`]*)` \|", row):
            rows[found[1]] = row
    wanted = set(commands(build_parser()))
    assert {command for command, _ in wanted} == rows.keys()
    shared = {
        "--config",
        "--socket",
        "--language",
        "--by",
        "--comment",
    }  # said once, at list and ack
    missing = {
        (command, option)
        for command, option in wanted
        if option
        and option not in rows[command]
        and not (command.startswith("strongroom alarm") and option in shared)
    }
    assert not missing
    assert all(option in page for option in shared)


def test_every_configuration_key() -> None:
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", text("configuration.md"), re.MULTILINE))
    documented -= {"board", "devices", "limits", "broker"}
    assert set(keys(sections.Config)) == documented


def test_every_key_of_a_node() -> None:
    from strongroom_node import config

    page = text("configuration.md")
    assert all(f"`{key}`" in page for key in (*config.SETTINGS, *config.LIMITS))


def test_every_topic_kind_and_command() -> None:
    page = text("topics.md")
    for level in (
        "status",
        "info",
        "telemetry/<kind>",
        "event/<kind>",
        "command/<what>",
        "config",
        "ack",
    ):
        assert f"`{topics.ROOT}/<room>/<node>/{level}`" in page
    assert f"`{topics.state('<room>', '<thing>')}`" in page
    assert f"`{topics.alarm('<room>', '<id>')}`" in page
    words = (
        *node_contract.EVENTS,
        *node_contract.MEASURES,
        *WHAT.values(),
        *node_contract.COMMANDS,
    )
    assert [word for word in words if f"`{word}`" not in page] == []


def test_every_word_of_a_node_about_itself() -> None:
    page = text("topics.md")
    whats = {kind.what for kind in typing.get_args(node_events.AnyNodeEvent)}
    assert {what for what in whats if f"`{what}`" not in page} == set()


def test_every_alarm_code_has_a_section_and_no_section_is_left_over() -> None:
    assert set(re.findall(r"^## (\S+\.\S+)$", text("alarms.md"), re.MULTILINE)) == CATALOGUE.keys()


def test_every_driver_has_its_line() -> None:
    documented = set(
        re.findall(r"^\| `([a-z0-9_]+)` \| [^`]*$", text("adding-a-device.md"), re.MULTILINE)
    )
    roles = {"climate", "hf", "uhf", "shelf", "relay", "signal", "contact", "input"}
    assert set(devices.Types()) == documented - (roles - set(devices.Types()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_commands_in_the_readme_exist() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    known = {command for command, _ in commands(build_parser())}
    options = dict[str, set[str]]()
    for command, option in commands(build_parser()):
        options.setdefault(command, set()).add(option)
    said = [line.strip() for line in readme.splitlines() if line.startswith("    ")]
    assert any(line.startswith("make ") for line in said)
    for line in said:
        words = line.split("#")[0].split()
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), line
        elif words[0] == "strongroom":
            command = max((c for c in known if line.startswith(c)), key=len, default="")
            assert command, line
            used = {word for word in words if word.startswith("--")}
            assert used <= options[command], line
