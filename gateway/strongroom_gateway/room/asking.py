"""Asks the rules: each that hears something, and carries out what it decides, wholly or not at all.

A mistake in one rule takes nothing from the others, and what it wanted to raise sounds all the same.
"""

from collections.abc import Callable

from ..ingest.port import NOTHING, Decision, Entry
from .attempt import Attempt
from .book import Book
from .carrying import Carrying
from .context import Context
from .effects import Effects, Input, Raise, Record, Tell, Wake
from .failures import note_failure
from .registry import RuleState
from .states import Bound, States

OnWake = Callable[[str, int, Decision], None]
"""Looks at a key of a rule, "rule/key"."""


class Asking:
    """Asks rules, and remembers what they want to remember."""

    def __init__(
        self,
        context: Context,
        states: States,
        attempt: Attempt,
        book: Book,
        writable: Callable[[Entry], None],
        on_wake: OnWake,
    ) -> None:
        """`writable` raises UnwritableEntryError for an entry that the ledger could not write."""
        self.ctx = context
        self.carrying = Carrying(context, book, attempt, writable, self._on_rules)
        self._states = states
        self._attempt = attempt
        self._on_wake = on_wake

    def all(self, hearing: tuple[Bound, ...], event: Input, now: int) -> Decision:
        """Ask each rule that hears this; the common answer, that nothing changed, must cost little.

        Returns the shared NOTHING when no rule wants anything.
        """
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
        return out

    def one(self, bound: Bound, key: str, event: Input, now: int, out: Decision) -> bool:
        """Ask a rule; return whether it could decide."""
        try:
            new, effects = bound.apply(bound.table.get(key), event, now, self.ctx)
        except Exception as error:  # noqa: BLE001  # see _failed
            self._failed(bound, event, error, out)
            return False
        return self._settle(bound, key, event, new, effects, now, out=out)

    def _settle(
        self,
        bound: Bound,
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
                self._states.store(bound, key, new, out)
            self.carrying.carry_out(effects, now, out)
        except Exception as error:  # noqa: BLE001  # see _failed
            raised = self._attempt.back(before, out)
            raised += [
                e for e in effects if isinstance(e, Raise) and not any(e is r for r in raised)
            ]
            self._failed(bound, event, error, out, effects)
            self.carrying.sound(raised, now, out)
            return False
        return True

    def _failed(
        self, bound: Bound, event: Input, error: Exception, out: Decision, effects: Effects = ()
    ) -> None:
        """Record a mistake in a rule. It must not keep the alarms of the other rules waiting."""
        lost = [effect for effect in effects if isinstance(effect, Record)]
        note_failure(self.ctx, bound.rule.name, type(event).__name__, error, out, lost)

    def _on_rules(self, effect: Wake | Tell, now: int, out: Decision) -> None:
        """Let rules hear what another rule says to them, in the same decision."""
        if isinstance(effect, Wake):
            self._on_wake(f"{effect.rule}/{effect.key}", now, out)
            return
        for bound in self._states.hearing(f"tell:{effect.kind}"):
            self.one(bound, effect.key, effect, now, out)
