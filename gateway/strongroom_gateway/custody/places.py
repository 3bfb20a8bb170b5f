"""Places that are no shelf, and the leave under which an item may go."""

from typing import Any, Final

import msgspec

from ..errors import RowsUnreadableError
from ..loans.lending import loan_of
from ..loans.model import INSPECTION, MISSING, Loan, Slip
from ..loans.right import right_to
from ..room.context import Context
from ..room.model import OUTSIDE, RETURNING, UNFILED, WITH_HOLDER

__all__ = [
    "INSPECTION",
    "MISSING",
    "OUTSIDE",
    "RETURNING",
    "UNFILED",
    "WITH_HOLDER",
    "Leave",
    "find_leave",
]


_IN_NOBODYS_HANDS: Final = {
    INSPECTION: "handed in, waits for its inspection",
    MISSING: "it is missing",
}


class Leave(msgspec.Struct, frozen=True):
    """What allows an item to be carried out, and what was looked for to find it.

    `slip` and `loan` name what allows it; a direct borrower has no slip.
    """

    holder: str | None
    looked_for: dict[str, Any]
    slip: str | None = None
    loan: str | None = None

    @property
    def granted(self) -> bool:
        """Return whether the item may go."""
        return self.holder is not None


def find_leave(item: str, ctx: Context, at: int) -> Leave:
    """Return the leave of an item at Unix ms `at`, which may be a while ago.

    It has one while it is lent: to somebody who may borrow directly or has an approved slip, not
    called back, not overdue, not handed in again. The one place that says what a leave is.
    """
    state = ctx.where(item)
    looked_for: dict[str, Any] = {
        "kind": "check-out at a desk",
        "item": item,
        "found": state.holder,
        "since": state.since if state.holder is not None else None,
    }
    if state.holder is None:
        return Leave(None, looked_for | _nearest(item, ctx))
    if state.place in _IN_NOBODYS_HANDS:
        # Somebody answers for it, and nobody may carry it.
        return Leave(None, looked_for | {"because": _IN_NOBODYS_HANDS[state.place]})
    try:
        loan = loan_of(item, ctx)
        slip = None if loan is None or loan.slip is None else ctx.rows.get(Slip, loan.slip)
    except RowsUnreadableError:
        ctx.count("room.rows_unreadable")
        return Leave(None, looked_for | {"because": "the record cannot be read"})
    if loan is None:
        return _without_loan(item, state.holder, at, looked_for, ctx)
    looked_for |= {"loan": loan.id, "slip": loan.slip, "until": loan.due, "at": at}
    if slip is not None:
        looked_for["approved_by"] = slip.decided_by
    because = _ended(item, loan, slip, at)
    if because is not None:
        return Leave(None, looked_for | {"because": because})
    return Leave(loan.person, looked_for, loan.slip, loan.id)


def _ended(item: str, loan: Loan, slip: Slip | None, at: int) -> str | None:
    """Return why a loan is no leave any more."""
    if item in loan.handed:
        return "handed in, waits for its inspection"
    if loan.state == "deficient":
        return "its return is being looked into"
    if slip is not None and slip.state == "withdrawn" and (slip.ended or 0) <= at:
        return "its slip was withdrawn"
    return "overdue" if at > loan.due else None


def _without_loan(
    item: str, holder: str, at: int, looked_for: dict[str, Any], ctx: Context
) -> Leave:
    """Return the leave of what somebody has otherwise than by a loan: from a safe, say."""
    known, person = ctx.item(item), ctx.person(holder)
    if known is None or person is None:
        return Leave(None, looked_for | {"because": "no longer registered"})
    right = right_to(known, person, at, ctx)
    looked_for |= {"slip": right.slip, "right": right.kind, "because": right.because}
    return Leave(holder if right.granted else None, looked_for, right.slip)


def _nearest(item: str, ctx: Context) -> dict[str, Any]:
    """Return what there is of slips for an item that nobody has: for the one who looks into it."""
    try:
        names = [name.rpartition("/")[2] for name, _ in ctx.rows.scan("slip_on", f"{item}/")]
    except RowsUnreadableError:
        return {"because": "the record cannot be read"}
    return {"slips": names} if names else {}
