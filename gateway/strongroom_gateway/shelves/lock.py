"""shelf.lock and shelf.unlock: somebody asks that nobody moves a bank, until they take it back.

The lock is a word in the record and an alarm when it is broken. It switches nothing: a bank with a
lock of its own is locked at the bank.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effects, Record, Wake
from ..room.projections import projects
from ..room.rows import Put, RowsView, put
from .bank import KEY, RULE
from .model import ShelfLock
from .tables import tables

LOCKED, UNLOCKED = "shelf.locked", "shelf.unlocked"


class LockBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which bank, and why (a person in the aisle, a stock-take, work on the rails ...)."""

    bank: str
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


@act("shelf.lock", body=LockBody, roles=("archivist", "security", "facilities", "general_manager"))
def lock(act: Act[LockBody], now: int, ctx: Context) -> Effects:
    """Lock a bank that is not locked."""
    standing = _standing(act.body.bank, ctx)
    if standing is not None:
        params = {"bank": _name(act.body.bank, ctx), "person": ctx.person_name(standing.by)}
        raise RefusedActError("shelf.refused.locked", params)
    return _said(LOCKED, act, now)


@act(
    "shelf.unlock", body=LockBody, roles=("archivist", "security", "facilities", "general_manager")
)
def unlock(act: Act[LockBody], now: int, ctx: Context) -> Effects:
    """Take the lock off a bank."""
    if _standing(act.body.bank, ctx) is None:
        params = {"bank": _name(act.body.bank, ctx)}
        raise RefusedActError("shelf.refused.not_locked", params)
    return _said(UNLOCKED, act, now)


@projects(LOCKED, UNLOCKED)
def locked(kind: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Keep the last lock of a bank; one that was taken off still says from when to when it held."""
    was = rows.get(ShelfLock, body["bank"])
    if kind == LOCKED:
        yield put(
            ShelfLock(id=body["bank"], by=body["by"], reason=body["reason"], since=body["at"])
        )
    elif was is not None:
        yield put(msgspec.structs.replace(was, until=body["at"]))


def _standing(bank: str, ctx: Context) -> ShelfLock | None:
    if bank not in tables(ctx).banks:
        raise RefusedActError("shelf.refused.no_bank", {"bank": bank})
    found = ctx.rows.get(ShelfLock, bank)
    return found if found is not None and found.until is None else None


def _name(bank: str, ctx: Context) -> str:
    return tables(ctx).banks[bank].section.name


def _said(kind: str, act: Act[LockBody], now: int) -> Effects:
    body = {"bank": act.body.bank, "by": act.by, "reason": act.body.reason, "at": now}
    return [Record(kind, body), Wake(RULE, KEY)]
