"""slip.request, slip.approve, slip.refuse, slip.withdraw: the loan slip (出借单) on its way."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effects, Record
from ..room.model import Item, Person
from .lending import LOOK, asker, check_decides, end_of_day, loan_of, next_number
from .model import SLIP_FOR, Reason, Slip

MOST = 200
Words = Annotated[str, Meta(min_length=1, max_length=500)]


class SlipRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wants to borrow, and why.

    external   it leaves the house; `recipient` says who gets it
    days       for how long, at most `loans.days` (the default)
    person     whose slip it is, where an archivist fills it in for them
    """

    items: Annotated[list[str], Meta(min_length=1, max_length=MOST)]
    purpose: Words
    reason: Reason = "work"
    external: bool = False
    recipient: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    days: Annotated[int, Meta(ge=1)] | None = None
    person: str | None = None


class SlipApproval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which slip, and a word on it."""

    slip: str
    comment: Annotated[str, Meta(max_length=500)] | None = None


class SlipEnding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which slip, and why not."""

    slip: str
    reason: Words


@act("slip.request", body=SlipRequest)
def request(asked: Act[SlipRequest], now: int, ctx: Context) -> Effects:
    """Ask for a slip. Nothing may be taken on it before it is approved (C14)."""
    body = asked.body
    person = _borrower(asked, ctx)
    _sense(body, ctx)
    for name in body.items:
        _lendable(name, person, ctx)
    slip = next_number("slip", now, ctx)
    entry = {
        "slip": slip,
        "person": person.id,
        "by": asked.by,
        "items": body.items,
        "reason": body.reason,
        "purpose": body.purpose,
        "external": body.external,
        "recipient": body.recipient,
        "days": body.days,
        "department": person.department,
        "at": now,
    }
    return [Record("slip.requested", entry)]


@act("slip.approve", body=SlipApproval)
def approve(asked: Act[SlipApproval], now: int, ctx: Context) -> Effects:
    """Allow what a slip asks for (D2, D4): from now until its time is over."""
    slip = _slip(asked.body.slip, ctx)
    _decides(asked, slip, ctx)
    if slip.state != "requested":
        raise _wrong_state(slip, ctx)
    borrower = ctx.person(slip.person)
    if borrower is None or not borrower.active:
        raise RefusedActError("act.person_inactive", {"person": ctx.person_name(slip.person)})
    until = end_of_day(now, ctx.config.loans.slip_days, ctx)
    entry = _decision(slip, asked, now) | {"until": until, "comment": asked.body.comment}
    return [Record("slip.approved", entry), LOOK]


@act("slip.refuse", body=SlipEnding)
def refuse(asked: Act[SlipEnding], now: int, ctx: Context) -> Effects:
    """Say no to a slip."""
    slip = _slip(asked.body.slip, ctx)
    _decides(asked, slip, ctx)
    if slip.state != "requested":
        raise _wrong_state(slip, ctx)
    return [Record("slip.refused", _decision(slip, asked, now) | {"comment": asked.body.reason})]


@act("slip.withdraw", body=SlipEnding)
def withdraw(asked: Act[SlipEnding], now: int, ctx: Context) -> Effects:
    """Take a slip back: the borrower while nothing is out on it; who may approve it at any time,
    and then what is out is due at once and has no leave any more.
    """
    slip = _slip(asked.body.slip, ctx)
    if slip.state not in ("requested", "approved", "expired") or slip.status == "closed":
        raise _wrong_state(slip, ctx)
    if asked.by in (slip.person, slip.asked_by):
        if slip.out:
            raise RefusedActError("slip.refused.is_out", {"slip": slip.id, "count": len(slip.out)})
    else:
        _decides(asked, slip, ctx)
    lent = [loan for item in slip.out if (loan := loan_of(item, ctx)) is not None]
    # Also what waits for its inspection: when it is carried off before that, it is due at once.
    loans = sorted({loan.id for loan in lent})
    entry = _decision(slip, asked, now) | {"comment": asked.body.reason, "loans": loans}
    return [Record("slip.withdrawn", entry), LOOK]


def _borrower(asked: Act[SlipRequest], ctx: Context) -> Person:
    """Return whose slip it is to be: the asker's own, or another's by an archivist."""
    me, name = asker(asked), asked.body.person
    if name is None or name == me.id:
        return me
    if "archivist" not in me.roles:
        raise RefusedActError("slip.refused.for_another", {"person": me.name})
    person = ctx.person(name)
    if person is None or not person.active:
        raise RefusedActError("act.unknown_person", {"person": name})
    return person


def _sense(body: SlipRequest, ctx: Context) -> None:
    """Check what does not depend on the items."""
    section = ctx.config.loans
    if len(set(body.items)) != len(body.items):
        raise RefusedActError("slip.refused.double_item")
    if body.days is not None and body.days > section.days:
        raise RefusedActError("slip.refused.too_long", {"days": body.days, "most": section.days})
    if not body.external:
        return
    if body.reason not in section.external_reasons:
        reasons = ", ".join(_reason(r, ctx) for r in section.external_reasons)
        raise RefusedActError("slip.refused.external_reason", {"reasons": reasons})
    if body.recipient is None:
        raise RefusedActError("slip.refused.no_recipient")


def _reason(reason: Reason, ctx: Context) -> str:
    keys = {"work": "slip.reason.work", "litigation": "slip.reason.litigation"}
    return ctx.say(keys.get(reason, "slip.reason.legal"), {})


def _lendable(name: str, person: Person, ctx: Context) -> Item:
    item = ctx.item(name)
    if item is None:
        raise RefusedActError("slip.refused.no_item", {"item": name})
    if item.closed or item.kind not in ctx.config.loans.kinds:
        raise RefusedActError("slip.refused.not_lent", {"item": item.name})
    before = ctx.rows.points(SLIP_FOR, f"{person.id}/{name}")
    slip = None if before is None else ctx.rows.get(Slip, before)
    if slip is not None and slip.state in ("requested", "approved") and name in slip.left:
        params = {"item": item.name, "slip": slip.id}
        raise RefusedActError("slip.refused.already", params)
    return item


def _slip(name: str, ctx: Context) -> Slip:
    slip = ctx.rows.get(Slip, name)
    if slip is None:
        raise RefusedActError("slip.refused.no_slip", {"slip": name})
    return slip


def _decides(asked: Act[Any], slip: Slip, ctx: Context) -> None:
    check_decides(asker(asked), slip, slip.department, ctx)


def _wrong_state(slip: Slip, ctx: Context) -> RefusedActError:
    return RefusedActError("slip.refused.state", {"slip": slip.id, "state": slip.status})


def _decision(slip: Slip, asked: Act[Any], now: int) -> dict[str, Any]:
    return {
        "slip": slip.id,
        "person": slip.person,
        "by": asked.by,
        "items": list(slip.items),
        "at": now,
    }
