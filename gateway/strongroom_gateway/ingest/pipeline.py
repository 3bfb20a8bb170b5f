"""Messages in, decided at once, committed, acknowledged.

The receiving thread decodes, leaves out what was taken already, lets the room decide, and publishes
alarms and commands at once. The rest goes to the writer, and only when it is on the disk are the
messages acknowledged, to the broker and to the node. Nothing is dropped in silence: a message is
committed, a duplicate, or quarantined with a reason; or, when more wait for the disk than
``pending_limit``, shed: decided on, released to the broker, but not acknowledged to the node, which
sends it again.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ..ledger.work import Work
from ..transport.port import Inbound, Transport
from .acks import Acks
from .backlog import PENDING_LIMIT, Backlog, Ticket
from .counters import Counters
from .deciding import Deciding
from .intake import Intake
from .marks import Load, decided_key
from .port import Decision, Room
from .publisher import Publisher
from .taking import Batch, Taking

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Pipeline:
    """The ingest of one room."""

    def __init__(
        self,
        room_id: str,
        room: Room,
        transport: Transport,
        append: Callable[[Work], None],
        load_mark: Load,
        clock: Callable[[], int],
        pending_limit: int = PENDING_LIMIT,
    ) -> None:
        """Wire the ingest; nothing runs yet.

        append         queues a work for the writer, which calls `committed` and `recording`
        load_mark      reads a mark from the ledger
        clock          Unix ms that never go back
        pending_limit  how many messages may wait for the disk
        """
        self._room = room
        self._transport = transport
        self._clock = clock
        self._backlog = Backlog(append, pending_limit)
        self._lock = threading.RLock()
        self._recording = True
        self._why = ""
        self._linked = False
        self._closed = False
        self.publisher = Publisher(room_id, transport)
        self.acks = Acks(self.publisher.ack, clock)
        self.counters = counters = Counters()
        self._deciding = Deciding(room_id, room, self.publisher, self._backlog, counters)
        self._intake = Intake(
            room_id, room, self._deciding, self.publisher, self._backlog, counters, load_mark
        )
        self._marks = self._intake.marks

    # -- what the transport calls ------------------------------------------------------------------

    def on_messages(self, messages: list[Inbound]) -> None:
        """Take received messages, in their order."""
        with self._lock:
            if self._closed:
                return
            taking = self._begin()
            self._intake.take(messages, taking)
            self._finish(taking, messages)
        if self._recording:
            self._backlog.give_way()

    def on_link(self, up: bool) -> None:
        """Take note of the link; a broker that is back gets everything that is retained."""
        with self._lock:
            self._linked = up
            if up and not self._closed:
                self.publisher.everything(self._room.standing(), self._recording, self._why)
        if up:
            self.acks.flush()

    # -- what the writer calls ---------------------------------------------------------------------

    def committed(self, works: Sequence[Work], more: bool) -> None:
        """Acknowledge what is on the disk now."""
        messages: list[Inbound] = []
        for work in works:
            batch: Batch = work.context
            messages += batch.messages
            self.acks.add(batch.acks)
        self._backlog.committed(works)
        self._transport.ack(messages)
        self.acks.flush(busy=more)

    def recording(self, on: bool, why: str) -> None:
        """Raise or end the alarm that the ledger does not take the record."""
        if on:
            log.warning("the ledger takes the record again")
        else:
            log.error("the ledger does not take the record: %s", why)
        with self._lock:
            self._recording, self._why = on, why
            taking = self._begin()
            self._deciding.fault(
                "ledger.not_recording", not on, taking, "", {"why": why} if why else {}
            )
            self.publisher.gateway("online", on, why)
            self._finish(taking, [])

    # -- what the service calls --------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass for the room; called a few times a second."""
        with self._lock:
            taking = self._begin()
            self._deciding.keep(
                self._deciding.ask(taking, "tick", self._room.tick, taking.now), taking
            )
            self._finish(taking, [])
        self.acks.flush()  # those that found no room in the transport when they were due

    def act(self, decide: Callable[[int], Decision]) -> Ticket:
        """Carry out a decision that no message leads to: the start, or a person's act.

        Returns what to wait for with `recorded`. What ``decide`` raises is the caller's, and
        nothing has happened then.
        """
        with self._lock:
            taking = self._begin()
            self._deciding.keep(decide(taking.now), taking)
            self._finish(taking, [])
            return self._backlog.ticket()

    def without_memory(self) -> None:
        """Take no message for good until `remember`: the room's rows could not be read."""
        self._intake.unread.blind = True

    def remember(self, decide: Callable[[int], Decision]) -> None:
        """Carry out the decision by which the room has its memory back; ask for what came before."""
        with self._lock:
            self._intake.unread.blind = False
            self.act(decide)
            for node in self._intake.unread.to_be_asked():
                self.publisher.greet(node, self._clock())

    def recorded(self, ticket: Ticket, seconds: float) -> bool:
        """Wait until what `act` returned is on the disk; False when it takes longer than that."""
        return self._backlog.wait_for(ticket, seconds)

    def look(self, at: Callable[[], Answer]) -> Answer:
        """Return what ``at`` returns while nothing changes the room."""
        with self._lock:
            return at()

    def close(self) -> None:
        """Take no more messages, hand over what was held aside; then the writer may be stopped."""
        with self._lock:
            self._closed = True
            self._backlog.hand_over()

    def farewell(self) -> None:
        """Send the last acknowledgements, and tell the broker that the gateway leaves."""
        self.acks.flush()
        self.publisher.gateway("offline", False, "stopped")

    @property
    def pending(self) -> int:
        """How many messages wait for the disk."""
        return self._backlog.pending

    @property
    def has_room(self) -> bool:
        """Whether there is room for what people ask for."""
        return self._backlog.has_room_aside

    @property
    def is_recording(self) -> bool:
        """Whether the ledger takes the record."""
        return self._recording

    @property
    def linked(self) -> bool:
        """Whether there is a link to the broker."""
        return self._linked

    def missing(self) -> int:
        """Return how many messages are missing below one that came, on lanes in use."""
        with self._lock:
            return self._marks.missing()

    def refused_by_reason(self) -> Mapping[str, int]:
        """Return how many messages were refused since the start, by reason."""
        with self._lock:
            return dict(self._intake.refused.by_reason)

    # -- batches -------------------------------------------------------------------------------------

    def _begin(self) -> Taking:
        taking = Taking(self._clock())
        if self._backlog.settled:
            self._room.settled()
        self._backlog.begin(taking)
        return taking

    def _finish(self, taking: Taking, messages: list[Inbound]) -> None:
        """Queue what a batch leads to; release what the broker need not keep for the disk."""
        if taking.released:
            self._transport.ack(taking.released)
            released = set(map(id, taking.released))
            messages = [message for message in messages if id(message) not in released]
        if messages or not taking.is_empty():
            acks = {}
            for key, mark in taking.touched.items():
                acks[key] = mark.high
                if mark.settle():
                    taking.work.states[decided_key(key)] = None
                taking.work.marks[key] = (mark.high, mark.text())
                mark.work = self._backlog.last + 1
            self._backlog.enqueue(taking.work, messages, acks, max(taking.weight, 1))
        self._marks.forget(self._backlog.last_committed)
