"""state/shelves: the banks for other software and for people to look at. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..room.context import Context
from .aisles import Aisle
from .state import BankState, Opening, seen
from .tables import Bank, Tables


def shown(known: Tables, banks: Mapping[str, BankState], now: int, ctx: Context) -> dict[str, Any]:
    """Return every bank: its aisles, carriages, faults and lock. Lengths in mm, times in Unix ms."""
    return {
        "at": now,
        "banks": {
            name: bank_view(bank, banks.get(name, BankState()), now, ctx)
            for name, bank in known.banks.items()
        },
    }


def bank_view(bank: Bank, state: BankState, now: int, ctx: Context) -> dict[str, Any]:
    """Return one bank. A width or person that is not known is null."""
    found = seen(bank, state)
    lock = state.lock
    locked = lock is not None and lock.holds_at(now)
    return {
        "name": bank.section.name,
        "travel_mm": bank.section.travel_mm,
        "aisles": [_aisle(a, state, ctx) for a in found.aisles],
        "carriages": {
            str(n): {"mm": c.mm, "moving": c.moving, "at": c.at, "lost": list(c.lost)}
            for n, c in enumerate(state.carriages, 1)
        },
        "faults": msgspec.to_builtins(found.faults),
        "lock": {"by": lock.by, "since": lock.since, "reason": lock.reason}
        if lock is not None and locked
        else None,
    }


def _aisle(aisle: Aisle, state: BankState, ctx: Context) -> dict[str, Any]:
    beside = [state.carriage(n) for n in (aisle.n, aisle.n + 1)]
    view: dict[str, Any] = {
        "n": aisle.n,
        "state": aisle.state,
        "mm": aisle.mm,
        "moving": any(c.moving for c in beside),
    }
    opening = state.opening(aisle.n)
    if opening is not None:
        view |= _opening(opening, ctx)
    return view


def _opening(opening: Opening, ctx: Context) -> dict[str, Any]:
    tap = opening.tap
    return {
        "since": opening.since,
        "by": opening.by,
        "by_name": ctx.say("shelf.unknown", {})
        if opening.by is None
        else ctx.person_name(opening.by),
        "badge_age_ms": None if tap is None else max(0, opening.since - tap.at),
    }
