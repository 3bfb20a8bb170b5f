"""Places that are no shelf, and the leave under which an item may go."""

from typing import Any, Final

import msgspec

from ..room.context import Context
from ..room.model import OUTSIDE, RETURNING, UNFILED, WITH_HOLDER

__all__ = ["MOVEMENTS", "OUTSIDE", "RETURNING", "UNFILED", "WITH_HOLDER", "Leave", "find_leave"]

MOVEMENTS: Final = (
    "movement.check_out",
    "movement.exit",
    "movement.exit_without_leave",
    "movement.filed",
    "movement.return",
    "movement.return_pending",
)
"""Every kind of ledger entry that says an item changed hands or place."""


class Leave(msgspec.Struct, frozen=True):
    """What allows an item to be carried out, and what was looked for to find it."""

    holder: str | None
    looked_for: dict[str, Any]

    @property
    def granted(self) -> bool:
        """Return whether the item may go."""
        return self.holder is not None


def find_leave(item: str, ctx: Context) -> Leave:
    """Return the leave of an item: it has one while a person has it checked out.

    The one place that says what a leave is.
    """
    state = ctx.where(item)
    looked_for = {
        "kind": "check-out at a desk",
        "item": item,
        "found": state.holder,
        "since": state.since if state.holder is not None else None,
    }
    return Leave(state.holder, looked_for)
