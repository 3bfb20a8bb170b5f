"""What waits for the disk: how much of it, and what is held aside while too much waits."""

import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ..ledger.work import EntryRow, Work
from ..transport.port import Inbound
from .marks import Key
from .taking import Batch, Taking, empty_work

PENDING_LIMIT: Final = 20_000
MOST_PENDING: Final = 60_000  # MQTT has 65,535 packet ids for messages that are not acknowledged
CROWD: Final = 2_000
MOST_HELD: Final = 10
"""Times the limit: so many entries of decisions are held that change what the room knows."""
YIELD_SECONDS: Final = 0.005


class Ticket(NamedTuple):
    """What to wait for: a work, and what was held aside so far."""

    work: int
    held: int


class Backlog:
    """The works on their way to the writer, by number, in their order.

    `committed` is called in the writer's thread; all the rest under the pipeline's lock, but for the
    properties and the two that wait.
    """

    def __init__(self, append: Callable[[Work], None], limit: int) -> None:
        """``append`` queues a work for the writer; ``limit`` is how many messages may wait."""
        if not 1 <= limit <= MOST_PENDING:
            raise ValueError(f"pending_limit {limit} is not within 1..{MOST_PENDING}")
        self._append = append
        self._limit = limit
        self._progress = threading.Event()
        self._written = threading.Condition()
        self._queued = 0  # written under the pipeline's lock
        self._done = 0  # written by the writer's thread only
        self.held = empty_work()
        """What was decided while too much waited: it goes before anything that comes later."""
        self.last = 0
        """Number of the last work that was queued."""
        self.last_committed = 0
        """Number of the last work that is on the disk."""
        self._handed_over = 0
        self._held_committed = 0  # of what was handed over; written by the writer's thread only

    @property
    def pending(self) -> int:
        """How many messages wait for the disk."""
        return self._queued - self._done

    @property
    def settled(self) -> bool:
        """Whether every state that was decided is on the disk."""
        return self._queued == self._done and not self.held.states

    @property
    def has_room_aside(self) -> bool:
        """Whether little enough is held aside for more than has to be."""
        return len(self.held.entries) < self._limit

    def is_full(self, taking: Taking) -> bool:
        """Return whether too much waits; once it does, it does for the rest of the batch.

        So what is held aside comes after all that this batch hands over, and before the next.
        """
        if self._queued + taking.weight - self._done >= self._limit:
            taking.full = True
        return taking.full

    def begin(self, taking: Taking) -> None:
        """Queue what was held aside, if there is room again."""
        if not self.is_full(taking):
            self.hand_over()

    def hand_over(self) -> None:
        """Queue what was held aside, before anything that comes later."""
        held = self.held
        if self._holds:
            self.held = empty_work()
            self._handed_over += 1
            self.enqueue(held, [], {}, max(len(held.entries), 1), held=True)

    def has_room(self, entries: int, taking: Taking, *, rows: bool = False) -> bool:
        """Return whether so many entries of a decision can be kept, on their way or aside.

        Those of a decision that changes rows are few, and what follows rests on them: a session at
        the desk, the place of a box. More of them are held than of those that only say something.
        """
        if not self.is_full(taking):
            return True
        return len(self.held.entries) + entries <= self._limit * (MOST_HELD if rows else 1)

    def keep(
        self, rows: list[EntryRow], states: Sequence[tuple[str, str | None]], taking: Taking
    ) -> None:
        """Add to the batch's work, or hold aside while too much waits."""
        work = self.held if self.is_full(taking) else taking.work
        work.entries += rows
        work.states.update(states)

    def enqueue(
        self,
        work: Work,
        messages: list[Inbound],
        acks: dict[Key, int],
        weight: int,
        *,
        held: bool = False,
    ) -> None:
        """Queue a work; ``messages`` and ``acks`` are acknowledged when it is on the disk."""
        self.last += 1
        work.context = Batch(messages, acks, self.last, weight, held)
        self._queued += weight
        self._append(work)

    def committed(self, works: Sequence[Work]) -> None:
        """Take note of works that are on the disk."""
        self._done += sum(work.context.weight for work in works)
        self._progress.set()
        with self._written:
            self.last_committed = works[-1].context.number
            self._held_committed += sum(work.context.held for work in works)
            self._written.notify_all()

    def give_way(self) -> None:
        """Let the writer have its turn: a burst comes faster than it can be written.

        The wait is short, so that a disk that hangs delays no alarm to speak of.
        """
        if self.pending > CROWD:
            self._progress.clear()
            self._progress.wait(YIELD_SECONDS)

    @property
    def _holds(self) -> bool:
        return bool(self.held.entries or self.held.states or self.held.more)

    def ticket(self) -> Ticket:
        """Return what to wait for so that all that was kept so far is on the disk."""
        return Ticket(self.last, self._handed_over + self._holds)

    def wait_for(self, ticket: Ticket, seconds: float) -> bool:
        """Wait until all of a ticket is on the disk; False when it takes longer than that."""
        with self._written:
            return self._written.wait_for(
                lambda: self.last_committed >= ticket.work and self._held_committed >= ticket.held,
                seconds,
            )
