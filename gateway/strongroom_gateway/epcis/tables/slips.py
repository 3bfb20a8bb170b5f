"""Loan slips. What is lent is told by the movement; the paper before and after it is not."""

from ..mapping import Maps, Silent

TABLE = (
    Silent(kind="slip.requested", because="nothing has happened to an item yet"),
    Maps(
        kind="slip.approved",
        step="picking",
        disposition="reserved",
        items=("items[]", "item"),
        slip=("slip", "id"),
    ),
    Silent(kind="slip.refused", because="nothing happens to the item"),
    Silent(kind="slip.withdrawn", because="the item stays where it is"),
    Silent(kind="slip.expired", because="nothing happened to the item"),
    Silent(kind="loan.opened", because="its movement is told: movement.check_out"),
    Silent(kind="loan.renewed", because="the item stays where it is"),
    Silent(kind="loan.expedited", because="the item stays where it is"),
    Silent(kind="return.settled", because="what follows from it is told: movement.return"),
    Silent(kind="loan.closed", because="its inspection is told: return.inspected"),
)
