"""What a loan is made of: its number, its day of return, what lies in a box, and who may decide."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from ..errors import RefusedActError
from ..hours import zone
from ..room.acts import Act
from ..room.context import Context
from ..room.effects import Clear, Effect, Effects, Record, Wake
from ..room.model import OUTSIDE, RETURNING, Item, Person, Role
from .model import INSPECTION, LOAN_OF, MISSING, SERIAL, Loan, Slip
from .right import Right

OVERDUE: Final = "loan.overdue"
"""Name of the rule that reminds borrowers, and of its alarm."""
ROOM: Final = "room"
"""Its only key."""
AWAY: Final = (OUTSIDE, RETURNING, INSPECTION, MISSING)
"""Places at which an item is not in the room's custody, or not yet again."""
LOOK: Final = Wake(OVERDUE, ROOM)
"""To be returned after anything that changes what is due when."""


def end_of_day(at: int, days: int, ctx: Context) -> int:
    """Return the last millisecond of the day `days` after `at` (Unix ms), by the room's clock;
    where lending counts working days, of the working day so many of them later.
    """
    if ctx.config.loans.days_kind == "working":
        return end_of_working_day(at, days, ctx)
    return _end(_day(at, ctx) + timedelta(days=days), ctx)


def end_of_working_day(at: int, days: int, ctx: Context) -> int:
    """Return the last millisecond of the working day `days` working days after `at` (Unix ms); for 0
    that of the same day, or of the first working day behind it.
    """
    return _end(ctx.settings.working_days.after(_day(at, ctx), days), ctx)


def _day(at: int, ctx: Context) -> date:
    local = zone(ctx.config.room.time_zone)
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(local).date()


def _end(day: date, ctx: Context) -> int:
    local = zone(ctx.config.room.time_zone)
    after = day + timedelta(days=1)
    return int(datetime(after.year, after.month, after.day, tzinfo=local).timestamp()) * 1000 - 1


def day(at: int, ctx: Context) -> str:
    """Return the date of Unix ms `at` by the room's clock, as 2027-01-15."""
    return _day(at, ctx).isoformat()


def next_number(kind: str, now: int, ctx: Context, ahead: int = 0) -> str:
    """Return the id of the next slip (S2027-00012) or loan (L2027-00012) of this year; `ahead` have
    been given by the same decision.
    """
    year = day(now, ctx)[:4]
    last = ctx.rows.points(SERIAL, f"{kind}/{year}")
    return f"{kind[0].upper()}{year}-{1 + ahead + int(last or 0):05d}"


def loan_of(item: str, ctx: Context) -> Loan | None:
    """Return the loan an item is out on, or waits for its inspection on."""
    name = ctx.rows.points(LOAN_OF, item)
    return None if name is None else ctx.rows.get(Loan, name)


def not_here(loan: Loan, ctx: Context) -> tuple[str, ...]:
    """Return what of a loan is neither home nor waits for its inspection: it is still away, or was
    handed in and taken again.
    """
    return tuple(
        name
        for name in loan.things
        if name not in loan.back and ctx.where(name).place != INSPECTION
    )


def contents(item: str, ctx: Context) -> Iterator[str]:
    """Yield the ids of what lies in a box now: what belongs there and is in nobody's hands."""
    for name, _ in ctx.rows.scan("in", f"{item}/"):
        child = name.rpartition("/")[2]
        where = ctx.where(child)
        if where.holder is None and where.place not in AWAY and loan_of(child, ctx) is None:
            yield child


