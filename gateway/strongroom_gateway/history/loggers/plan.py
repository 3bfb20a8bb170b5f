"""How one file is to be read: separator, columns, decimal sign, stamps, zone, unit.

Found by a maker's layout or by looking; options go before both. What is not certain is refused with
the option that settles it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from .clock import split_zone, zone_named
from .errors import ImportRefusedError
from .formats import Layout, built_in
from .generic import find_columns, find_table
from .known import matching, read_columns, read_table
from .options import MISSING, STAMPS, Options, Plan, Unit
from .stamps import choose_format, tidy
from .table import Columns
from .text import Text, fields

_COMMA: Final = re.compile(r"[-+]?\d+,\d+")
_POINT: Final = re.compile(r"[-+]?\d+\.\d+")


def make_plan(text: Text, options: Options) -> Plan:
    """Return how the file is to be read. Raises ImportRefusedError."""
    layout = _layout(options, text.lines)
    if layout is None:
        table = find_table(text.lines, options)
        columns = find_columns(text.lines, table, options)
    else:
        table = read_table(layout, text.lines, options)
        columns = read_columns(layout, text.lines, table, options)
    rows = [fields(line, table.separator) for line in text.lines[table.first_row :] if line]
    stamps, offsets = _stamps(rows, columns)
    if not stamps:
        raise ImportRefusedError("no row has a time: say --time COLUMN")
    wanted = layout.dates if layout else []
    missing = frozenset(one.lower() for one in layout.missing) if layout else frozenset()
    return Plan(
        layout=layout.id if layout else "generic",
        encoding=text.encoding,
        separator=table.separator,
        decimal=_decimal(rows, columns, table.separator, options),
        first_row=table.first_row,
        width=len(table.names),
        time=columns.time,
        date=columns.date,
        temperature=columns.temperature,
        humidity=columns.humidity,
        unit=_unit(options, columns),
        date_format=choose_format(stamps, [options.date_format] if options.date_format else wanted),
        zone_said=_zone(options, columns, offsets, len(stamps)),
        columns=tuple(table.names),
        serial=columns.serial,
        missing=MISSING | missing,
        value=columns.value,
    )


def stamp_of(row: Sequence[str], time: int, date: int | None) -> str:
    """Return the whole stamp of a row as it is written."""
    return row[time] if date is None else f"{row[date]} {row[time]}"


def bare(said: str, value: str | None) -> str:
    """Return a value without the unit that is written behind it."""
    found = None if value is None else re.fullmatch(value, said)
    return said if found is None else found["value"]


def _layout(options: Options, lines: list[str]) -> Layout | None:
    if options.layout == "generic":
        return None
    if options.layout is not None:
        found = built_in().get(options.layout)
        if found is None:
            known = ", ".join(["generic", *built_in()])
            raise ImportRefusedError(f"there is no format {options.layout!r}; there is {known}")
        return found
    fitting = matching(lines)
    if len(fitting) > 1:
        names = ", ".join(one.id for one in fitting)
        raise ImportRefusedError(f"more than one format fits ({names}): say --format")
    return fitting[0] if fitting else None


def _stamps(rows: Iterable[Sequence[str]], columns: Columns) -> tuple[list[str], int]:
    """Return the tidy stamps of all rows that have one, and how many have their own offset."""
    last = max(columns.time, columns.date or 0)
    stamps, offsets = [], 0
    for row in rows:
        if len(row) <= last:
            continue
        bare, offset = split_zone(stamp_of(row, columns.time, columns.date))
        if any(letter.isdigit() for letter in bare):
            stamps.append(tidy(bare))
            offsets += offset is not None
    return stamps, offsets


def _zone(options: Options, columns: Columns, offsets: int, stamps: int) -> str:
    if offsets and offsets == stamps:
        return STAMPS
    if offsets:
        raise ImportRefusedError(
            f"{offsets} of {stamps} stamps have an offset from UTC and the others do not"
        )
    if options.time_zone is not None:
        zone_named(options.time_zone)
        return options.time_zone
    if columns.zone is not None:
        return columns.zone
    raise ImportRefusedError(
        "the stamps do not say in which time zone they are: say --time-zone, a name like"
        " Asia/Shanghai where the logger's clock followed the local one, or an offset like +08:00"
        " where it was never changed"
    )


def _unit(options: Options, columns: Columns) -> Unit:
    if options.unit is not None:
        return options.unit
    if columns.temperature is None:
        return "C"
    if columns.unit is None:
        raise ImportRefusedError(
            "the name of the temperature column has no unit: say --unit C or F"
        )
    return columns.unit


def _decimal(
    rows: Sequence[Sequence[str]], columns: Columns, separator: str, options: Options
) -> str:
    values = [
        bare(row[n], columns.value)
        for n in (columns.temperature, columns.humidity)
        if n is not None
        for row in rows
        if len(row) > n
    ]
    commas = sum(1 for value in values if _COMMA.fullmatch(value))
    points = sum(1 for value in values if _POINT.fullmatch(value))
    if options.decimal is not None:
        if options.decimal == separator:
            raise ImportRefusedError("the decimal sign cannot also separate columns")
        return options.decimal
    if commas and points:
        raise ImportRefusedError(
            f"{commas} values have a decimal comma and {points} a point: say --decimal"
        )
    return "," if commas else "."
