"""The table in a file: names of columns, where the rows begin, which column is which."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from .errors import ImportRefusedError
from .options import MISSING, Unit

HEAD: Final = 200
"""Lines in which preamble, names and the first rows must be found."""
_FULL: Final = re.compile(
    r"\d{1,4}[-/.年](\d{1,2}|[A-Za-z]{3})[-/.月]\d{1,4}日?[ T].*\d:\d\d[\d:.,]* ?([APap][Mm])?.*"
    r"|\d{1,2}:\d\d(:\d\d)? \d{1,2}[-/][A-Za-z]{3}[-/]\d{4}"
)
_DATE: Final = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?")
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d)?([.,]\d+)?( ?[APap][Mm])?")
_NUMBER: Final = re.compile(r"[-+]?\d+([.,]\d+)?")
_FOREIGN: Final = re.compile(r"[;,|\t]")


class Table(msgspec.Struct):
    """The names of the columns ('' where there is none), and the line where the rows begin."""

    names: list[str]
    separator: str
    first_row: int


class Columns(msgspec.Struct):
    """Which column is which, from 0, and what its name or the lines above tell."""

    time: int
    date: int | None = None
    temperature: int | None = None
    humidity: int | None = None
    unit: Unit | None = None
    zone: str | None = None
    serial: str | None = None
    value: str | None = None
    """What a value looks like that is written with its unit; the group `value` is the number."""


def is_stamp(field: str) -> bool:
    """Whether a field is date and time."""
    return _FULL.fullmatch(field) is not None and _FOREIGN.search(field.replace(",", ".")) is None


def is_date(field: str) -> bool:
    """Whether a field is a date alone."""
    return _DATE.fullmatch(field) is not None


def is_clock(field: str) -> bool:
    """Whether a field is a time of day alone."""
    return _CLOCK.fullmatch(field) is not None


def is_value(field: str) -> bool:
    """Whether a field is a number, or one of the words for a missing one."""
    return _NUMBER.fullmatch(field) is not None or field.lower() in MISSING


def is_row(row: Sequence[str]) -> bool:
    """Whether a line is one of a table of readings: a time, and something like a number."""
    timed = any(map(is_stamp, row)) or (any(map(is_date, row)) and any(map(is_clock, row)))
    return timed and any(_NUMBER.fullmatch(field) for field in row)


def named(option: str, what: str, names: Sequence[str]) -> int:
    """Return the column that an option names, by its name or by its number from 1."""
    if option in names:
        return list(names).index(option)
    lowered = [name.lower() for name in names]
    if lowered.count(option.lower()) == 1:
        return lowered.index(option.lower())
    if option.isdecimal() and 1 <= int(option) <= len(names):
        return int(option) - 1
    raise ImportRefusedError(f"{what}: there is no column {option!r}; there is {listed(names)}")


def listed(names: Sequence[str]) -> str:
    """Return the columns for a person: numbers and names."""
    return ", ".join(f"{n}: {name or '(no name)'}" for n, name in enumerate(names, 1))
