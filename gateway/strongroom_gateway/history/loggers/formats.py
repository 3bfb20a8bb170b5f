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
    `time_column` is the number of the time's column, from 1, where its name is none. `unit` finds the
    unit in the lines above, `unit_column` a column with it; `value` is what a value looks like that
    is written with its unit. Groups named `zone`, `unit`, `serial` and `value` tell the offset from
    UTC, C or F, the serial number, and the number.
    """

    id: str
    maker: str
    checked: str
    temperature: str
    humidity: str | None = None
    time: str | None = None
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
    time_column: int | None = None
    unit: str | None = None
    unit_column: str | None = None
    value: str | None = None


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
    if layout.time is None and layout.time_column is None:
        raise BrokenLayoutError(f"{name}: neither time nor time_column finds the time")
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
    plain = {"id", "maker", "checked", "separator", "dates", "missing", "preamble", "time_column"}
    found: list[Any] = [value for key, value in told.items() if key not in plain and value]
    return [*found, *layout.preamble]
