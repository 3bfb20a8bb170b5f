"""Reading slips and loans."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from ..loans.model import LOAN_BY, LOAN_OPEN, SLIP_BY, Loan, Slip
from ..room.context import Context
from ..room.rows import Row
from .asking import AfterName, Limit, TheSource
from .models import Millis, NextName, Refusal

_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is none of this id."}
}
_R = TypeVar("_R", bound=Row)
_Told = TypeVar("_Told")

api = APIRouter(tags=["loans"])
Whose = Annotated[str | None, Query(description="Only this person's.")]
Open = Annotated[bool | None, Query(description="Only those that are open, or that are not.")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SlipView(_Model):
    """A loan slip: who asks for what and why, who decided, and what became of it."""

    id: Annotated[str, Field(examples=["S2027-00012"])]
    status: Annotated[str, Field(examples=["requested", "approved", "partly_out", "out", "closed"])]
    person: str
    person_name: str
    department: str | None
    items: list[str]
    reason: Annotated[str, Field(examples=["work", "litigation", "legal"])]
    purpose: str
    external: bool
    recipient: str | None
    asked_by: str
    requested: Millis
    decided: int | None
    decided_by: str | None
    until: Annotated[int | None, Field(description="Nothing is taken on it after this.")]
    left: Annotated[list[str], Field(description="Not taken yet.")]
    out: Annotated[list[str], Field(description="Taken, and not back.")]


class LoanView(_Model):
    """A loan: an item, with what lay in it, in somebody's hands until it was inspected."""

    id: Annotated[str, Field(examples=["L2027-00012"])]
    state: Annotated[str, Field(examples=["out", "returning", "deficient", "closed"])]
    item: str
    item_name: str
    contents: Annotated[list[str], Field(description="What lay in it.")]
    person: str
    person_name: str
    slip: Annotated[str | None, Field(description="Null for those who borrow directly.")]
    external: bool
    opened: Millis
    due: Millis
    days_kind: Annotated[
        str | None,
        Field(description="What the day of return was counted in.", examples=["working"]),
    ]
    overdue: bool
    recalled: bool
    renewals: int
    reminders: int
    away: Annotated[list[str], Field(description="Still with the borrower.")]
    handed_in: Annotated[list[str], Field(description="Waiting for inspection.")]
    finding: Annotated[dict[str, Any] | None, Field(description="How the return differs.")]
    closed: int | None


class SlipsPage(_Model):
    """A page of slips, by id."""

    slips: list[SlipView]
    next: NextName = None


class LoansPage(_Model):
    """A page of loans, by id."""

    loans: list[LoanView]
    next: NextName = None


@api.get("/slips")
def slips(
    source: TheSource,
    after: AfterName = "",
    limit: Limit = 100,
    person: Whose = None,
    open: Open = None,  # noqa: A002  # the name in the query
) -> SlipsPage:
    """Return slips by id. Open are those that wait for a decision or can be used, or have
    something out.
    """

    def wanted(slip: Slip) -> bool:
        return open is None or open == (slip.status in _LIVE)

    def look(ctx: Context) -> list[SlipView]:
        found = _of(Slip, SLIP_BY, None, person, after, ctx)
        return _first(found, wanted, lambda slip: slip_view(slip, ctx), limit + 1)

    views = source.look(look)
    more = len(views) > limit
    return SlipsPage(slips=views[:limit], next=views[limit - 1].id if more else None)


@api.get("/slips/{slip}", responses=_MISSING)
def slip(source: TheSource, slip: str) -> SlipView:
    """Return one slip."""

    def look(ctx: Context) -> SlipView | None:
        found = ctx.rows.get(Slip, slip)
        return None if found is None else slip_view(found, ctx)

    view = source.look(look)
    if view is None:
        raise HTTPException(404, slip)
    return view


