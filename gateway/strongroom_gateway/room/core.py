"""The room: applies the rules and keeps their states. Pure: no clock, no I/O, one thread at a time.

The same settings, states, inputs and times give the same decisions. Everything the room remembers
is in rows (key, JSON) that come back from `decide` when they change, so it can be restored at any
point.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ..contract import Info, Sensed, Status, Tag
from ..errors import RefusedActError, RowsUnreadableError, UnwritableEntryError
from ..ingest.port import NOTHING, Command, Decision, Entry
from . import acts
from .attempt import START, Attempt
from .book import Book
from .context import Context
from .effects import (
    Clear,
    Effect,
    Effects,
    Fault,
    Input,
    Raise,
    Record,
    Send,
    Show,
    Start,
    Suppress,
    Tell,
    Tick,
    Unkept,
    Wake,
)
from .projections import projected
from .registry import EVERY_MESSAGE, Rule, RuleState

_encode = msgspec.json.Encoder(order="sorted").encode
_RULE = "rule/"
_MOST_FAILURES = 100  # failures of rules that are recorded; all are counted
_BOOK = ""  # the name of the alarm book in the heap of deadlines; no rule has it
_LOOK = "/"  # the same for "rule/key" that has to be told of a start once more
_AGAIN_MS = 60_000  # after a rule failed at its time it is asked again so much later
_UNREADABLE = "ledger.not_readable"


def _holds(out: Decision) -> bool:
    """Return whether anything follows: what rules only tell each other leaves no trace."""
    return bool(out.states or out.alarms or out.commands or out.entries or out.views)


class _Bound:
    """A rule with the states it has, as the runner uses them."""

    __slots__ = ("apply", "key", "rule", "table")

    def __init__(self, rule: Rule[Any]) -> None:
        self.rule = rule
        self.apply = rule.apply
        self.key = rule.key
        self.table: dict[str, RuleState] = {}


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
        self._writable = writable
        self._attempt = Attempt(context.rows.journal)
        book.journal = context.rows.journal
        self._heard: Sensed | None = None
        self._looking: set[str] = set()
        self._unread = 0
        self._views: dict[str, bytes] = {}
        self._deadlines: list[tuple[int, str, str]] = []
        self._bound = {rule.name: _Bound(rule) for rule in rules}
        self._hearing: dict[tuple[str, str], tuple[_Bound, ...]] = {}
        self._unclaimed: list[str] = []
        self.ctx.attach(self._state, self._number)
        self._restore(states or {})

    # -- what happens ----------------------------------------------------------------------------

    def decide(self, event: Sensed, now: int) -> Decision:
        """Decide on one message; returns the shared NOTHING when nothing follows."""
        route = (event.lane, event.kind)
        hearing = self._hearing.get(route)
        if hearing is None:
            hearing = self._listen(route, f"{event.lane}/{event.kind}", EVERY_MESSAGE)
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
        self._sound(raised, now, out)
        if any(effect.code == _UNREADABLE for effect in raised):
            self._unread = -1  # whoever is to say when rows can be read again has to know of it
        if self._heard is not None:
            event, self._heard = Unkept(self._heard), None
            for bound in self._heard_as("unkept"):
                key = bound.key(self.ctx, event)
                if key is not None:
                    self._apply(bound, key, event, now, out)
        self._say_unread(now, out)
        return out

    def status(self, status: Status, now: int) -> Decision:
        """Take note that a node came or went."""
        return self._run(self._heard_as("status"), status, now)

    def info(self, info: Info, now: int) -> Decision:
        """Take note of a node's description of itself."""
        return self._run(self._heard_as("info"), info, now)

    def fault(
        self, kind: str, on: bool, now: int, subject: str = "", why: Mapping[str, Any] | None = None
    ) -> Decision:
        """Take note of a fault of the gateway's own."""
        fault = Fault(kind, on, subject, why or {})
        return self._run(self._heard_as(f"fault:{kind}"), fault, now)

    def tick(self, now: int) -> Decision:
        """Decide what the passing of time brings. Visits only what is due."""
        if not self._deadlines or self._deadlines[0][0] > now:
            return NOTHING
        due: list[tuple[int, str, str]] = []
        while self._deadlines and self._deadlines[0][0] <= now:
            due.append(heapq.heappop(self._deadlines))
        self._attempt.begin()
        out = Decision()
        for at, name, key in due:
            if name == _BOOK:
                self.book.tick(key, now, out)
                continue
            if name == _LOOK:
                self._looking.discard(key)
                self._look(key, now, out)
                continue
            bound = self._bound[name]
            state = bound.table.get(key)
            if state is None or state.due != at:
                continue  # the deadline was moved after it was noted
            worked = self._apply(bound, key, Tick(key), now, out)
            if bound.table.get(key) is state:
                # The rule let it stand: it is not asked again; but one that failed is.
                after = None if worked else now + _AGAIN_MS
                self._store(bound, key, msgspec.structs.replace(state, due=after), out)
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
        for bound in self._bound.values():
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
            self._carry_out(effects, now, out)
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
        out.views.extend(self._views.items())
        return out

    def rows(self) -> dict[str, str]:
        """Return all rows: a room restored from them goes on as this one would."""
        rows = {
            f"{_RULE}{name}/{key}": _encode(state).decode()
            for name, bound in self._bound.items()
            for key, state in bound.table.items()
        }
        rows.update(self.book.rows())
        rows.update(self.ctx.rows.held())
        return rows

    def states(self, rule: str) -> dict[str, Any]:
        """Return a copy of a rule's states by key; the states themselves never change."""
        return dict(self._bound[rule].table)

    def snapshot(self) -> Mapping[str, Any]:
        """Return copies of everything the read API shows; the parts are frozen."""
        return {
            "rules": {name: dict(bound.table) for name, bound in self._bound.items()},
            "counters": dict(self.ctx.counters),
            "views": dict(self._views),
        }

    def _state(self, rule: str, key: str) -> RuleState | None:
        bound = self._bound.get(rule)
        return None if bound is None else bound.table.get(key)

    def _number(self, rule: str) -> int:
        bound = self._bound.get(rule)
        return 0 if bound is None else len(bound.table)

    # -- how ---------------------------------------------------------------------------------------

    def _restore(self, states: Mapping[str, str]) -> None:
        mine = self.book.prefix
        self._unclaimed += self.book.restore(
            {key: row for key, row in states.items() if key.startswith(mine)}
        )
        for key, row in states.items():
            if key.startswith(mine):
                continue
            try:
                self._take_over(key, row)
            except (msgspec.DecodeError, KeyError):
                # Written by another version: what it was about begins again, as on a first start.
                self._unclaimed.append(key)
        for name, bound in self._bound.items():
            for key, state in bound.table.items():
                if state.due is not None:
                    heapq.heappush(self._deadlines, (state.due, name, key))
        self._note_dues()

    def _take_over(self, key: str, row: str) -> None:
        if not key.startswith(_RULE):
            raise KeyError(key)
        name, _, rest = key[len(_RULE) :].partition("/")
        bound = self._bound[name]
        bound.table[rest] = msgspec.json.decode(row, type=bound.rule.state)

    def _note_dues(self) -> None:
        for at, alarm in self.book.dues():
            entry = (at, _BOOK, alarm)
            if entry not in self._deadlines:
                heapq.heappush(self._deadlines, entry)

    def _heard_as(self, word: str) -> tuple[_Bound, ...]:
        route = ("", word)
        hearing = self._hearing.get(route)
        return self._listen(route, word) if hearing is None else hearing

    def _listen(self, route: tuple[str, str], *words: str) -> tuple[_Bound, ...]:
        hearing = tuple(b for b in self._bound.values() if any(w in b.rule.on for w in words))
        self._hearing[route] = hearing
        return hearing

    def _run(self, hearing: tuple[_Bound, ...], event: Input, now: int) -> Decision:
        """Ask each rule that hears this; the common answer, that nothing changed, must cost little."""
        self._attempt.begin()
        out = NOTHING
        ctx = self.ctx
        for bound in hearing:
            try:
                key = bound.key(ctx, event)
                if key is None:
                    continue
                old = bound.table.get(key)
                new, effects = bound.apply(old, event, now, ctx)
            except Exception as error:  # noqa: BLE001  # see _failed
                out = Decision() if out is NOTHING else out
                self._failed(bound, event, error, out)
                continue
            if new is old and not effects:
                continue
            if out is NOTHING:
                out = Decision()
            self._settle(bound, key, event, new, effects, now, out=out)
        if ctx.rows.unread != self._unread:
            out = Decision() if out is NOTHING else out
            self._say_unread(now, out)
        return out if _holds(out) else NOTHING

    def _apply(self, bound: _Bound, key: str, event: Input, now: int, out: Decision) -> bool:
        """Ask a rule; return whether it could decide."""
        try:
            new, effects = bound.apply(bound.table.get(key), event, now, self.ctx)
        except Exception as error:  # noqa: BLE001  # see _failed
            self._failed(bound, event, error, out)
            return False
        return self._settle(bound, key, event, new, effects, now, out=out)

    def _settle(
        self,
        bound: _Bound,
        key: str,
        event: Input,
        new: RuleState | None,
        effects: Effects,
        now: int,
        *,
        out: Decision,
    ) -> bool:
        """Carry out what a rule decided, wholly; where that fails the rule has decided nothing, but
        what it wanted to raise sounds.
        """
        before = self._attempt.mark(out)
        try:
            if new is not bound.table.get(key):
                self._store(bound, key, new, out)
            self._carry_out(effects, now, out)
        except Exception as error:  # noqa: BLE001  # see _failed
            raised = self._attempt.back(before, out)
            raised += [
                e for e in effects if isinstance(e, Raise) and not any(e is r for r in raised)
            ]
            self._failed(bound, event, error, out, effects)
            self._sound(raised, now, out)
            return False
        return True

    def _carry_out(self, effects: Effects, now: int, out: Decision) -> None:
        """Carry out effects, all of them or none."""
        before = self._attempt.mark(out)
        try:
            for effect in effects:
                self._effect(effect, now, out)
            for entry in out.entries[before.entries :]:
                self._writable(entry)
        except Exception:
            raised = self._attempt.back(before, out)
            self._attempt.raised += raised  # for whoever lets them sound
            raise

    def _sound(self, raised: Sequence[Raise], now: int, out: Decision) -> None:
        """Raise alarms whatever became of the decision they are part of."""
        for effect in raised:
            before = self._attempt.mark(out)
            try:
                self._effect(effect, now, out)
            except Exception as error:  # noqa: BLE001  # the next one must sound
                self._attempt.back(before, out)
                self._note_failure(effect.code, "Raise", error, out, ())
                continue
            for entry in out.entries[before.entries :]:
                try:
                    self._writable(entry)
                except UnwritableEntryError as error:
                    out.entries.remove(entry)
                    self._note_failure(effect.code, "Raise", error, out, ())

    def _failed(
        self,
        bound: _Bound,
        event: Input,
        error: Exception,
        out: Decision,
        effects: Effects = (),
    ) -> None:
        """Record a mistake in a rule. It must not keep the alarms of the other rules waiting."""
        lost = [e for e in effects if isinstance(e, Record)]
        self._note_failure(bound.rule.name, type(event).__name__, error, out, lost)

    def _note_failure(
        self, rule: str, what: str, error: Exception, out: Decision, lost: Sequence[Record]
    ) -> None:
        self.ctx.count("room.rule_failed")
        if self.ctx.counters["room.rule_failed"] <= _MOST_FAILURES:
            body: dict[str, Any] = {
                "input": what,
                "why": {"rule": rule, "error": ascii(error)[:300]},
            }
            if lost:
                # What could not be entered as it should have been is evidence still.
                body["not_kept"] = [
                    {"kind": r.kind, "body": ascii(dict(r.body))[:1000]} for r in lost
                ]
            out.entries.append(Entry("gateway.rule_failed", body))

    def _look(self, what: str, now: int, out: Decision) -> None:
        """Tell a rule ("rule/key") of a start; "" is the configuration, to be taken over. What fails
        is tried again later.
        """
        if what:
            name, _, key = what.partition("/")
            worked = self._apply(self._bound[name], key, Start(key), now, out)
        else:
            worked = self._configure(now, out)
        if not worked and what not in self._looking:
            self._looking.add(what)
            heapq.heappush(self._deadlines, (now + _AGAIN_MS, _LOOK, what))

    def _configure(self, now: int, out: Decision) -> bool:
        """Record what the configuration says and the record does not; False: not possible now."""
        try:
            self._carry_out(self.ctx.unrecorded(), now, out)
        except RowsUnreadableError:
            return False
        self.ctx.configured = True
        return True

    def _say_unread(self, now: int, out: Decision) -> None:
        """Raise the alarm that rows could not be read: what was decided without them may be wrong."""
        if self.ctx.rows.unread == self._unread:
            return
        fault = Fault(_UNREADABLE, True)
        for bound in self._heard_as(f"fault:{_UNREADABLE}"):
            self._apply(bound, "", fault, now, out)
        self._unread = self.ctx.rows.unread

    def _store(self, bound: _Bound, key: str, new: RuleState | None, out: Decision) -> None:
        row = f"{_RULE}{bound.rule.name}/{key}"
        old = bound.table.get(key)
        if new is None and old is None:
            return
        self._attempt.journal.note(bound.table, key)
        if new is None:
            del bound.table[key]
            out.states.append((row, None))
            return
        bound.table[key] = new
        out.states.append((row, _encode(new).decode()))
        if new.due is not None and (old is None or old.due != new.due):
            heapq.heappush(self._deadlines, (new.due, bound.rule.name, key))

    def _effect(self, effect: Effect, now: int, out: Decision) -> None:
        if isinstance(effect, Raise | Clear | Suppress):
            if isinstance(effect, Raise):
                self._attempt.raised.append(effect)
            self.book.apply(effect, now, out)
        elif isinstance(effect, Record):
            self._record(effect, now, out)
        elif isinstance(effect, Send):
            out.commands.append(Command(effect.node, effect.body))
        elif isinstance(effect, Show):
            payload = _encode(effect.value)
            self._attempt.journal.note(self._views, effect.thing)
            self._views[effect.thing] = payload
            out.views.append((effect.thing, payload))
        elif isinstance(effect, Wake):
            self._look(f"{effect.rule}/{effect.key}", now, out)
        elif isinstance(effect, Tell):
            for bound in self._heard_as(f"tell:{effect.kind}"):
                self._apply(bound, effect.key, effect, now, out)

    def _record(self, record: Record, now: int, out: Decision) -> None:
        """Keep an entry, and at once what follows from it for the rows."""
        entry = Entry(record.kind, record.body)
        self._writable(entry)
        out.entries.append(entry)
        changes = tuple(projected(record.kind, record.body, now, self.ctx.rows))
        out.states.extend(self.ctx.rows.change(change) for change in changes)
