"""Slips and loans as rows. Times are Unix ms."""

from typing import Any, Final, Literal

import msgspec

from ..room.rows import Row, row

Reason = Literal["work", "litigation", "legal"]
"""What a file is needed for. `legal`: legal affairs other than a law-suit."""
SlipState = Literal["requested", "approved", "refused", "withdrawn", "expired"]
SlipStatus = Literal[
    "requested", "approved", "refused", "withdrawn", "expired", "partly_out", "out", "closed"
]
DaysKind = Literal["calendar", "working"]
LoanState = Literal["out", "returning", "deficient", "closed"]

INSPECTION: Final = "@inspection"
"""Handed in at a desk, not yet inspected."""
MISSING: Final = "@missing"
"""Not there when a return was inspected, or given up: nobody knows where it is."""

# Indexes, each with what its ids are made of and what it leads to.
SERIAL: Final = "serial"  # slip/2027 -> the last number of that year
SLIP_FOR: Final = "slip_for"  # <person>/<item> -> the last slip asked for with both
SLIP_ON: Final = "slip_on"  # <item>/<slip>: still to be decided or used
SLIP_OF: Final = "slip_of"  # <person>/<slip>: with something still to be decided or used
SLIP_BY: Final = "slip_by"  # <person>/<slip>: all of them
LOAN_OF: Final = "loan_of"  # <item> -> the loan it is part of, until it is back
LOAN_OPEN: Final = "loan_open"  # <loan>
LOAN_BY: Final = "loan_by"  # <person>/<loan>: all of them
DUE: Final = "loan_due"  # <13 digits of ms>/loan|slip/<id>: what happens when


@row("slip")
class Slip(Row, frozen=True):
    """A loan slip (出借单): who asks for what and why, who decided, and what became of it."""

    person: str
    items: tuple[str, ...]
    reason: Reason
    purpose: str
    requested: int
    asked_by: str
    department: str | None = None
    external: bool = False
    recipient: str | None = None
    days: int | None = None
    state: SlipState = "requested"
    decided: int | None = None
    decided_by: str | None = None
    until: int | None = None
    ended: int | None = None
    taken: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[str, ...]:
        """Return what is on it and was not taken yet."""
        return tuple(item for item in self.items if item not in self.taken)

    @property
    def out(self) -> tuple[str, ...]:
        """Return what was taken and is not back."""
        return tuple(item for item in self.taken if item not in self.returned)

    @property
    def status(self) -> SlipStatus:
        """Return the state in which it also shows what was taken and what is back."""
        if not self.taken or self.state in ("requested", "refused", "withdrawn"):
            return self.state
        if self.left and self.state == "approved":
            return "partly_out" if self.out else "approved"
        return "out" if self.out else "closed"


@row("loan")
class Loan(Row, frozen=True):
    """An item in somebody's hands, with what lay in it, until it was inspected.

    `days_kind` is what its day of return was counted in, None where that is not on record or it was
    called back. `handed` was given back and waits for its inspection, `gone` of that is not there any more, `back`
    is home again. `next` is when the borrower is to be reminded, None while there is nothing to
    remind them of.
    """

    item: str
    person: str
    opened: int
    due: int
    contents: tuple[str, ...] = ()
    slip: str | None = None
    external: bool = False
    state: LoanState = "out"
    next: int | None = None
    renewals: int = 0
    nudges: int = 0
    handed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    recalled: bool = False
    days_kind: DaysKind | None = None
    finding: dict[str, Any] | None = None
    closed: int | None = None

    @property
    def things(self) -> tuple[str, ...]:
        """Return everything that was lent."""
        return (self.item, *self.contents)

    @property
    def away(self) -> tuple[str, ...]:
        """Return what is still with the borrower, or not there any more though it was handed in."""
        there = {*self.handed, *self.back} - {*self.gone}
        return tuple(item for item in self.things if item not in there)


@row("deficient")
class Deficient(Row, frozen=True):
    """What was found about an item that came back without a loan, until it is put right."""

    finding: dict[str, Any]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a return differs from what was lent; `pages` has what was expected and counted."""

    pages: dict[str, dict[str, int]] = {}
    missing: list[str] = []
    damaged: bool = False
    seal_broken: bool = False
    note: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing differs."""
        return not (self.pages or self.missing or self.damaged or self.seal_broken)

    @property
    def is_complete(self) -> bool:
        """Return whether everything is there, in whatever condition."""
        return not (self.pages or self.missing)
