"""The register as a workbook: a sheet for each kind of table, charts from the chart's own sheet."""

import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter

from .cells import Cell, Say, Table
from .model import Part, Register

_WIDEST: Final = 60
_SHEET: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")


def write_workbook(register: Register, tables: list[Table], say: Say) -> bytes:
    """Return the file. Every text is written as a text: none is taken for a formula or a link."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        title = book.add_format({"bold": True, "font_size": 14})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        names: set[str] = set()
        for table in tables:
            sheet = book.add_worksheet(_name(table, say, names))
            sheet.write_string(0, 0, table.title, title)
            for n, head in enumerate(table.head):
                sheet.write_string(1, n, head, bold)
            for row, cells in enumerate(table.rows, 2):
                for n, cell in enumerate(cells):
                    _write(sheet, row, n, cell, wrap)
            for n, width in enumerate(_widths(table)):
                sheet.set_column(n, n, width)
            sheet.freeze_panes(2, 1)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(1)
        for part in register.parts:
            _chart(book, register, part, say, names)
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell, wrap: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell, wrap)
    elif cell is not None:
        sheet.write_number(row, column, cell)


def _chart(book: Any, register: Register, part: Part, say: Say, names: set[str]) -> None:
    if not part.chart:
        return
    title = say("register.title.chart", {"sensor": part.sensor})
    name = _unique(f"{say('register.sheet.chart', {})} {part.sensor}", names)
    sheet = book.add_worksheet(name)
    stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    heads = ("time", "t_mean", "t_low", "t_high", "rh_mean", "rh_low", "rh_high")
    for n, head in enumerate(heads):
        sheet.write_string(0, n, say(f"register.head.{head}", {}))
    zone = ZoneInfo(register.time_zone)
    for row, (at, *values) in enumerate(part.chart, 1):
        local = datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None)
        sheet.write_datetime(row, 0, local, stamp)
        for n, value in enumerate(values, 1):
            if value is not None:
                sheet.write_number(row, n, value)
    sheet.set_column(0, 0, 17)
    last = len(part.chart)
    for n, (column, unit) in enumerate(((1, "t"), (4, "rh"))):
        chart = book.add_chart({"type": "scatter", "subtype": "straight"})
        for line in range(column, column + 3):
            chart.add_series(
                {
                    "name": [name, 0, line],
                    "categories": [name, 1, 0, last, 0],
                    "values": [name, 1, line, last, line],
                    "line": {"width": 1.25 if line == column else 0.5},
                }
            )
        chart.set_title({"name": title})
        chart.set_y_axis({"name": say(f"register.unit.{unit}", {})})
        chart.set_x_axis(
            {
                "num_format": "yyyy-mm-dd",
                "min": _serial(part.chart[0][0], zone),
                "max": _serial(part.chart[-1][0], zone),
            }
        )
        chart.show_blanks_as("gap")
        chart.set_size({"width": 900, "height": 320})
        sheet.insert_chart(1 + n * 17, 8, chart)


def _serial(at: int, zone: ZoneInfo) -> float:
    """Return a moment as spreadsheets count it: days since 1899-12-30."""
    local = datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None)
    return (local - datetime(1899, 12, 30)).total_seconds() / 86_400


def _name(table: Table, say: Say, names: set[str]) -> str:
    name = say(f"register.sheet.{table.kind}", {})
    return _unique(f"{name} {table.sensor}" if table.sensor else name, names)


def _unique(name: str, names: set[str]) -> str:
    """Return a name that a sheet may have and no other has: 31 characters, some not allowed."""
    plain = _FORBIDDEN.sub("-", name).strip()[:_SHEET]
    found, n = plain, 1
    while found.lower() in names:
        n += 1
        found = f"{plain[: _SHEET - len(str(n)) - 1]} {n}"
    names.add(found.lower())
    return found


def _widths(table: Table) -> list[int]:
    rows: list[Sequence[Cell]] = [table.head, *table.rows[:200]]
    return [
        min(_WIDEST, 2 + max(_width(row[n]) for row in rows if n < len(row)))
        for n in range(len(table.head))
    ]


def _width(cell: Cell) -> int:
    text = "" if cell is None else str(cell)
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
