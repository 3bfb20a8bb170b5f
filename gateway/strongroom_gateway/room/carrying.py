"""Carries out what rules and acts ask for: alarms, entries with their rows, commands, views."""

from collections.abc import Callable, Sequence

import msgspec

from ..errors import UnwritableEntryError
from ..ingest.port import Command, Decision, Entry
from .attempt import Attempt
from .book import Book
from .context import Context
from .effects import (
    Clear,
    Effect,
    Effects,
    Raise,
    Record,
    Send,
    Show,
    Suppress,
    Tell,
    Wake,
)
from .failures import note_failure
from .projections import projected

_encode = msgspec.json.Encoder(order="sorted").encode

OnRules = Callable[[Wake | Tell, int, Decision], None]
"""Lets rules hear what another rule says to them: (effect, now, decision in the making)."""


class Carrying:
    """What becomes of effects. `views` holds the retained views of the room."""

    def __init__(
        self,
        context: Context,
        book: Book,
        attempt: Attempt,
        writable: Callable[[Entry], None],
        on_rules: OnRules,
    ) -> None:
        """`writable` raises UnwritableEntryError for an entry that the ledger could not write."""
        self.ctx = context
        self.book = book
        self.views: dict[str, bytes] = {}
        self._attempt = attempt
        self._writable = writable
        self._on_rules = on_rules

    def carry_out(self, effects: Effects, now: int, out: Decision) -> None:
        """Carry out effects, all of them or none: whatever one of them raises comes out."""
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

    def sound(self, raised: Sequence[Raise], now: int, out: Decision) -> None:
        """Raise alarms whatever became of the decision they are part of."""
        for effect in raised:
            before = self._attempt.mark(out)
            try:
                self._effect(effect, now, out)
            except Exception as error:  # noqa: BLE001  # the next one must sound
                self._attempt.back(before, out)
                note_failure(self.ctx, effect.code, "Raise", error, out)
                continue
            for entry in out.entries[before.entries :]:
                try:
                    self._writable(entry)
                except UnwritableEntryError as error:
                    out.entries.remove(entry)
                    note_failure(self.ctx, effect.code, "Raise", error, out)

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
            self._attempt.journal.note(self.views, effect.thing)
            self.views[effect.thing] = payload
            out.views.append((effect.thing, payload))
        else:
            self._on_rules(effect, now, out)

    def _record(self, record: Record, now: int, out: Decision) -> None:
        """Keep an entry, and at once what follows from it for the rows."""
        entry = Entry(record.kind, record.body)
        self._writable(entry)
        out.entries.append(entry)
        changes = tuple(projected(record.kind, record.body, now, self.ctx.rows))
        out.states.extend(self.ctx.rows.change(change) for change in changes)
