"""A table that a maker's layout describes."""

import re
from collections.abc import Sequence
from typing import cast

from .errors import ImportRefusedError
from .formats import Layout, built_in
from .generic import full_offset, unit_in
from .options import Options, Unit
from .table import HEAD, Columns, Table, is_row, listed, named
from .text import fields

_SEPARATORS = (",", ";", "\t")


def matching(lines: list[str]) -> list[Layout]:
    """Return the layouts that a file fits: all their marks are in its first lines."""
    return [one for one in built_in().values() if _fits(one, lines[:HEAD])]


def read_table(layout: Layout, lines: list[str], options: Options) -> Table:
    """Return the table where the layout says it is. Raises ImportRefusedError."""
    at = _header(layout, lines[:HEAD])
    if at is None:
        raise ImportRefusedError(f"the line of names of {layout.maker} was not found")
    wanted = options.separator or layout.separator
    names: list[str] = []
    separator = ""
    for one in [wanted] if wanted else _SEPARATORS:
        found = fields(lines[at], one)
        if len(found) > len(names):
            names, separator = found, one
    first = at + 1
    if layout.rows_after is not None:
        first = next((n for n, x in enumerate(lines) if re.search(layout.rows_after, x)), at) + 1
    while first < min(len(lines), HEAD) and not is_row(fields(lines[first], separator)):
        first += 1
    return Table(names, separator, first)


def read_columns(layout: Layout, lines: list[str], table: Table, options: Options) -> Columns:
    """Return which column is which by the layout; options go before it."""
    names = table.names
    time = _time(layout, names, options)
    if time is None:
        raise ImportRefusedError(f"the time column of {layout.maker} was not found: say --time")
    date = None
    if layout.date is not None or options.date is not None:
        date = _column(names, layout.date or "$^", options.date, "--date")
    columns = Columns(time, date)
    columns.temperature = _column(names, layout.temperature, options.temperature, "--temperature")
    if columns.temperature is None and options.temperature is None:
        raise ImportRefusedError(
            f"the temperature column of {layout.maker} was not found ({listed(names)}):"
            " say --temperature COLUMN, or --temperature none"
        )
    damp = layout.humidity or "$^"
    columns.humidity = _column(names, damp, options.humidity, "--humidity")
    if columns.temperature is not None:
        name = names[columns.temperature]
        unit = _group(layout.temperature, name, "unit")
        columns.unit = cast(Unit, unit) if unit else unit_in(name)
    zone = None if layout.time is None else _group(layout.time, names[time], "zone")
    above = lines[: table.first_row]
    if columns.unit is None and columns.temperature is not None:
        columns.unit = _unit(layout, lines, table, columns.temperature)
    if zone is None and layout.zone is not None:
        zone = next((z for line in above if (z := _group(layout.zone, line, "zone"))), None)
    columns.zone = full_offset(zone) if zone else None
    columns.value = layout.value
    columns.serial = _serial(layout, lines, table, above)
    return columns


def _fits(layout: Layout, head: list[str]) -> bool:
    if not all(any(re.search(mark, line) for line in head) for mark in layout.preamble):
        return False
    return _header(layout, head) is not None


def _header(layout: Layout, head: list[str]) -> int | None:
    if layout.header is not None:
        return next((n for n, line in enumerate(head) if re.search(layout.header, line)), None)
    after = layout.header_after or ""
    found = next((n for n, line in enumerate(head[:-1]) if re.search(after, line)), None)
    return None if found is None else found + 1


def _time(layout: Layout, names: Sequence[str], options: Options) -> int | None:
    if options.time is None and layout.time_column is not None:
        return layout.time_column - 1 if layout.time_column <= len(names) else None
    return _column(names, layout.time or "$^", options.time, "--time")


def _unit(layout: Layout, lines: list[str], table: Table, temperature: int) -> Unit | None:
    """Return the unit that the lines above, a column, or the values themselves tell; None for none.

    Raises ImportRefusedError where rows are in several.
    """
    if layout.unit is not None:
        above = (_group(layout.unit, line, "unit") for line in lines[: table.first_row])
        return cast("Unit | None", next((one for one in above if one), None))
    rows = [fields(line, table.separator) for line in lines[table.first_row :] if line]
    told: set[str | None] = set()
    if layout.unit_column is not None:
        column = _column(table.names, layout.unit_column, None, "unit")
        told = {row[column] for row in rows if column is not None and len(row) > column}
    elif layout.value is not None:
        told = {
            _group(layout.value, row[temperature], "unit") for row in rows if len(row) > temperature
        }
    told -= {None, ""}
    if len(told) > 1:
        raise ImportRefusedError(
            f"rows are in several units ({', '.join(sorted(map(str, told)))}): cut the file in"
            " parts of one quantity each"
        )
    unit = told.pop() if told else None
    if unit not in (None, "C", "F"):
        raise ImportRefusedError(f"values are in {unit}, which is no temperature")
    return cast("Unit | None", unit)


def _column(names: Sequence[str], pattern: str, option: str | None, what: str) -> int | None:
    if option is not None:
        return None if option == "none" else named(option, what, names)
    found = [n for n, name in enumerate(names) if re.search(pattern, name)]
    if len(found) > 1:
        several = ", ".join(f"{n + 1}: {names[n]}" for n in found)
        raise ImportRefusedError(
            f"more than one column may be meant ({several}): say {what} COLUMN"
        )
    return found[0] if found else None


def _serial(layout: Layout, lines: list[str], table: Table, above: list[str]) -> str | None:
    if layout.serial_column is not None:
        column = _column(table.names, layout.serial_column, None, "serial number")
        for line in lines[table.first_row :][:1]:
            row = fields(line, table.separator)
            if column is not None and len(row) > column:
                return row[column] or None
    if layout.serial is None:
        return None
    found = (_group(layout.serial, line, "serial") for line in [*table.names, *above])
    return next((one for one in found if one), None)


def _group(pattern: str, text: str, group: str) -> str | None:
    found = re.search(pattern, text)
    return None if found is None else found.groupdict().get(group)
