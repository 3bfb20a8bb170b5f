"""The room: applies the rules and keeps their states. Pure: no clock, no I/O, one thread at a time.

The same settings, states, inputs and times give the same decisions. Everything the room remembers
is in rows (key, JSON) that come back from `decide` when they change, so it can be restored at any
point.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from ..contract import Info, Sensed, Status, Tag
from ..errors import RefusedActError, RowsUnreadableError, UnwritableEntryError
from ..ingest.port import NOTHING, Decision, Entry
from . import acts
from .asking import Asking
from .attempt import START, Attempt
from .book import Book
from .context import Context
from .effects import Fault, Input, Start, Tick, Unkept
from .registry import EVERY_MESSAGE, Rule
from .states import Bound, States

_BOOK = ""  # the name of the alarm book among the deadlines; no rule has it
_LOOK = "/"  # the same for "rule/key" that has to be told of a start once more
_AGAIN_MS = 60_000  # after a rule failed at its time it is asked again so much later
_UNREADABLE = "ledger.not_readable"


def _holds(out: Decision) -> bool:
    """Return whether anything follows: what rules only tell each other leaves no trace."""
    return bool(out.states or out.alarms or out.commands or out.entries or out.views)


class Room:
    """One archive room. See `ingest.port.Room` for what the ingest may ask."""

    def __init__(
        self,
        context: Context,
        rules: Iterable[Rule[Any]],
        book: Book,
        states: Mapping[str, str] | None = None,
        writable: Callable[[Entry], None] = lambda entry: None,
    ) -> None:
        """`writable` raises UnwritableEntryError for an entry that the ledger could not write."""
        self.ctx = context
        self.book = book
        book.journal = context.rows.journal
        self._attempt = Attempt(context.rows.journal)
        self._states = States(rules, context.rows.journal)
        self._asking = Asking(context, self._states, self._attempt, book, writable, self._look)
        self._hearing: dict[tuple[str, str], tuple[Bound, ...]] = {}
        self._heard: Sensed | None = None
        self._looking: set[str] = set()
        self._unread = 0
        self._unclaimed: list[str] = []
        context.attach(self._states.get, self._states.number)
        self._restore(states or {})

    # -- what happens ----------------------------------------------------------------------------

    def decide(self, event: Sensed, now: int) -> Decision:
        """Decide on one message; returns the shared NOTHING when nothing follows."""
        route = (event.lane, event.kind)
        hearing = self._hearing.get(route)
        if hearing is None:
            hearing = self._states.hearing(f"{event.lane}/{event.kind}", EVERY_MESSAGE)
            self._hearing[route] = hearing
        self._heard = event
        return self._run(hearing, event, now)

    def foresee(self, events: Iterable[Sensed]) -> None:
        """Read together what deciding on each of these will look up."""
        tags = [event.body.id for event in events if isinstance(event.body, Tag)]
        if tags:
            self.ctx.rows.foresee("tag", tags)

    def unkept(self, now: int) -> Decision:
        """Take the last decision back, for there is no room to keep it: the message will come again
        and is decided on anew then. Return what sounds all the same, which has to be kept, with
        what rules remember of it until then.
        """
        out = Decision()
        raised = self._attempt.back(START, Decision())
        self._asking.carrying.sound(raised, now, out)
        if any(effect.code == _UNREADABLE for effect in raised):
            self._unread = -1  # whoever is to say when rows can be read again has to know of it
        if self._heard is not None:
            event, self._heard = Unkept(self._heard), None
            for bound in self._states.hearing("unkept"):
                key = bound.key(self.ctx, event)
                if key is not None:
                    self._asking.one(bound, key, event, now, out)
        self._say_unread(now, out)
        return out

    def status(self, status: Status, now: int) -> Decision:
        """Take note that a node came or went."""
        return self._run(self._states.hearing("status"), status, now)

    def info(self, info: Info, now: int) -> Decision:
        """Take note of a node's description of itself."""
        return self._run(self._states.hearing("info"), info, now)

    def fault(
        self, kind: str, on: bool, now: int, subject: str = "", why: Mapping[str, Any] | None = None
    ) -> Decision:
        """Take note of a fault of the gateway's own."""
        fault = Fault(kind, on, subject, why or {})
        return self._run(self._states.hearing(f"fault:{kind}"), fault, now)

    def tick(self, now: int) -> Decision:
        """Decide what the passing of time brings. Visits only what is due."""
        if not self._states.is_due(now):
            return NOTHING
        self._attempt.begin()
        out = Decision()
        for at, name, key in self._states.due(now):
            if name == _BOOK:
                self.book.tick(key, now, out)
                continue
            if name == _LOOK:
                self._looking.discard(key)
                self._look(key, now, out)
                continue
            bound = self._states.bound[name]
            state = bound.table.get(key)
            if state is None or state.due != at:
                continue  # the deadline was moved after it was noted
            worked = self._asking.one(bound, key, Tick(key), now, out)
            if bound.table.get(key) is state:
                # The rule let it stand: it is not asked again; but one that failed is.
                after = None if worked else now + _AGAIN_MS
                self._states.store(bound, key, msgspec.structs.replace(state, due=after), out)
        self._say_unread(now, out)
        return out

    def start(self, now: int) -> Decision:
        """Look again at everything that was believed before the gateway stopped."""
        self._attempt.begin()
        out = Decision()
        for key in self._unclaimed:
            out.states.append((key, None))
        self._unclaimed.clear()
        self._look("", now, out)
        for bound in self._states.bound.values():
            for key in sorted({*bound.table, *bound.rule.keys(self.ctx)}):
                self._look(f"{bound.rule.name}/{key}", now, out)
        self._say_unread(now, out)
        return out

    def adopt(self, states: Mapping[str, str], now: int) -> Decision:
        """Take over rows that could not be read at the start, where nothing newer is known.

        What was decided in the meantime stands; everything else is looked at again as at a start.
        """
        mine = self.rows()
        self._restore({key: row for key, row in states.items() if key not in mine})
        out = self.start(now)
        self.book.standing(out)
        return out

    def act(self, kind: str, by: str, body: Mapping[str, Any], now: int) -> Decision:
        """Carry out what a person asks for.

        Raises RefusedActError or UnknownActError, or RowsUnreadableError while the rows cannot be
        read; whatever it raises, nothing has changed then.
        """
        self._attempt.begin()
        effects = acts.perform(kind, by, body, now, self.ctx)
        out = Decision()
        try:
            self._asking.carrying.carry_out(effects, now, out)
        except UnwritableEntryError as bad:
            raise RefusedActError("act.bad_body", {"reason": str(bad)}) from bad
        return out

    def settled(self) -> None:
        """Everything decided so far is on the disk."""
        self.ctx.rows.settled()

    def operate(self, act: Callable[[Any, Decision], None]) -> Decision:
        """Let a person's act change the book of alarms; its refusal comes out as an exception."""
        self._attempt.begin()
        out = Decision()
        act(self.book, out)
        self._note_dues()
        return out

    # -- what is there ---------------------------------------------------------------------------

    def standing(self) -> Decision:
        """Return all alarms and views that stand, for a broker that forgot them."""
        out = Decision()
        self.book.standing(out)
        out.views.extend(self._asking.carrying.views.items())
        return out

    def rows(self) -> dict[str, str]:
        """Return all rows: a room restored from them goes on as this one would."""
        rows = self._states.rows()
        rows.update(self.book.rows())
        rows.update(self.ctx.rows.held())
        return rows

    def states(self, rule: str) -> dict[str, Any]:
        """Return a copy of a rule's states by key; the states themselves never change."""
        return dict(self._states.bound[rule].table)

    def snapshot(self) -> Mapping[str, Any]:
        """Return copies of everything the read API shows; the parts are frozen."""
        return {
            "rules": {name: dict(bound.table) for name, bound in self._states.bound.items()},
            "counters": dict(self.ctx.counters),
            "views": dict(self._asking.carrying.views),
        }

    # -- how ---------------------------------------------------------------------------------------

    def _run(self, hearing: tuple[Bound, ...], event: Input, now: int) -> Decision:
        """Ask each rule that hears this."""
        self._attempt.begin()
        out = self._asking.all(hearing, event, now)
        if self.ctx.rows.unread != self._unread:
            out = Decision() if out is NOTHING else out
            self._say_unread(now, out)
        return out if out is NOTHING or _holds(out) else NOTHING

    def _restore(self, states: Mapping[str, str]) -> None:
        mine = self.book.prefix
        alarms = {key: row for key, row in states.items() if key.startswith(mine)}
        others = {key: row for key, row in states.items() if not key.startswith(mine)}
        self._unclaimed += [*self.book.restore(alarms), *self._states.restore(others)]
        self._note_dues()

    def _note_dues(self) -> None:
        for at, alarm in self.book.dues():
            self._states.remind_once(at, _BOOK, alarm)

    def _look(self, what: str, now: int, out: Decision) -> None:
        """Tell a rule ("rule/key") of a start; "" is the configuration, to be taken over. What fails
        is tried again later.
        """
        if what:
            name, _, key = what.partition("/")
            worked = self._asking.one(self._states.bound[name], key, Start(key), now, out)
        else:
            worked = self._configure(now, out)
        if not worked and what not in self._looking:
            self._looking.add(what)
            self._states.remind(now + _AGAIN_MS, _LOOK, what)

    def _configure(self, now: int, out: Decision) -> bool:
        """Record what the configuration says and the record does not; False: not possible now."""
        try:
            self._asking.carrying.carry_out(self.ctx.unrecorded(), now, out)
        except RowsUnreadableError:
            return False
        self.ctx.configured = True
        return True

    def _say_unread(self, now: int, out: Decision) -> None:
        """Raise the alarm that rows could not be read: what was decided without them may be wrong."""
        if self.ctx.rows.unread == self._unread:
            return
        fault = Fault(_UNREADABLE, True)
        for bound in self._states.hearing(f"fault:{_UNREADABLE}"):
            self._asking.one(bound, "", fault, now, out)
        self._unread = self.ctx.rows.unread
