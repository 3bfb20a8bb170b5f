"""return.settle: who may approve a loan ends one that cannot end by an inspection."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Clear, Effect, Effects, Record
from ..room.model import Item
from .inspecting import DEFICIENT, missing, to_its_place
from .lending import OVERDUE, asker, check_approves, check_decides, closed, not_here
from .model import Deficient, Finding, Loan, Slip

RULE = "return.settle"


class Settlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which loan (or item that came back without one), how it ends, and why it may.

    made_good  what was wrong has been put right, everything is there
    accepted   it is kept as it is; the register takes over the counted pages and the broken seal
    lost       what is still away, or was not there, is given up
    """

    loan: str
    outcome: Literal["made_good", "accepted", "lost"]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@act("return.settle", body=Settlement)
def settle(asked: Act[Settlement], now: int, ctx: Context) -> Effects:
    """Close a loan whose return differs from what was lent, or whose item is lost; or say how what
    was found about an item without a loan ends.
    """
    body = asked.body
    loan = ctx.rows.get(Loan, body.loan)
    if loan is None:
        return _without_loan(asked, now, ctx)
    _may(asked, loan, ctx)
    found = Finding() if loan.finding is None else msgspec.convert(loan.finding, Finding)
    _possible(loan, body.outcome, ctx)
    lost = not_here(loan, ctx) if body.outcome == "lost" else ()
    home = [
        item
        for name in loan.things
        if name not in loan.back and name not in lost and (item := ctx.item(name)) is not None
    ]
    entry = {
        "loan": loan.id,
        "slip": loan.slip,
        "item": loan.item,
        "items": [item.id for item in home],
        "lost": list(lost),
        "person": loan.person,
        "by": asked.by,
        "outcome": body.outcome,
        "reason": body.reason,
        "finding": loan.finding,
        "at": now,
    }
    effects: list[Effect] = [Record("return.settled", entry)]
    if body.outcome != "made_good":
        effects += [
            _as_it_is(item, found, asked.by, body.reason) for item in home if _is(item, found)
        ]
    effects += [to_its_place(item, loan, asked.by, now, ctx) for item in home]
    effects += [missing(name, loan, None, asked.by, now, ctx) for name in lost]
    why = {"rule": RULE, "outcome": body.outcome, "by": asked.by, "reason": body.reason}
    effects += [Clear(DEFICIENT, loan.id, why), Clear(OVERDUE, loan.id, why)]
    return [*effects, *closed(loan, asked.by, f"settled: {body.outcome}", now)]


def _without_loan(asked: Act[Settlement], now: int, ctx: Context) -> Effects:
    body = asked.body
    deficient = ctx.rows.get(Deficient, body.loan)
    item = ctx.item(body.loan)
    if deficient is None or item is None or body.outcome == "lost":
        raise RefusedActError("loan.refused.no_loan", {"loan": body.loan})
    check_approves(asker(asked), item, ctx)
    found = msgspec.convert(deficient.finding, Finding)
    entry = {
        "loan": None,
        "item": item.id,
        "items": [item.id],
        "by": asked.by,
        "outcome": body.outcome,
        "reason": body.reason,
        "finding": deficient.finding,
        "at": now,
    }
    effects: list[Effect] = [Record("return.settled", entry)]
    if body.outcome != "made_good" and _is(item, found):
        effects.append(_as_it_is(item, found, asked.by, body.reason))
    why = {"rule": RULE, "outcome": body.outcome, "by": asked.by, "reason": body.reason}
    effects.append(to_its_place(item, None, asked.by, now, ctx))
    return [*effects, Clear(DEFICIENT, item.id, why)]


def _may(asked: Act[Settlement], loan: Loan, ctx: Context) -> None:
    slip = None if loan.slip is None else ctx.rows.get(Slip, loan.slip)
    borrower = ctx.person(loan.person)
    department = None if borrower is None else borrower.department
    if slip is not None:
        department = slip.department
    check_decides(asker(asked), loan, department, ctx)


def _possible(loan: Loan, outcome: str, ctx: Context) -> None:
    params: Mapping[str, Any] = {"loan": loan.id}
    if loan.state == "closed":
        raise RefusedActError("loan.refused.closed", params)
    if outcome == "lost":
        if not not_here(loan, ctx):
            raise RefusedActError("loan.refused.nothing_lost", params)
    elif loan.state != "deficient":
        raise RefusedActError("loan.refused.no_finding", params)
    elif outcome == "accepted" and not_here(loan, ctx):
        raise RefusedActError("loan.refused.still_away", params)


def _is(item: Item, found: Finding) -> bool:
    return item.id in found.pages or (found.seal_broken and bool(item.sealed))


def _as_it_is(item: Item, found: Finding, by: str, reason: str) -> Effect:
    """Return the entry by which the register says of an item what was found."""
    new = item
    if item.id in found.pages:
        new = msgspec.structs.replace(new, pages=found.pages[item.id]["counted"])
    if found.seal_broken and item.sealed:
        new = msgspec.structs.replace(new, sealed=False)
    body = {"by": by, "item": msgspec.to_builtins(new), "why": reason}
    return Record("item.registered", body)
