"""Finds the line of a TOML file that a key stands in, so that a fault in it can be pointed at."""

import re
from typing import Final

_HEADER: Final = re.compile(r"^\s*\[(\[?)\s*([^\]]+?)\s*\]")
_KEY: Final = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[^=\s.]+)*)\s*=""")
_INLINE: Final = re.compile(r"""[{,]\s*([A-Za-z0-9_-]+)\s*=""")
_PART: Final = re.compile(r"""[^."'\[\]]+|"[^"]*"|'[^']*'""")

Where = dict[tuple[str, ...], int]


def lines_of(written: str) -> Where:
    """Return the line (from 1) of every table and key of a TOML text that parses."""
    where: Where = {}
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    fence = ""
    for number, line in enumerate(written.splitlines(), 1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1]:
                where.setdefault(table, number)
                counts[table] = counts.get(table, -1) + 1
                table = (*table, str(counts[table]))
            where.setdefault(table, number)
        elif key := _KEY.match(line):
            path = (*table, *_parts(key[1]))
            where.setdefault(path, number)
            for inner in _INLINE.finditer(line, key.end()):
                where.setdefault((*path, inner[1]), number)
        fence = _opened(line)
    return where


def line_of(where: Where, path: str) -> int | None:
    """Return the line of a path such as `stores.paper.temperature.low`, or of what it is part of."""
    parts = _parts(path)
    while parts:
        if parts in where:
            return where[parts]
        parts = parts[:-1]
    return None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in _PART.findall(path) if part.strip())


def _opened(line: str) -> str:
    """Return the fence of a multi-line string that this line opens and does not close."""
    for fence in ('"""', "'''"):
        if line.count(fence) % 2:
            return fence
    return ""