@api.get("/loans")
def loans(
    source: TheSource,
    after: AfterName = "",
    limit: Limit = 100,
    person: Whose = None,
    open: Open = None,  # noqa: A002  # the name in the query
    overdue: Annotated[bool, Query(description="Only what is out and was due.")] = False,
) -> LoansPage:
    """Return loans by id. Open are those that are not closed."""
    now = source.now()

    def wanted(loan: Loan) -> bool:
        if overdue and not _overdue(loan, now):
            return False
        return open is None or open == (loan.state != "closed")

    def look(ctx: Context) -> list[LoanView]:
        index = LOAN_OPEN if open or overdue else None
        found = _of(Loan, LOAN_BY, index, person, after, ctx)
        return _first(found, wanted, lambda loan: loan_view(loan, now, ctx), limit + 1)

    views = source.look(look)
    more = len(views) > limit
    return LoansPage(loans=views[:limit], next=views[limit - 1].id if more else None)


@api.get("/loans/{loan}", responses=_MISSING)
def loan(source: TheSource, loan: str) -> LoanView:
    """Return one loan."""
    now = source.now()

    def look(ctx: Context) -> LoanView | None:
        found = ctx.rows.get(Loan, loan)
        return None if found is None else loan_view(found, now, ctx)

    view = source.look(look)
    if view is None:
        raise HTTPException(404, loan)
    return view


def slip_view(slip: Slip, ctx: Context) -> SlipView:
    """Return one slip with the borrower's name."""
    return SlipView(
        id=slip.id,
        status=slip.status,
        person=slip.person,
        person_name=ctx.person_name(slip.person),
        department=slip.department,
        items=list(slip.items),
        reason=slip.reason,
        purpose=slip.purpose,
        external=slip.external,
        recipient=slip.recipient,
        asked_by=slip.asked_by,
        requested=slip.requested,
        decided=slip.decided,
        decided_by=slip.decided_by,
        until=slip.until,
        left=list(slip.left) if slip.state in ("requested", "approved") else [],
        out=list(slip.out),
    )


def loan_view(loan: Loan, now: int, ctx: Context) -> LoanView:
    """Return one loan with names; `now` (Unix ms) says whether it is overdue."""
    item = ctx.item(loan.item)
    return LoanView(
        id=loan.id,
        state=loan.state,
        item=loan.item,
        item_name=loan.item if item is None else item.name,
        contents=list(loan.contents),
        person=loan.person,
        person_name=ctx.person_name(loan.person),
        slip=loan.slip,
        external=loan.external,
        opened=loan.opened,
        due=loan.due,
        days_kind=loan.days_kind,
        overdue=_overdue(loan, now),
        recalled=loan.recalled,
        renewals=loan.renewals,
        reminders=loan.nudges,
        away=list(loan.away),
        handed_in=list(loan.handed),
        finding=loan.finding,
        closed=loan.closed,
    )


_LIVE = ("requested", "approved", "partly_out", "out")


def _overdue(loan: Loan, now: int) -> bool:
    return loan.state == "out" and now > loan.due


def _of(
    cls: type[_R], by_person: str, index: str | None, person: str | None, after: str, ctx: Context
) -> Iterator[_R]:
    """Yield rows behind an id: a person's, those of an index, or all."""
    if person is not None:
        behind = f"{person}/{after}" if after else ""
        names = (n.rpartition("/")[2] for n, _ in ctx.rows.scan(by_person, f"{person}/", behind))
    elif index is not None:
        names = (n for n, _ in ctx.rows.scan(index, "", after))
    else:
        yield from ctx.rows.each(cls, "", after)
        return
    for name in names:
        found = ctx.rows.get(cls, name)
        if found is not None:
            yield found


def _first(
    rows: Iterator[_R], wanted: Callable[[_R], bool], tell: Callable[[_R], _Told], most: int
) -> list[_Told]:
    found: list[_Told] = []
    for row in rows:
        if wanted(row):
            found.append(tell(row))
            if len(found) == most:
                break
    return found
