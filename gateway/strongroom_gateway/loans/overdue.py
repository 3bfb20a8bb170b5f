"""loan.overdue: borrowers are reminded (催办) until they bring back what they have; slips end."""

from typing import Any, Final

from ..contract import Sensed
from ..errors import RowsUnreadableError
from ..room.context import Context
from ..room.effects import NONE, Effect, Effects, Raise, Record, Start, Tick
from ..room.registry import RuleState, rule
from .lending import OVERDUE, ROOM, day
from .model import DUE, Loan, Slip

_MANY: Final = 200  # done in one go; the next ones right after
_SOON_MS: Final = 1_000
_AGAIN_MS: Final = 60_000
_DAY_MS: Final = 86_400_000
_INSISTING: Final = 3  # from this reminder on it is worse


class Watch(RuleState, frozen=True):
    """When something is due next."""


def _nobodys(_: Context, __: Any) -> None:
    return None


@rule(OVERDUE, state=Watch, on=(), key=_nobodys, keys=lambda _: (ROOM,))
def overdue(
    state: Watch | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Watch | None, Effects]:
    """Do all that is due, and ask to be called for the next. After a time without power each loan
    is reminded of once, not as often as was missed.
    """
    effects: list[Effect] = []
    coming: list[int] = []
    try:
        for name, _ in ctx.rows.scan(DUE):
            at, kind, of = name.split("/", 2)
            if int(at) > now:
                coming.append(int(at))
                break
            if len(effects) >= _MANY:
                coming.append(now + _SOON_MS)
                break
            if kind == "slip":
                effects += _expired(of, now, ctx)
            else:
                effects += _reminded(of, now, coming, ctx)
    except RowsUnreadableError:
        ctx.count("room.rows_unreadable")
        return Watch(due=now + _AGAIN_MS), effects
    if not coming:
        return None, effects
    if state is not None and state.due == min(coming):
        return state, effects or NONE
    return Watch(due=min(coming)), effects


def _expired(name: str, now: int, ctx: Context) -> list[Effect]:
    slip = ctx.rows.get(Slip, name)
    if slip is None:
        return []
    why = {"rule": OVERDUE, "limit": {"until": slip.until, "source": "loans.slip_days"}}
    body = {
        "slip": slip.id,
        "person": slip.person,
        "items": list(slip.left),
        "at": now,
        "why": why,
    }
    return [Record("slip.expired", body)]


def _reminded(name: str, now: int, coming: list[int], ctx: Context) -> list[Effect]:
    loan = ctx.rows.get(Loan, name)
    if loan is None:
        return []
    section = ctx.config.loans
    nudge = loan.nudges + 1
    after = now + int(section.remind_every_h * 3_600_000)
    coming.append(after)
    item = ctx.item(loan.item)
    responsible = _responsible(loan, ctx)
    params = {
        "item": loan.item if item is None else item.name,
        "item_id": loan.item,
        "loan": loan.id,
        "person": ctx.person_name(loan.person),
        "due": day(loan.due, ctx),
        "counted": "" if loan.days_kind is None else ctx.say(f"loan.days.{loan.days_kind}", {}),
        "note": _note(loan, responsible, ctx),
    }
    why = {
        "rule": OVERDUE,
        "loan": loan.id,
        "slip": loan.slip,
        "person": loan.person,
        "opened": loan.opened,
        "due": loan.due,
        "recalled": loan.recalled,
        "renewals": loan.renewals,
        "away_again": list(loan.gone),
        "responsible": responsible,
        "at": now,
        "limit": {
            "days": section.days,
            "source": "loans.days",
            "days_kind": loan.days_kind,
        },
    }
    body = {
        "loan": loan.id,
        "item": loan.item,
        "person": loan.person,
        "responsible": responsible,
        "slip": loan.slip,
        "due": loan.due,
        "days_kind": loan.days_kind,
        "days": max(0, (now - loan.due) // _DAY_MS),
        "nudge": nudge,
        "next": after,
        "at": now,
        "why": why,
    }
    severity = int(nudge >= _INSISTING)
    return [Record("loan.expedited", body), Raise(OVERDUE, loan.id, why, params, severity)]


def _responsible(loan: Loan, ctx: Context) -> str:
    """Return who is to bring it back: whoever took away what was handed in, where that is known."""
    holders = [ctx.where(name).holder for name in loan.away if name in loan.gone]
    return next((holder for holder in holders if holder is not None), loan.person)


def _note(loan: Loan, responsible: str, ctx: Context) -> str:
    """Return in words what was handed in and is not there any more, and who answers for it."""
    if not loan.gone:
        return ""
    names = [item.name if (item := ctx.item(name)) is not None else name for name in loan.gone]
    params = {"items": ", ".join(names), "person": ctx.person_name(responsible)}
    return ctx.say("loan.away_again", params)
