"""A recorded log of a gate: JSON lines with what its reader and its beams said, and what was true.

A report      {"at", "node", "boot", "mono", "reader", "ant", "id", "act", "rssi", "n", "span"}
A beam        {"at", "node", "boot", "mono", "input", "on"}
A side        {"at", "id", "side"}: from here on the record has the tag inside ("inner") or outside
The truth     {"id", "label", "from", "to"}: the tag went "out", came "in" or "stays" in this time

Times are Unix ms, `mono` is ms since the boot of the node. Lines are in the order of `at`; those that
tell the truth may stand anywhere.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..custody.direction import Side
from ..errors import StrongroomError
from ..ledger.reader import MOST, Reader
from ..room.model import OUTSIDE

Label = Literal["out", "in", "stays"]


class LogError(StrongroomError):
    """A log cannot be used; the message names the line."""


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all lines."""


class ReportLine(_Line, frozen=True):
    """What the node reported of a tag."""

    at: int
    node: str
    boot: int
    mono: int
    reader: str
    id: str
    act: Literal["seen", "more", "gone"]
    n: int
    ant: str | None = None
    rssi: int | None = None
    span: int = 0


class BeamLine(_Line, frozen=True):
    """A beam was broken (`on`) or is clear."""

    at: int
    node: str
    boot: int
    mono: int
    input: str
    on: bool


class SideLine(_Line, frozen=True):
    """Where the record has a tag from now on."""

    at: int
    id: str
    side: Side


class TruthLine(_Line, frozen=True):
    """What somebody who saw it says."""

    id: str
    label: Label
    first: int = msgspec.field(name="from")
    last: int = msgspec.field(name="to")


Line = ReportLine | BeamLine | SideLine | TruthLine
_KINDS: tuple[tuple[str, type[Line]], ...] = (
    ("label", TruthLine),
    ("input", BeamLine),
    ("side", SideLine),
)


def read_log(path: Path) -> Iterator[Line]:
    """Yield the lines of a log. Raises LogError for one that is none, OSError when it cannot be read."""
    with path.open(encoding="utf-8") as file:
        for number, row in enumerate(file, 1):
            if row.strip():
                yield parse(row, f"{path}:{number}")


def parse(row: str, where: str) -> Line:
    """Return the line that a row holds; LogError, beginning with `where`, when it holds none."""
    try:
        fields = msgspec.json.decode(row)
        if not isinstance(fields, dict):
            raise LogError(f"{where}: not an object")
        kind = next((kind for key, kind in _KINDS if key in fields), ReportLine)
        return msgspec.convert(fields, kind)
    except msgspec.DecodeError as error:
        raise LogError(f"{where}: {error}") from None


def write_line(line: Line) -> str:
    """Return a line as it stands in a log."""
    return msgspec.json.encode(line).decode() + "\n"


def recorded(path: Path, first: int = 0, last: int | None = None) -> Iterator[Line]:
    """Yield what a ledger holds of tags and beams, received between two times in Unix ms.

    Of movements that no gate decided it tells on which side they left the item's tags. Raises
    LedgerError or sqlite3.Error when the file is no ledger.
    """
    reader = Reader(path)
    tags: dict[str, tuple[str, ...]] = {}
    after = -1
    try:
        while page := reader.entries(after, MOST):
            after = page[-1].idx
            for entry in page:
                if entry.kind == "item.registered":
                    item = entry.body["item"]
                    tags[item["id"]] = tuple(item.get("tags", ()))
                elif first <= entry.at and (last is None or entry.at <= last):
                    yield from _lines(entry.kind, entry.at, entry, tags)
    finally:
        reader.close()


def _lines(kind: str, at: int, entry: Any, tags: dict[str, tuple[str, ...]]) -> Iterator[Line]:
    body = entry.body
    if kind in ("event/tag", "event/input", "event/contact"):
        origin = {"at": at, "node": entry.node, "boot": entry.boot, "mono": body["mono"]}
    if kind == "event/tag":
        names = ("reader", "id", "act", "n", "ant", "rssi", "span")
        yield ReportLine(**origin, **{name: body[name] for name in names})
    elif kind in ("event/input", "event/contact"):
        on = body["on"] if kind == "event/input" else body["open"]
        yield BeamLine(**origin, input=body["input"], on=on)
    elif kind.startswith("movement.") and "gate" not in body and "place" in body:
        side: Side = "outer" if body["place"] == OUTSIDE else "inner"
        for tag in tags.get(body.get("item"), ()):
            yield SideLine(at, tag, side)
