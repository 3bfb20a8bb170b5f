"""Reads what a test needs to know of a Markdown file: its tables, headings, links and commands."""

import re
from pathlib import Path

from support.needs import REPOSITORY

_FENCE = re.compile(r"^(```|~~~)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")


def documents() -> list[Path]:
    """Return all Markdown files of the project, not those of its tools and caches."""
    return sorted(
        path
        for path in REPOSITORY.rglob("*.md")
        if not any(part.startswith(".") for part in path.relative_to(REPOSITORY).parts)
        and "node_modules" not in path.parts
    )


def prose(path: Path) -> list[str]:
    """Return the lines that are not inside fenced or indented code; a code line becomes empty."""
    lines: list[str] = []
    fenced = False
    for line in path.read_text().splitlines():
        fence = _FENCE.match(line.strip())
        if fence:
            fenced = not fenced
        lines.append("" if fenced or fence or line.startswith("    ") else line)
    return lines


def code_lines(path: Path) -> list[str]:
    """Return the lines inside fenced or indented code, without their indentation."""
    lines: list[str] = []
    fenced = False
    for line in path.read_text().splitlines():
        if _FENCE.match(line.strip()):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            lines.append(line.strip())
    return [line for line in lines if line]


def links(path: Path) -> list[str]:
    """Return the targets of all links in the prose."""
    return [target for line in prose(path) for target in _LINK.findall(line)]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a file's headings, as web hosts of repositories make them."""
    found = set()
    for line in prose(path):
        heading = re.match(r"#+\s+(.*)", line)
        if heading:
            text = re.sub(r"[^\w\- ]", "", heading[1].lower())
            found.add(text.strip().replace(" ", "-"))
    return found


def headings(path: Path, level: int) -> list[str]:
    """Return the texts of the headings of one level."""
    marker = "#" * level + " "
    return [line[len(marker) :].strip() for line in prose(path) if line.startswith(marker)]


def section(path: Path, heading: str) -> str:
    """Return the prose under a heading up to the next one of the same or a higher level."""
    lines = prose(path)
    start = next(
        (n for n, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}", line)), None
    )
    assert start is not None, f"{path.name} has no heading {heading!r}"
    level = len(lines[start]) - len(lines[start].lstrip("#"))
    end = start + 1
    while end < len(lines) and not re.match(rf"#{{1,{level}}} ", lines[end]):
        end += 1
    return "\n".join(lines[start + 1 : end])


def rows(path: Path) -> list[list[str]]:
    """Return the cells of all table rows, header rows too; rules between them are left out."""
    found = []
    for line in (line.strip() for line in path.read_text().splitlines()):
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line):
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def codes(text: str) -> list[str]:
    """Return what stands in backquotes."""
    return _CODE.findall(text)
