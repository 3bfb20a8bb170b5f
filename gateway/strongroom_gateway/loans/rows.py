"""Entries about slips and loans as rows."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..room.projections import projects
from ..room.rows import Put, RowsView, drop, note, put
from .model import (
    DUE,
    LOAN_BY,
    LOAN_OF,
    LOAN_OPEN,
    SERIAL,
    SLIP_BY,
    SLIP_FOR,
    SLIP_OF,
    SLIP_ON,
    Deficient,
    Loan,
    Slip,
)

_change = msgspec.structs.replace


@projects("slip.requested")
def slip_requested(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Store a slip, and lead to it from its borrower and its items."""
    slip = Slip(
        id=body["slip"],
        person=body["person"],
        items=tuple(body["items"]),
        reason=body["reason"],
        purpose=body["purpose"],
        requested=body["at"],
        asked_by=body["by"],
        department=body["department"],
        external=body["external"],
        recipient=body["recipient"],
        days=body["days"],
    )
    yield _numbered("slip", slip.id)
    yield put(slip)
    yield note(SLIP_BY, f"{slip.person}/{slip.id}")
    yield note(SLIP_OF, f"{slip.person}/{slip.id}")
    for item in slip.items:
        yield note(SLIP_FOR, f"{slip.person}/{item}", slip.id)
        yield note(SLIP_ON, f"{item}/{slip.id}")


