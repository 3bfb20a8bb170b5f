"""docs/configuration.md lists every key of the gateway's and the node's configuration, and no other."""

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from strongroom_gateway.config import Config
from strongroom_node import config as node_config
from strongroom_node import devices
from support.markdown import codes, rows, section
from support.needs import REPOSITORY

PAGE = REPOSITORY / "docs" / "configuration.md"


def keys(struct: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each key that a person may write, with its default; NODEFAULT where one is required."""
    hints = get_type_hints(struct)
    for field in msgspec.structs.fields(struct):
        name = f"{path}{field.encode_name}"
        inner = section_of(hints[field.name])
        if inner is not None:
            yield from keys(inner, f"{name}.")
        elif field.default_factory is not msgspec.NODEFAULT:
            yield name, field.default_factory()
        else:
            yield name, field.default


def section_of(hint: Any) -> type[msgspec.Struct] | None:
    """Return the struct that a field holds, alone, in a list or perhaps."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    if get_origin(hint) in (Union, types.UnionType, list, Annotated):
        for part in get_args(hint):
            found = section_of(part)
            if found is not None:
                return found
    return None


KEYS = dict(keys(Config))


def documented() -> dict[str, list[str]]:
    return {codes(row[0])[0]: row for row in rows(PAGE) if "." in (codes(row[0]) or [""])[0]}


def shown(default: Any) -> str:
    if default is msgspec.NODEFAULT:
        return "required"
    if default is None or default == []:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"  # as TOML writes it
    return f"`{default}`"


def test_the_walk_over_the_configuration_reaches_nested_sections_and_lists() -> None:
    assert {"room.id", "mqtt.tls.key", "climate.zone.dehumidifier.on_above"} <= KEYS.keys()


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_key_is_documented_with_its_default(key: str) -> None:
    row = documented().get(key)
    assert row is not None, f"docs/configuration.md has no row for `{key}`"
    assert row[1] == shown(KEYS[key])
    assert row[2], f"`{key}` is listed without a word on what it means"


def test_no_key_is_documented_that_does_not_exist() -> None:
    assert documented().keys() - KEYS.keys() == set()


def test_the_nodes_file_is_documented_key_by_key() -> None:
    page = section(PAGE, "A node: node.json")
    named = set(codes(page))
    assert set(node_config.SETTINGS) - named == set()
    assert set(node_config.LIMITS) - named == set()


def device_keys() -> dict[tuple[str, str], Any]:
    """Return the range that each driver gives each of its keys."""
    return {
        (kind, key): allowed
        for kind in devices.known()
        for key, allowed in devices.load(kind).KEYS.items()
    }


def documented_device_keys() -> dict[tuple[str, str], str]:
    found = {}
    for row in rows(PAGE):
        if len(row) == 4 and codes(row[0]):
            for kind in codes(row[1]):
                pair = (kind, codes(row[0])[0])
                assert pair not in found, f"{pair} is documented twice"
                found[pair] = row[2]
    return found


def test_what_a_device_can_be_told_is_documented_with_its_range_and_nothing_else_is() -> None:
    known, documented = device_keys(), documented_device_keys()
    assert documented.keys() == known.keys()
    for pair, allowed in known.items():
        if isinstance(allowed, tuple) and len(allowed) == 2:
            wanted = f"{allowed[0]} to {allowed[1]}"
        elif isinstance(allowed, tuple):
            wanted = " ".join(str(one or "null") for one in allowed)
        else:
            continue
        said = re.sub(r"[`,]| or", "", documented[pair])
        assert said == wanted, f"{pair}: {documented[pair]}"


def test_the_example_has_every_key() -> None:
    """`strongroom config example` promises a configuration with every key."""
    example = REPOSITORY / "gateway" / "strongroom_gateway" / "examples" / "gateway.toml"
    text = Path(example).read_text()
    missing = [key for key in KEYS if f"{key.rsplit('.', 1)[-1]} =" not in text]
    assert missing == []
