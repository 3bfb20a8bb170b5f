"""The book of alarms as the room sees it; the domain `alarms` keeps it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from ..ingest.port import Decision
from .effects import Clear, Raise, Suppress
from .journal import Journal


class Book(Protocol):
    """The alarms that stand."""

    prefix: str
    journal: Journal
    """Where it notes what it changes, so that the room can take it back."""

    def restore(self, rows: Mapping[str, str]) -> list[str]:
        """Take over persisted rows; return the keys of those that mean nothing to this version."""
        ...

    def apply(self, effect: Raise | Clear | Suppress, now: int, out: Decision) -> None:
        """Take note of a condition; write what changes into `out`."""
        ...

    def tick(self, alarm: str, now: int, out: Decision) -> None:
        """Take an alarm off the shelf when its time is over."""
        ...

    def dues(self) -> Iterable[tuple[int, str]]:
        """Return the times at which `tick` wants to be called, with the alarm's id."""
        ...

    def rows(self) -> Mapping[str, str]:
        """Return all rows."""
        ...

    def standing(self, out: Decision) -> None:
        """Write all alarms that are to be shown into `out`."""
        ...