@projects("slip.approved")
def slip_approved(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """A slip may be used until its time is over."""
    slip = rows.get(Slip, body["slip"])
    if slip is not None:
        yield put(
            _change(
                slip,
                state="approved",
                decided=body["at"],
                decided_by=body["by"],
                until=body["until"],
            )
        )
        yield note(DUE, _due(body["until"], "slip", slip.id))


@projects("slip.refused", "slip.withdrawn", "slip.expired")
def slip_ended(kind: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """What was not taken on it cannot be taken on it; what a withdrawal calls back is due now."""
    slip = rows.get(Slip, body["slip"])
    if slip is None:
        return
    state = kind.rpartition(".")[2]
    new = _change(slip, state=state, ended=body["at"])
    if kind == "slip.refused":
        new = _change(new, decided=body["at"], decided_by=body["by"])
    yield put(new)
    yield drop(SLIP_OF, f"{slip.person}/{slip.id}")
    for item in slip.left:
        yield drop(SLIP_ON, f"{item}/{slip.id}")
    if slip.until is not None:
        yield drop(DUE, _due(slip.until, "slip", slip.id))
    for name in body.get("loans", ()):
        loan = rows.get(Loan, name)
        if loan is not None:
            due = min(loan.due, body["at"])
            counted = loan.days_kind if due == loan.due else None
            called = _change(loan, due=due, recalled=True, days_kind=counted)
            # Of what was handed in nobody is reminded, until it is not there any more.
            yield from _timed(called, loan, body["at"] if loan.state == "out" else loan.next)


@projects("loan.opened")
def loan_opened(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Store a loan, and note on its slip that the item was taken."""
    loan = Loan(
        id=body["loan"],
        item=body["item"],
        person=body["person"],
        opened=body["at"],
        due=body["due"],
        contents=tuple(body["contents"]),
        slip=body["slip"],
        external=body["external"],
        days_kind=body.get("days_kind"),
    )
    yield _numbered("loan", loan.id)
    yield note(LOAN_BY, f"{loan.person}/{loan.id}")
    yield note(LOAN_OPEN, loan.id)
    for item in loan.things:
        yield note(LOAN_OF, item, loan.id)
    yield from _timed(loan, None, loan.due)
    slip = None if loan.slip is None else rows.get(Slip, loan.slip)
    if slip is None:
        return
    used = _change(slip, taken=(*slip.taken, loan.item))
    yield put(used)
    yield drop(SLIP_ON, f"{loan.item}/{slip.id}")
    if not used.left:
        yield drop(SLIP_OF, f"{slip.person}/{slip.id}")
        if slip.until is not None:
            yield drop(DUE, _due(slip.until, "slip", slip.id))


@projects("loan.renewed")
def loan_renewed(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """A loan is due later."""
    loan = rows.get(Loan, body["loan"])
    if loan is not None:
        kind = body.get("days_kind")
        new = _change(loan, due=body["due"], renewals=body["renewals"], days_kind=kind)
        yield from _timed(new, loan, body["due"])


@projects("loan.expedited")
def loan_expedited(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """The borrower was reminded, and will be again."""
    loan = rows.get(Loan, body["loan"])
    if loan is not None:
        yield from _timed(_change(loan, nudges=body["nudge"]), loan, body["next"])


def handed_in(loan: str | None, item: str, rows: RowsView) -> Iterator[Put]:
    """Return the changes for an item of a loan that was given back and waits for its inspection;
    once nothing is away any more, nobody is reminded.
    """
    found = None if loan is None else rows.get(Loan, loan)
    if found is None or (item in found.handed and item not in found.gone):
        return
    handed = found.handed if item in found.handed else (*found.handed, item)
    new = _change(found, handed=handed, gone=tuple(i for i in found.gone if i != item))
    if new.away:
        yield put(new)
    else:
        # What was found before stands until it is looked at again.
        state = found.state if found.state == "deficient" else "returning"
        yield from _timed(_change(new, state=state), found, None)


@projects("loan.away_again")
def loan_away_again(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """What was handed in is not there any more: the borrower is reminded, when it is due."""
    loan = rows.get(Loan, body["loan"])
    if loan is not None:
        gone = (*loan.gone, *(i for i in (body["item"],) if i in loan.handed))
        state = loan.state if loan.state == "deficient" else "out"
        after = loan.next if loan.next is not None else max(loan.due, body["at"])
        yield from _timed(_change(loan, gone=gone, state=state), loan, after)


@projects("return.inspected")
def return_inspected(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """What is as it was lent is back; what differs keeps the loan open."""
    loan = None if body["loan"] is None else rows.get(Loan, body["loan"])
    if loan is None:
        if body["finding"] is not None:
            yield put(Deficient(id=body["item"], finding=body["finding"]))
        elif rows.get(Deficient, body["item"]) is not None:
            yield drop(Deficient.table, body["item"])
        return
    if body["finding"] is not None:
        there = tuple(i for i in loan.handed if i not in body["finding"].get("missing", ()))
        gone = tuple(item for item in loan.gone if item in there)
        new = _change(loan, state="deficient", finding=body["finding"], handed=there, gone=gone)
        yield put(new)
        return
    home = tuple(item for item in loan.handed if item in body["items"])
    handed = tuple(item for item in loan.handed if item not in home)
    gone = tuple(item for item in loan.gone if item not in home)
    state = "out" if loan.away else loan.state
    back = (*loan.back, *home)
    new = _change(loan, handed=handed, gone=gone, back=back, state=state, finding=None)
    yield put(new)
    for item in home:
        yield drop(LOAN_OF, item)


@projects("return.settled")
def return_settled(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """What was found about an item without a loan is settled; loans are closed by loan.closed."""
    if body["loan"] is None and rows.get(Deficient, body["item"]) is not None:
        yield drop(Deficient.table, body["item"])


@projects("loan.closed")
def loan_closed(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """A loan is over, and its slip's item is back."""
    loan = rows.get(Loan, body["loan"])
    if loan is None:
        return
    back = (*loan.back, *(i for i in loan.things if i not in loan.back))
    new = _change(loan, state="closed", closed=body["at"], handed=(), gone=(), back=back)
    yield from _timed(new, loan, None)
    yield drop(LOAN_OPEN, loan.id)
    for item in loan.things:
        if rows.points(LOAN_OF, item) == loan.id:
            yield drop(LOAN_OF, item)
    slip = None if loan.slip is None else rows.get(Slip, loan.slip)
    if slip is not None:
        yield put(_change(slip, returned=(*slip.returned, loan.item)))


def _timed(loan: Loan, was: Loan | None, at: int | None) -> Iterator[Put]:
    """Return the changes for a loan whose borrower is to be reminded at another time."""
    if was is not None and was.next is not None:
        yield drop(DUE, _due(was.next, "loan", loan.id))
    yield put(_change(loan, next=at))
    if at is not None:
        yield note(DUE, _due(at, "loan", loan.id))


def _due(at: int, kind: str, name: str) -> str:
    return f"{at:013d}/{kind}/{name}"


def _numbered(kind: str, name: str) -> Put:
    """Return the change that keeps the last number of a year: S2027-00012."""
    year, _, number = name[1:].partition("-")
    return note(SERIAL, f"{kind}/{year}", str(int(number)))
