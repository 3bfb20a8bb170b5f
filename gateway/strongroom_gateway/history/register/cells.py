"""What the tables of the register are made with: cells, headings, numbers as they are printed."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from ...climate.compliance.tally import Quantity

Cell = str | int | float | None
Say = Callable[[str, Mapping[str, Any]], str]
_HOUR = 3_600_000


class Table(NamedTuple):
    """A heading, the names of the columns, the rows. `kind` is a stable word; `sensor` may be ''."""

    kind: str
    sensor: str
    title: str
    head: list[str]
    rows: list[list[Cell]]


def said(say: Say, key: str, **params: Any) -> str:
    """Return a text of the register."""
    return say(f"register.{key}", params)


def heads(say: Say, *keys: str) -> list[str]:
    """Return names of columns."""
    return [said(say, f"head.{key}") for key in keys]


def local(at: int, zone: tzinfo) -> str:
    """Return a moment (Unix ms) as it was on the room's clock."""
    return datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def percent(share: float | None) -> float | None:
    """Return a share as per cent."""
    return None if share is None else round(100 * share, 2)


def kept_share(quantity: Quantity) -> float | None:
    """Return for which part of the judged time, in per cent, the swing was kept."""
    judged = quantity.swing_judged
    return round(100 * quantity.swing_kept / judged, 2) if judged else None


def rounded(value: float | None, digits: int) -> float | None:
    """Return a value to some digits, None for none."""
    return None if value is None else round(value, digits)


def hours(ms: int) -> float:
    """Return a time in ms as hours."""
    return round(ms / _HOUR, 2)


def end_of_band(value: float) -> str:
    """Return an end of a band, "-" for an open one."""
    return "-" if value in (float("inf"), float("-inf")) else f"{value:g}"
