"""Loan slips. What is lent is told by the movement; the paper before and after it is not."""

from ..mapping import Maps, Silent

_PAPER = "it is about the slip; nothing happens to an item"
_STAYS = "the item stays where it is"

TABLE = (
    Silent(kind="slip.requested", because="nothing has happened to an item yet"),
    Maps(
        kind="slip.approved",
        step="picking",
        disposition="reserved",
        items=("items[]", "item"),
        slip=("slip", "id"),
    ),
    Silent(kind="slip.refused", because=_PAPER),
    Silent(kind="slip.withdrawn", because=_PAPER),
    Silent(kind="slip.expired", because=_PAPER),
    Silent(kind="loan.opened", because="its movement is told: movement.check_out"),
    Silent(kind="loan.renewed", because=_STAYS),
    Silent(kind="loan.expedited", because=_STAYS),
    Silent(kind="loan.away_again", because="its movement is told, or that it is missing"),
    Silent(kind="loan.closed", because="its return is told: return.inspected, movement.return"),
)
