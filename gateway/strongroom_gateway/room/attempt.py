"""A decision in the making: how much of it there is, so that a part of it can be taken back."""

from typing import NamedTuple

from ..ingest.port import Decision
from .effects import Raise
from .journal import Journal


class Mark(NamedTuple):
    """How far journal, decision and what was raised had come."""

    journal: int
    raised: int
    alarms: int
    commands: int
    entries: int
    states: int
    views: int


START = Mark(0, 0, 0, 0, 0, 0, 0)


class Attempt:
    """What the room changes while it decides, from one call to the next."""

    __slots__ = ("journal", "raised")

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.raised: list[Raise] = []

    def begin(self) -> None:
        """A new decision: the one before stays as it is."""
        self.journal.forget()
        if self.raised:
            self.raised.clear()

    def mark(self, out: Decision) -> Mark:
        """Return how far it has come."""
        return Mark(
            self.journal.mark(),
            len(self.raised),
            len(out.alarms),
            len(out.commands),
            len(out.entries),
            len(out.states),
            len(out.views),
        )

    def back(self, mark: Mark, out: Decision) -> list[Raise]:
        """Take back all that came after a mark; return what had been raised in it."""
        self.journal.back(mark.journal)
        for kept, many in (
            (out.alarms, mark.alarms),
            (out.commands, mark.commands),
            (out.entries, mark.entries),
            (out.states, mark.states),
            (out.views, mark.views),
        ):
            del kept[many:]
        raised = self.raised[mark.raised :]
        del self.raised[mark.raised :]
        return raised
