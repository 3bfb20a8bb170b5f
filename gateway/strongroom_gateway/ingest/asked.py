"""Acts that people ask for: each done once, however often it is asked for with the same id.

An answer that takes too long must not be "no": the act may be on its way to the disk. So it says that
the act was accepted, and under which id; who asks again with that id gets the same answer, and learns
when it is on the disk. What was asked for is remembered with the entries, in the same transaction: it
is known after a power cut exactly if they are.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from uuid import uuid4

import msgspec

from ..errors import NotRecordingError, RefusedActError, RowsUnreadableError
from .backlog import Ticket
from .port import Decision

REMEMBERED_MS: Final = 86_400_000
"""How long an id is remembered."""
_BY_ID: Final = "asked/id/"
_BY_TIME: Final = "asked/at/"
_MOST_FORGOTTEN: Final = 8  # with each new one, so that a burst is forgotten as fast as it came
_MOST_WAITING: Final = 256  # before it is looked which are on the disk


class Answer(msgspec.Struct, frozen=True):
    """What became of an act."""

    id: str
    entries: list[Mapping[str, Any]]
    recorded: bool
    """Whether it is on the disk. What is not is lost when the power goes now."""


class _Kept(msgspec.Struct, frozen=True):
    what: str
    entries: list[Mapping[str, Any]]


class Asking(msgspec.Struct, frozen=True):
    """What was asked for and decided on; without a ticket when it is on the disk."""

    id: str
    kept: _Kept
    ticket: Ticket | None


class Acting(Protocol):
    """What of the pipeline is needed here."""

    @property
    def is_recording(self) -> bool:
        """Whether the ledger takes the record."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether there is room for what people ask for."""
        ...

    def act(self, decide: Callable[[int], Decision]) -> Ticket:
        """Carry out a decision; return what to wait for."""
        ...

    def recorded(self, ticket: Ticket, seconds: float) -> bool:
        """Wait until it is on the disk; False when it takes longer than that."""
        ...


class Remembered(Protocol):
    """What of the ledger's reader is needed here."""

    def row(self, key: str) -> str | None:
        """Return what is stored under a key; RowsUnreadableError."""
        ...

    def rows(self, after: str, until: str, limit: int) -> list[tuple[str, str]]:
        """Return keys behind `after` and before `until`; RowsUnreadableError."""
        ...


class Asked:
    """Safe from any thread."""

    def __init__(self, pipeline: Acting, record: Remembered, now: Callable[[], int]) -> None:
        """``now`` is the clock that the pipeline decides by, Unix ms."""
        self._pipeline = pipeline
        self._record = record
        self._now = now
        self._asking = threading.Lock()
        self._waiting: dict[str, tuple[_Kept, Ticket]] = {}

    def act(
        self, name: str | None, what: str, decide: Callable[[int], Decision], seconds: float
    ) -> Answer:
        """Do what is asked for, unless it has been done; wait at most so long for the disk.

        name  the id it is asked for with; None: it gets one
        what  what is asked for: the same words for the same act

        Raises what ``decide`` raises, RefusedActError when the id is that of something else,
        NotRecordingError while the record takes nothing new; nothing has happened then.
        """
        return self.answer(self.ask(name, what, decide), seconds)

    def ask(
        self,
        name: str | None,
        what: str,
        decide: Callable[[int], Decision],
        in_any_case: bool = False,
    ) -> Asking:
        """Do what is asked for, unless it has been done, and wait for nothing; as `act`.

        in_any_case  also while the record takes nothing new, or cannot be read: an alarm can be
                     silenced then too
        """
        new = name or uuid4().hex
        with self._asking:
            found = None if name is None else self._known(name, in_any_case)
            kept, ticket = found or self._begin(new, what, decide, in_any_case)
        return _same(Asking(new, kept, ticket), what)

    def known(self, name: str | None, what: str) -> Asking | None:
        """Return what was done when it was asked for with an id, None when it was not; as `act`."""
        with self._asking:
            found = None if name is None else self._known(name, False)
        return None if name is None or found is None else _same(Asking(name, *found), what)

    def answer(self, asking: Asking, seconds: float) -> Answer:
        """Wait at most so long for the disk, and return what became of it."""
        recorded = asking.ticket is None or self._pipeline.recorded(asking.ticket, seconds)
        if recorded:
            with self._asking:
                self._waiting.pop(asking.id, None)
        return Answer(asking.id, asking.kept.entries, recorded)

    def _known(self, name: str, in_any_case: bool) -> tuple[_Kept, Ticket | None] | None:
        """Return what was asked for with an id; without a ticket when it is on the disk."""
        waiting = self._waiting.get(name)
        if waiting is not None:
            return waiting
        try:
            stored = self._record.row(_BY_ID + name)
        except RowsUnreadableError as error:
            if in_any_case:
                return None
            raise NotRecordingError(str(error)) from error
        return None if stored is None else (msgspec.json.decode(stored, type=_Kept), None)

    def _begin(
        self, name: str, what: str, decide: Callable[[int], Decision], in_any_case: bool
    ) -> tuple[_Kept, Ticket]:
        takes = self._pipeline.is_recording and self._pipeline.has_room
        if not (takes or in_any_case):
            raise NotRecordingError
        old = self._old() if takes else []
        kept = _Kept(what, [])

        def remembered(now: int) -> Decision:
            decision = decide(now)
            kept.entries.extend({"kind": e.kind, "body": e.body} for e in decision.entries)
            decision.states.append((_BY_ID + name, msgspec.json.encode(kept).decode()))
            decision.states.append((f"{_BY_TIME}{now:013d}/{name}", ""))
            decision.states.extend((key, None) for key in old)
            return decision

        ticket = self._pipeline.act(remembered)
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting = {
                key: one
                for key, one in self._waiting.items()
                if not self._pipeline.recorded(one[1], 0)
            }
        self._waiting[name] = kept, ticket
        return kept, ticket

    def _old(self) -> list[str]:
        """Return the keys of some ids that need not be remembered any more."""
        until = f"{_BY_TIME}{self._now() - REMEMBERED_MS:013d}"
        try:
            found = self._record.rows(_BY_TIME, until, _MOST_FORGOTTEN)
        except RowsUnreadableError:
            return []  # then with a later one
        times = [key for key, _ in found]
        return times + [_BY_ID + key[len(_BY_TIME) :].partition("/")[2] for key in times]


def _same(asking: Asking, what: str) -> Asking:
    """Return it; RefusedActError when the id is that of something else."""
    if asking.kept.what != what:
        raise RefusedActError("act.other_id", {"id": asking.id})
    return asking
