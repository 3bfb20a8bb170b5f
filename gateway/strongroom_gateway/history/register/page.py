"""The register as a PDF: the tables, and charts of temperature and humidity with their bands.

The font is embedded as far as it is used, so that the page looks the same in twenty years.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import (
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)

from ...profiles import Band
from ..levels import LEVELS
from .cells import Cell, Say, Table
from .fonts import NoFontError, find_font
from .model import Part, Register

_FONT: Final = "register"
_NEEDED: Final = "aZ09°±%温湿度"
_SIZE: Final = 6.5
_WIDTH: Final = landscape(A4)[0] - 24 * mm
_HEIGHT: Final = 62 * mm
_LEFT: Final = 12 * mm
_LEFT_OUT: Final = frozenset({"gaps", "sources"})
"""Long lists that the table and the workbook have; the page has their sums."""


def write_page(
    register: Register, tables: list[Table], say: Say, font: Path | None = None, days: bool = True
) -> bytes:
    """Return the file. Raises NoFontError. `days`: with the lines of single days."""
    found = find_font(font)
    try:
        made = TTFont(_FONT, str(found))
    except (TTFError, OSError) as bad:
        raise NoFontError(f"{found} cannot be used: {bad}; name a TrueType file") from bad
    missing = [letter for letter in _NEEDED if ord(letter) not in made.face.charToGlyph]
    if missing:
        raise NoFontError(f"{found} lacks {' '.join(missing)}: name a font with Latin and Chinese")
    registerFont(made)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        leftMargin=12 * mm,
        rightMargin=12 * mm,
        topMargin=12 * mm,
        bottomMargin=14 * mm,
        title=f"{say('register.title', {})} {register.room_name} {register.first} {register.last}",
        author="Strongroom",
        subject=say("register.no_certificate", {}),
        invariant=1,
    )
    parts = {part.sensor: part for part in register.parts}
    story: list[Any] = []
    for table in tables:
        if table.kind in _LEFT_OUT or (table.kind in ("days", "air_days") and not days):
            continue
        if table.kind in ("definition", "air"):
            story.append(PageBreak())
        story += _table(table)
        if table.kind == "definition":
            story += _charts(register, parts[table.sensor], say)
        if table.kind == "air":
            story += _air_charts(register, say)
    footer = f"{register.room_name} ({register.room}) | {register.first} - {register.last}"

    def foot(canvas: Any, doc: Any) -> None:
        canvas.setFont(_FONT, 7)
        canvas.drawString(12 * mm, 7 * mm, footer)
        canvas.drawRightString(landscape(A4)[0] - 12 * mm, 7 * mm, str(doc.page))

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        "s", fontName=_FONT, fontSize=size, leading=size * 1.3, wordWrap="CJK", **more
    )


def _table(table: Table) -> Iterable[Any]:
    small = _style(_SIZE)
    yield Paragraph(_safe(table.title), _style(13 if table.kind == "cover" else 10, spaceBefore=6))
    rows = [[Paragraph(_safe(head), small) for head in table.head]]
    rows += [[Paragraph(_safe(_shown(cell)), small) for cell in row] for row in table.rows]
    widths = _widths(table)
    # A row of long notes may be higher than a page.
    grid = LongTable(rows, colWidths=widths, repeatRows=1, hAlign="LEFT", splitInRow=1)
    grid.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    yield grid
    yield Spacer(1, 4 * mm)


def _widths(table: Table) -> list[float]:
    """Share the page among the columns by the longest text of each, none too narrow."""
    rows: list[Sequence[Cell]] = [table.head, *table.rows[:100]]
    needs = [
        min(60, max(5, *(_length(row[n]) for row in rows if n < len(row))))
        for n in range(len(table.head))
    ]
    most = sum(needs) * _SIZE * 0.62
    return [need / sum(needs) * min(_WIDTH, max(most, 60 * mm)) for need in needs]


def _length(cell: Cell) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in _shown(cell))


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _charts(register: Register, part: Part, say: Say) -> Iterable[Any]:
    zone = ZoneInfo(register.time_zone)
    for column, name, band in (
        (1, "t", part.definition.temperature),
        (4, "rh", part.definition.humidity),
    ):
        rows = [(row[0], *row[column : column + 3]) for row in part.chart]
        known = [row for row in rows if row[1] is not None]
        if known:
            title = f"{part.sensor}: {say(f'register.unit.{name}', {})}"
            yield _drawn(known, part.chart_step, band, title, zone)
            yield Spacer(1, 2 * mm)


def _air_charts(register: Register, say: Say) -> Iterable[Any]:
    zone = ZoneInfo(register.time_zone)
    for part in register.air:
        known = [row[:4] for row in part.chart if row[1] is not None]
        if known:
            unit = LEVELS[part.channel.quantity].unit
            name = say(f"air.{part.channel.quantity}", {})
            title = f"{part.channel.sensor}: {name}, {unit}"
            yield _drawn(known, part.chart_step, part.limit, title, zone)
            yield Spacer(1, 2 * mm)


def _drawn(rows: list[Any], step: str, band: Band, title: str, zone: ZoneInfo) -> Drawing:
    """Return a chart: band as a field, lowest to highest as bars, the mean as a line; a gap is a
    break in the line.
    """
    drawing = Drawing(_WIDTH, _HEIGHT)
    limits = [x for x in (band.low, band.high) if isfinite(x)]
    low = min([row[2] for row in rows] + limits) - 1
    high = max([row[3] for row in rows] + limits) + 1
    first, last = rows[0][0], max(rows[-1][0], rows[0][0] + 1)
    width, height = _WIDTH - _LEFT - 2 * mm, _HEIGHT - 16 * mm

    def x(at: float) -> float:
        return float(_LEFT + (at - first) / (last - first) * width)

    def y(value: float) -> float:
        return float(8 * mm + (min(max(value, low), high) - low) / (high - low) * height)

    top, bottom = y(min(band.high, high)), y(max(band.low, low))
    field = Rect(_LEFT, bottom, width, top - bottom, fillColor=colors.honeydew, strokeColor=None)
    drawing.add(field)
    for row in rows:
        if row[3] > row[2]:
            bar = Line(x(row[0]), y(row[2]), x(row[0]), y(row[3]))
            bar.strokeColor, bar.strokeWidth = colors.lightsteelblue, 0.6
            drawing.add(bar)
    for points in _unbroken(rows, {"minute": 60_000, "hour": 3_600_000}.get(step, 86_400_000)):
        line = PolyLine([value for at, mean in points for value in (x(at), y(mean))])
        line.strokeColor, line.strokeWidth = colors.darkblue, 0.6
        drawing.add(line)
    for value in [low + 1, high - 1, *limits]:
        drawing.add(_label(0, y(value) - 2, f"{value:.1f}"))
    for n in range(5):
        at = first + (last - first) * n / 4
        told = datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d")
        drawing.add(_label(min(x(at), _WIDTH - 18 * mm), 3 * mm, told))
    drawing.add(Rect(_LEFT, 8 * mm, width, height, fillColor=None, strokeWidth=0.25))
    drawing.add(String(_LEFT, _HEIGHT - 5 * mm, title, fontName=_FONT, fontSize=8))
    return drawing


def _label(x: float, y: float, text: str) -> String:
    return String(x, y, text, fontName=_FONT, fontSize=6)


def _unbroken(rows: list[Any], step: int) -> Iterable[list[tuple[int, float]]]:
    points: list[tuple[int, float]] = []
    for at, mean, *_ in rows:
        if points and at - points[-1][0] > 1.5 * step:
            yield points
            points = []
        points.append((at, mean))
    if points:
        yield points
