"""loan.renew: a loan is prolonged, while it is not overdue."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effects, Record
from ..room.model import Person
from .lending import LOOK, asker, check_decides, end_of_day
from .model import Loan, Slip


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which loan, and why for longer."""

    loan: str
    reason: Annotated[str, Meta(max_length=500)] | None = None


@act("loan.renew", body=Renewal)
def renew(asked: Act[Renewal], now: int, ctx: Context) -> Effects:
    """Prolong a loan: its borrower or an archivist as often as `loans.renewals` says, beyond that
    whoever may approve it. Nobody prolongs what is overdue or was called back.
    """
    loan = ctx.rows.get(Loan, asked.body.loan)
    if loan is None:
        raise RefusedActError("loan.refused.no_loan", {"loan": asked.body.loan})
    params = {"loan": loan.id}
    if loan.state != "out":
        raise RefusedActError("loan.refused.not_out", params)
    if loan.recalled:
        raise RefusedActError("loan.refused.recalled", params)
    if now > loan.due:
        raise RefusedActError("loan.refused.overdue", params)
    _may(asker(asked), loan, ctx)
    due = end_of_day(loan.due, ctx.config.loans.renew_days, ctx)
    entry = {
        "loan": loan.id,
        "item": loan.item,
        "slip": loan.slip,
        "person": loan.person,
        "by": asked.by,
        "was": loan.due,
        "due": due,
        "days_kind": ctx.config.loans.days_kind,
        "renewals": loan.renewals + 1,
        "reason": asked.body.reason,
        "at": now,
    }
    return [Record("loan.renewed", entry), LOOK]


def _may(person: Person, loan: Loan, ctx: Context) -> None:
    own = person.id == loan.person
    if (own or "archivist" in person.roles) and loan.renewals < ctx.config.loans.renewals:
        return
    slip = None if loan.slip is None else ctx.rows.get(Slip, loan.slip)
    department = None if slip is None else slip.department
    try:
        check_decides(person, loan, department, ctx)
    except RefusedActError as refusal:
        if own or "archivist" in person.roles:
            params = {"loan": loan.id, "most": ctx.config.loans.renewals}
            raise RefusedActError("loan.refused.too_often", params) from refusal
        raise
