"""What is remembered of a bank of shelves, and what follows from it at one look. Pure."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from .aisles import Layout, layout
from .model import ShelfLock, Tap
from .tables import Bank

_SKEW_MS: Final = 2_000  # by which the clocks of two nodes may differ

Reason = Literal["fault", "offline"]


class Carriage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A carriage as last reported (mm, Unix ms), and why that is not believed now."""

    mm: int | None = None
    at: int = 0
    moving: bool = False
    lost: tuple[Reason, ...] = ()


class Opening(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open aisle: since when, by which message, the last badge before, and the alarms about it.

    `by` is who opened it, None when the last badge was too long before.
    """

    aisle: int
    since: int
    read: dict[str, Any]
    by: str | None = None
    tap: Tap | None = None
    late: bool = False
    outside: bool = False


class BankState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of a bank: its carriages from the low end, and the aisles that are open."""

    carriages: tuple[Carriage, ...] = ()
    open: tuple[Opening, ...] = ()
    contradicts: int | None = None
    alarmed: bool = False
    lock: ShelfLock | None = None

    def carriage(self, n: int) -> Carriage:
        """Return what is known of a carriage (1 is the lowest); the ends know nothing."""
        return self.carriages[n - 1] if 1 <= n <= len(self.carriages) else Carriage()

    def with_carriage(self, n: int, carriage: Carriage) -> "BankState":
        """Return the state with one carriage changed."""
        known = [self.carriage(m) for m in range(1, max(n, len(self.carriages)) + 1)]
        known[n - 1] = carriage
        return msgspec.structs.replace(self, carriages=tuple(known))

    def opening(self, aisle: int) -> Opening | None:
        """Return what is known of an open aisle."""
        return next((o for o in self.open if o.aisle == aisle), None)


def seen(bank: Bank, state: BankState) -> Layout:
    """Return the aisles as far as the sensors can be believed."""
    known = [state.carriage(n) for n in range(1, bank.geometry.count + 1)]
    reported = [None if c.lost else c.mm for c in known]
    return layout(bank.geometry, reported, {o.aisle for o in state.open})


def opened_by(bank: Bank, taps: Mapping[str, list[Tap]], at: int) -> tuple[str | None, Tap | None]:
    """Return who opened an aisle at Unix ms `at`, and the badge that says so; nobody when the last
    badge is older than the bank allows.
    """
    before = [t for r in sorted(bank.badge_readers) for t in taps.get(r, ())]
    before = [t for t in before if t.at <= at + _SKEW_MS]
    if not before:
        return None, None
    last = max(before, key=lambda t: t.at)
    fresh = at - last.at <= bank.section.badge_s * 1000
    return (last.person if fresh else None), last
