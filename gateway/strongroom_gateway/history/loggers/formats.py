"""Layouts of known loggers, one TOML file for each in formats/."""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from ...errors import StrongroomError


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the export of one maker is laid out; every text but id, maker and checked is a pattern.

    `preamble`: each must be found in the first lines. `header` finds the line of column names;
    `header_after` and `rows_after` are the lines before names and rows where those stand apart.
    Groups named `zone`, `unit` and `serial` tell the offset from UTC, C or F, and the serial number.
    """

    id: str
    maker: str
    checked: str
    temperature: str
    humidity: str
    time: str
    date: str | None = None
    preamble: list[str] = []
    header: str | None = None
    header_after: str | None = None
    rows_after: str | None = None
    separator: str | None = None
    zone: str | None = None
    serial: str | None = None
    serial_column: str | None = None
    dates: list[str] = []
    missing: list[str] = []


class BrokenLayoutError(StrongroomError):
    """A file of a layout cannot be used; the text names it."""


def parse_layout(text: str, name: str) -> Layout:
    """Return a layout from TOML. Raises BrokenLayoutError that names the file and the fault."""
    try:
        layout = msgspec.convert(tomllib.loads(text), Layout)
        for pattern in _patterns(layout):
            re.compile(pattern)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, re.error) as bad:
        raise BrokenLayoutError(f"{name}: {bad}") from bad
    if (layout.header is None) == (layout.header_after is None):
        raise BrokenLayoutError(f"{name}: either header or header_after finds the column names")
    return layout


@cache
def built_in() -> dict[str, Layout]:
    """Return the layouts that come with the program, by id."""
    home = resources.files(__package__) / "formats"
    found = {}
    for file in sorted(home.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            layout = parse_layout(file.read_text(encoding="utf-8"), file.name)
            found[layout.id] = layout
    return found


def _patterns(layout: Layout) -> list[str]:
    told = msgspec.structs.asdict(layout)
    plain = {"id", "maker", "checked", "separator", "dates", "missing", "preamble"}
    found: list[Any] = [value for key, value in told.items() if key not in plain and value]
    return [*found, *layout.preamble]
