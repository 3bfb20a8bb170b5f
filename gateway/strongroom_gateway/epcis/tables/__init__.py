"""The mapping, a table for each family of entries. A new kind is a new line."""

from typing import Final

from ..mapping import Maps, Silent
from . import checks, movements, register, slips

ROWS: Final[tuple[Maps | Silent, ...]] = (
    *movements.TABLE,
    *register.TABLE,
    *slips.TABLE,
    *checks.TABLE,
)
BY_KIND: Final = {row.kind: row for row in ROWS}
