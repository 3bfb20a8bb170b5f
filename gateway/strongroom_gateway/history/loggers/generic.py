"""A table that no layout knows: found by looking at its rows and at the names of its columns."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, cast

from .errors import ImportRefusedError
from .options import Options, Unit
from .table import HEAD, Columns, Table, is_clock, is_date, is_row, is_stamp, listed, named
from .text import fields

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENOUGH: Final = 0.9
_OTHER: Final = re.compile(
    r"(?i)dew|露点|wet|湿球|alarm|报警|absolute|绝对|g/m|mixing|set ?point|设定"
)
_WARM: Final = re.compile(r"(?i)temp|°\s*[cf]\b|℃|℉|celsius|fahrenheit|温度")
_DAMP: Final = re.compile(r"(?i)humid|%\s*r\.?h|\br\.?h\b|feucht|湿度")
_UNITS: Final = (
    (re.compile(r"(?i)°\s*c\b|℃|celsius|\bc\b"), "C"),
    (re.compile(r"(?i)°\s*f\b|℉|fahrenheit|\bf\b"), "F"),
)
_ZONE: Final = re.compile(r"(?i)\b(?:UTC|GMT)\s*(?P<zone>[+-]\d\d?(?::?\d\d)?)?")


def find_table(lines: list[str], options: Options) -> Table:
    """Return the table of a file. Raises ImportRefusedError where none, or more than one, is seen."""
    wanted = [options.separator] if options.separator else list(_SEPARATORS)
    found = [table for one in wanted if (table := _with(lines, one)) is not None]
    if not found:
        raise ImportRefusedError(
            "no table of times and numbers was found: say --separator, or --format"
        )
    if len(found) > 1:
        names = " or ".join(_SEPARATORS[one.separator] for one in found)
        raise ImportRefusedError(f"the columns may be separated by {names}: say --separator")
    return found[0]


def find_columns(lines: list[str], table: Table, options: Options) -> Columns:
    """Return which column is which, by what stands in them and by their names.

    Raises ImportRefusedError where that is not certain.
    """
    sample = [fields(line, table.separator) for line in lines[table.first_row :][:HEAD] if line]
    sample = [row for row in sample if len(row) == len(table.names)]
    names = table.names
    time, date = _times(sample, names, options)
    columns = Columns(time, date)
    columns.temperature = _one(names, _WARM, options.temperature, "--temperature")
    columns.humidity = _one(names, _DAMP, options.humidity, "--humidity")
    if columns.temperature is None and columns.humidity is None:
        raise ImportRefusedError(
            f"no column is named as temperature or humidity ({listed(names)}):"
            " say --temperature and --humidity COLUMN"
        )
    if columns.temperature is not None:
        columns.unit = unit_in(names[columns.temperature])
    columns.zone = _zone_in([names[time], *lines[: table.first_row]])
    return columns


def unit_in(name: str) -> Unit | None:
    """Return the unit that the name of a column tells, or None."""
    found = [unit for pattern, unit in _UNITS if pattern.search(name)]
    return cast(Unit, found[0]) if len(found) == 1 else None


def _with(lines: list[str], separator: str) -> Table | None:
    rows = [fields(line, separator) if line else [] for line in lines[:HEAD]]
    data = [n for n, row in enumerate(rows) if len(row) > 1 and is_row(row)]
    if not data:
        return None
    first = data[0]
    width = Counter(len(rows[n]) for n in data).most_common(1)[0][0]
    good = [n for n in data if len(rows[n]) == width]
    if len(good) < _ENOUGH * sum(1 for row in rows[first:] if row):
        return None
    above = next((row for row in reversed(rows[:first]) if row), None)
    if above is None:
        return Table([""] * width, separator, first)
    if len(above) != width and len([one for one in above if one]) > 1:
        raise ImportRefusedError(
            f"the line of names has {len(above)} columns and the rows have {width}"
            f" (line {first + 1}): say --separator; a decimal comma cannot also separate columns"
        )
    return Table(above if len(above) == width else [""] * width, separator, first)


def _times(
    sample: Sequence[Sequence[str]], names: Sequence[str], options: Options
) -> tuple[int, int | None]:
    if options.time is not None:
        date = named(options.date, "--date", names) if options.date is not None else None
        return named(options.time, "--time", names), date
    full = _columns_of(sample, is_stamp)
    if len(full) == 1:
        return full[0], None
    dates, clocks = _columns_of(sample, is_date), _columns_of(sample, is_clock)
    if not full and len(dates) == 1 and len(clocks) == 1:
        return clocks[0], dates[0]
    raise ImportRefusedError(
        f"which column is the time is not certain ({listed(names)}): say --time COLUMN,"
        " and --date COLUMN where the date stands apart"
    )


def _columns_of(sample: Sequence[Sequence[str]], is_one: Callable[[str], bool]) -> list[int]:
    width = len(sample[0]) if sample else 0
    return [
        n for n in range(width) if sum(is_one(row[n]) for row in sample) >= _ENOUGH * len(sample)
    ]


def _one(
    names: Sequence[str], pattern: re.Pattern[str], option: str | None, what: str
) -> int | None:
    if option is not None:
        return None if option == "none" else named(option, what, names)
    found = [n for n, name in enumerate(names) if pattern.search(name) and not _OTHER.search(name)]
    if len(found) > 1:
        several = ", ".join(f"{n + 1}: {names[n]}" for n in found)
        raise ImportRefusedError(
            f"more than one column may be meant ({several}): say {what} COLUMN"
        )
    return found[0] if found else None


def _zone_in(told: Sequence[str]) -> str | None:
    """Return the offset from UTC that the name of the time column or the lines above tell."""
    found = set()
    for line in told:
        for match in _ZONE.finditer(line):
            found.add(full_offset(match["zone"] or "+00:00"))
    return found.pop() if len(found) == 1 else None


def full_offset(said: str) -> str:
    """Return an offset as +HH:MM, from +8, +08 or +0800 too."""
    sign, digits = said[0], said[1:].replace(":", "")
    if len(digits) <= 2:
        digits = f"{int(digits):02d}00"
    return f"{sign}{digits.zfill(4)[:2]}:{digits.zfill(4)[2:]}"
