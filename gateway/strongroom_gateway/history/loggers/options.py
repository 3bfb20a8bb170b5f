"""What a person says of a file, and what was made of it."""

from datetime import tzinfo
from typing import Final, Literal

import msgspec

from .clock import zone_named

MISSING: Final = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "-", "--", "---", "#n/a", "err", "error", "无"}
)
STAMPS: Final = "stamps"
"""In place of a zone: each stamp has its own offset."""

Unit = Literal["C", "F"]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the person said; None is to be found."""

    layout: str | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    date_format: str | None = None
    time_zone: str | None = None
    time: str | None = None
    date: str | None = None
    temperature: str | None = None
    humidity: str | None = None
    unit: Unit | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows are read. Columns count from 0; a column that is None is not there."""

    layout: str
    encoding: str
    separator: str
    decimal: str
    first_row: int
    width: int
    time: int
    date: int | None
    temperature: int | None
    humidity: int | None
    unit: Unit
    date_format: str
    zone_said: str
    """The zone as it was told, by the file or by an option; STAMPS when each stamp has its own."""
    columns: tuple[str, ...]
    serial: str | None = None
    missing: frozenset[str] = MISSING
    value: str | None = None
    """What a value looks like that is written with its unit; the group `value` is the number."""

    @property
    def zone(self) -> tzinfo | None:
        """The zone; None when each stamp has its own offset."""
        return None if self.zone_said == STAMPS else zone_named(self.zone_said)