def opened(
    item: Item,
    person: Person,
    right: Right,
    at: int,
    now: int,
    ctx: Context,
    more: dict[str, Any],
    ahead: int = 0,
) -> tuple[str, tuple[str, ...], Effects]:
    """Return the id of a new loan, what lies in the item, and the effects that record it.

    `at` is when it was taken, `more` what the entry says besides (the desk, why), `ahead` how many
    loans the same decision opens before this one.
    """
    section = ctx.config.loans
    loan = next_number("loan", now, ctx, ahead)
    inside = tuple(contents(item.id, ctx))
    due = end_of_day(at, right.days or section.days, ctx)
    # What was withdrawn after it was taken, and before that was heard, is due at once.
    withdrawn = right.until is not None and right.until < due
    body = {
        "loan": loan,
        "item": item.id,
        "contents": list(inside),
        "person": person.id,
        "slip": right.slip,
        "right": right.kind,
        "external": right.external,
        "at": at,
        "due": right.until if withdrawn else due,
        "days_kind": None if withdrawn else section.days_kind,
        **more,
    }
    return loan, inside, [Record("loan.opened", body), LOOK]


def no_reminders(loan: Loan, items: Iterable[str], why: dict[str, Any]) -> list[Effect]:
    """Return what ends the reminders of a loan of which these items are handed in now: nothing while
    something is still away.
    """
    return [] if set(loan.away) - set(items) else [Clear(OVERDUE, loan.id, why)]


def away_again(item: str, because: str, why: dict[str, Any], now: int, ctx: Context) -> Effects:
    """Return what follows when an item that was handed in, and waits for its inspection, is not there
    any more: its borrower answers for it until the inspection, and is reminded again.

    Nothing for an item of which no loan waits for that. May raise RowsUnreadableError.
    """
    loan = loan_of(item, ctx)
    if loan is None or item not in loan.handed or item in loan.gone:
        return ()
    body = {
        "loan": loan.id,
        "item": item,
        "person": loan.person,
        "slip": loan.slip,
        "handed_in": ctx.where(item).since,
        "because": because,
        "at": now,
        "why": why,
    }
    return [Record("loan.away_again", body), LOOK]


def closed(loan: Loan, by: str, because: str, now: int) -> list[Effect]:
    """Return the effects that end a loan."""
    body = {
        "loan": loan.id,
        "item": loan.item,
        "person": loan.person,
        "slip": loan.slip,
        "by": by,
        "because": because,
        "at": now,
    }
    return [Record("loan.closed", body), LOOK]


def asker(asked: Act[Any]) -> Person:
    """Return who asks; an act of lending is never the administrator's of the machine."""
    if asked.person is None:
        raise RefusedActError("act.not_local", {"act": asked.kind})
    return asked.person


def check_decides(decider: Person, slip: Slip | Loan, department: str | None, ctx: Context) -> None:
    """Raise RefusedActError unless somebody may decide on a slip or loan.

    A chairman or general manager may, and the deputy responsible for the borrower's department;
    nobody may for themselves.
    """
    why_not = _why_not(decider, slip, department, ctx)
    if why_not is not None:
        params = {"person": decider.name, "slip": slip.id, "department": department or "—"}
        raise RefusedActError(why_not, params)


def check_approves(decider: Person, item: Item, ctx: Context) -> None:
    """Raise RefusedActError unless somebody may decide on an item that nobody has borrowed."""
    section = ctx.config.loans
    responsible = _has(decider, section.responsible) and item.department in decider.scope
    if not (responsible or _has(decider, section.approvers)):
        params = {"person": decider.name, "slip": item.name}
        raise RefusedActError("slip.refused.not_approver", params)


def _why_not(
    decider: Person, slip: Slip | Loan, department: str | None, ctx: Context
) -> str | None:
    section = ctx.config.loans
    asked_by = slip.asked_by if isinstance(slip, Slip) else None
    if decider.id in (slip.person, asked_by):
        return "slip.refused.own"
    if slip.external:
        leads = _has(decider, section.external_approvers)
        return None if leads else "slip.refused.leadership"
    if _has(decider, section.approvers):
        return None
    if not _has(decider, section.responsible):
        return "slip.refused.not_approver"
    if department is None:
        return "slip.refused.no_department"
    responsible = department in decider.scope
    return None if responsible else "slip.refused.not_responsible"


def _has(person: Person, roles: list[Role]) -> bool:
    return any(role in roles for role in person.roles)
