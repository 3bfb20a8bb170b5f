"""One look at a bank of shelves: what has opened and shut, by whom, and what is an alarm. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ..room.context import Context
from ..room.effects import Clear, Effect, Raise, Record
from .aisles import Aisle, Layout
from .model import Tap
from .state import BankState, Carriage, Opening, Reason, opened_by, seen
from .tables import Bank

TOO_LONG: Final = "shelf.aisle_open_too_long"
OUTSIDE_HOURS: Final = "shelf.aisle_open_outside_hours"
MOVED: Final = "shelf.moved_while_locked"
CONTRADICT: Final = "shelf.positions_contradict"

CONTRADICT_MS: Final = 10_000
"""While carriages roll, one is reported half a second after the other: a contradiction that lasts
longer than this is none of that."""


def gone(bank: str, state: BankState) -> list[Effect]:
    """Return what ends with a bank that is no longer configured."""
    why = {"because": "no longer configured"}
    effects: list[Effect] = []
    for opening in state.open:
        subject = f"{bank}.{opening.aisle}"
        if opening.late:
            effects.append(Clear(TOO_LONG, subject, {"rule": TOO_LONG, **why}))
        if opening.outside:
            effects.append(Clear(OUTSIDE_HOURS, subject, {"rule": OUTSIDE_HOURS, **why}))
    if state.alarmed:
        effects.append(Clear(CONTRADICT, bank, {"rule": CONTRADICT, **why}))
    return effects


class Turn:
    """One look at a bank: takes its state, collects what follows, gives the new state."""

    def __init__(
        self, bank: Bank, state: BankState, taps: Mapping[str, list[Tap]], now: int, ctx: Context
    ) -> None:
        self.bank, self.state = bank, state
        self.effects: list[Effect] = []
        self._taps, self._now, self._ctx = taps, now, ctx

    def move(self, n: int, mm: int, moving: bool, at: int, read: dict[str, Any]) -> None:
        """Take a carriage's report; say so when nobody should have moved it."""
        was = self.state.carriage(n)
        if was.mm is not None and not was.moving:
            far = abs(mm - was.mm)
            if (moving or far > self.bank.geometry.tolerance_mm) and far:
                self._moved(n, was, mm, at, read)
        self.state = self.state.with_carriage(n, Carriage(mm, at, moving))
        self.look(at, read)

    def lose(self, n: int, reason: Reason, read: dict[str, Any]) -> None:
        """A carriage's position is no longer known."""
        was = self.state.carriage(n)
        if reason not in was.lost:
            lost = tuple(sorted((*was.lost, reason)))
            self.state = self.state.with_carriage(n, msgspec.structs.replace(was, lost=lost))
        self.look(self._now, read)

    def find(self, n: int, reasons: tuple[Reason, ...], read: dict[str, Any]) -> None:
        """What made a carriage's position unknown is over; it stands where it was last reported."""
        was = self.state.carriage(n)
        lost = tuple(r for r in was.lost if r not in reasons)
        if lost != was.lost:
            self.state = self.state.with_carriage(n, msgspec.structs.replace(was, lost=lost))
        self.look(self._now, read)

    def look(self, at: int, read: dict[str, Any]) -> None:
        """Compare what is seen with what was open before. `at` is when it became so."""
        found = seen(self.bank, self.state)
        opened = {opening.aisle: opening for opening in self.state.open}
        for aisle in found.aisles:
            was = opened.get(aisle.n)
            if aisle.state == "open":
                opening = was or self._opened(aisle, at, read)
                opened[aisle.n] = self._judged(opening)
            elif aisle.state != "unknown" and was is not None:
                self._closed(opened.pop(aisle.n), at, read)
        for n in [n for n in opened if n > self.bank.geometry.count]:
            self._closed(opened.pop(n), at, {})  # the configuration has fewer carriages now
        still = tuple(opened[n] for n in sorted(opened))
        self.state = msgspec.structs.replace(self.state, open=still)
        self._contradiction(found)

    def due(self) -> int | None:
        """Return when the bank has to be looked at again, in Unix ms."""
        section, hours = self.bank.section, self.bank.hours
        dues: list[int] = []
        open_now = {a.n for a in seen(self.bank, self.state).aisles if a.state == "open"}
        for opening in self.state.open:
            if opening.aisle not in open_now:
                continue
            if not opening.late:
                dues.append(opening.since + int(section.open_max_s * 1000))
            change = None if hours is None else hours.next_change(self._now)
            if change is not None:
                dues.append(change)
        if self.state.contradicts is not None and not self.state.alarmed:
            dues.append(self.state.contradicts + CONTRADICT_MS)
        return max(min(dues), self._now + 1) if dues else None

    # -- how -----------------------------------------------------------------------------------

    def _opened(self, aisle: Aisle, at: int, read: dict[str, Any]) -> Opening:
        by, tap = opened_by(self.bank, self._taps, at)
        opening = Opening(aisle=aisle.n, since=at, read=read, by=by, tap=tap)
        body = {
            "bank": self.bank.id,
            "aisle": aisle.n,
            "mm": aisle.mm,
            **self._who(opening.by, opening.tap, opening.since),
        }
        body["why"] = {"rule": "shelf.bank", "reads": [read] if read else [], "at": at}
        self.effects.append(Record("shelf.aisle_opened", body))
        hours = self.bank.hours
        if hours is not None and not hours.open_at(at):
            because = "opened outside its hours"
            opening = self._outside(opening, because, at)
        return opening

    def _closed(self, was: Opening, at: int, read: dict[str, Any]) -> None:
        reads = [read] if read else []
        body = {"bank": self.bank.id, "aisle": was.aisle, "open_since": was.since, "by": was.by}
        body["why"] = {"rule": "shelf.bank", "reads": reads, "at": at}
        self.effects.append(Record("shelf.aisle_closed", body))
        why = {"reads": reads, "open_since": was.since}
        if was.late:
            self._clear(TOO_LONG, self._subject(was), why)
        if was.outside:
            self._clear(OUTSIDE_HOURS, self._subject(was), why)

    def _judged(self, opening: Opening) -> Opening:
        """Look at how long an open aisle has been so, and at the hours."""
        most = int(self.bank.section.open_max_s * 1000)
        if not opening.late and self._now - opening.since >= most:
            limit = {
                "open_max_s": self.bank.section.open_max_s,
                "source": f"shelf_bank.{self.bank.id}.open_max_s",
            }
            params = {"minutes": most // 60_000}
            self._raise(TOO_LONG, opening, {"limit": limit}, params)
            opening = msgspec.structs.replace(opening, late=True)
        hours = self.bank.hours
        if hours is None:
            return opening
        if opening.outside and hours.open_at(self._now):
            self._clear(OUTSIDE_HOURS, self._subject(opening), {"because": "its hours have begun"})
            return msgspec.structs.replace(opening, outside=False)
        if not opening.outside and not hours.open_at(self._now):
            because = "still open when its hours ended"
            return self._outside(opening, because, self._now)
        return opening

    def _outside(self, opening: Opening, because: str, at: int) -> Opening:
        why = {"because": because, "at": at, "limit": self._hours()}
        self._raise(OUTSIDE_HOURS, opening, why, {})
        return msgspec.structs.replace(opening, outside=True)

    def _moved(self, n: int, was: Carriage, mm: int, at: int, read: dict[str, Any]) -> None:
        lock, hours = self.state.lock, self.bank.hours
        why: dict[str, Any] = {
            "rule": MOVED,
            "reads": [read],
            "at": at,
            "carriage": n,
            "stood_mm": was.mm,
            "seen_mm": mm,
        }
        by, tap = opened_by(self.bank, self._taps, at)
        why |= self._who(by, tap, at)
        if lock is not None and lock.holds_at(at):
            why["lock"] = {"by": lock.by, "since": lock.since, "reason": lock.reason}
        elif hours is not None and self.bank.section.lock_outside_hours and not hours.open_at(at):
            why["lock"] = self._hours()
        else:
            return
        if was.lost:
            why["because"] = "stood elsewhere when it was seen again"
        params = {
            "bank": self.bank.section.name,
            "carriage": n,
            "person": self._ctx.person_name(by),
        }
        self.effects.append(Raise(MOVED, self.bank.id, why, params))

    def _contradiction(self, found: Layout) -> None:
        state = self.state
        if not found.contradicts:
            if state.alarmed:
                self._clear(CONTRADICT, self.bank.id, {})
            if state.contradicts is not None:
                self.state = msgspec.structs.replace(state, contradicts=None, alarmed=False)
            return
        since = self._now if state.contradicts is None else state.contradicts
        alarmed = state.alarmed
        if not alarmed and self._now - since >= CONTRADICT_MS:
            alarmed = True
            why = {
                "rule": CONTRADICT,
                "faults": [
                    {"kind": f.kind, "carriages": list(f.carriages)} for f in found.contradicts
                ],
                "mm": [c.mm for c in state.carriages],
                "since": since,
            }
            carriages = sorted({n for f in found.contradicts for n in f.carriages})
            params = {
                "bank": self.bank.section.name,
                "carriages": ", ".join(str(n) for n in carriages),
            }
            self.effects.append(Raise(CONTRADICT, self.bank.id, why, params))
        self.state = msgspec.structs.replace(state, contradicts=since, alarmed=alarmed)

    def _raise(
        self, code: str, opening: Opening, why: dict[str, Any], params: dict[str, Any]
    ) -> None:
        more = {"rule": code, "reads": [opening.read], "open_since": opening.since}
        params = {
            "bank": self.bank.section.name,
            "low": opening.aisle,
            "high": opening.aisle + 1,
            "person": self._ctx.person_name(opening.by),
            **params,
        }
        why = {**more, **self._who(opening.by, opening.tap, opening.since), **why}
        self.effects.append(Raise(code, self._subject(opening), why, params))

    def _clear(self, code: str, subject: str, why: dict[str, Any]) -> None:
        self.effects.append(Clear(code, subject, {"rule": code, **why}))

    @staticmethod
    def _who(by: str | None, tap: Tap | None, at: int) -> dict[str, Any]:
        """Return who opened it, and the badge by which that is said, or why it is not."""
        who: dict[str, Any] = {"by": by, "last_badge": None}
        if tap is not None:
            age = max(0, at - tap.at)
            who["last_badge"] = {"person": tap.person, "reader": tap.reader, "age_ms": age}
        if by is None:
            missing = "no badge was tapped" if tap is None else "the last badge is too old"
            who["unknown"] = missing
        return who

    def _hours(self) -> dict[str, Any]:
        return {
            "hours": self.bank.section.hours,
            "time_zone": self._ctx.config.room.time_zone,
            "source": f"shelf_bank.{self.bank.id}.hours",
        }

    def _subject(self, opening: Opening) -> str:
        return f"{self.bank.id}.{opening.aisle}"
