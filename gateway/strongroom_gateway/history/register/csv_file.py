"""The register as one CSV file: the tables one below the other, each under its heading."""

import csv
import io

from .cells import Cell, Table


def write_csv(tables: list[Table]) -> bytes:
    """Return the file: UTF-8 with a mark, so that spreadsheets read Chinese, lines end in CR LF."""
    out = io.StringIO()
    writer = csv.writer(out)
    for n, table in enumerate(tables):
        if n:
            writer.writerow([])
        writer.writerow([table.title])
        writer.writerow(table.head)
        writer.writerows([[_plain(cell) for cell in row] for row in table.rows])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str | int | float:
    """Return a cell so that no spreadsheet takes a name for a formula."""
    if isinstance(cell, str) and len(cell) > 1 and cell[0] in "=@+-\t":
        return f"'{cell}"
    return "" if cell is None else cell
