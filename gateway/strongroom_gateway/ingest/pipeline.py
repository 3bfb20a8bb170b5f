"""Messages in, decided at once, committed, acknowledged.

The receiving thread decodes, leaves out what was taken already, lets the room decide, and publishes
alarms and commands at once. The rest goes to the writer, and only when it is on the disk are the
messages acknowledged, to the broker and to the node. Nothing is dropped in silence: a message is
committed, a duplicate, or quarantined with a reason; or, when more wait for the disk than
``pending_limit``, shed: decided on, released to the broker, but not acknowledged to the node, which
sends it again.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from ..contract import Decoder, Info, OutboxDropped, Sensed, Status
from ..errors import ContractError, StrongroomError
from ..ledger.work import Work
from ..transport.port import Inbound, Transport
from .acks import Acks
from .backlog import PENDING_LIMIT, Backlog
from .marks import Key, Load, Mark, Marks, decided_key
from .port import NOTHING, ROWS, Decision, Room
from .publisher import Publisher
from .refused import Refused
from .taking import Batch, Taking, decision_rows, own_row
from .unread import Unread

RULE_FAILED: Final = "gateway.rule_failed"
MOST_FAILURES: Final = 100
"""Failures of rules that are logged and get an entry of their own; all are counted."""

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Counters(msgspec.Struct):
    """How messages ended: each received one is counted in exactly one of the next six."""

    received: int = 0
    events: int = 0
    readings: int = 0
    duplicates: int = 0
    quarantined: int = 0
    shed: int = 0
    presence: int = 0
    """Status and info messages, and the room's own alarms coming back from the broker."""
    rule_failures: int = 0
    unkept_decisions: int = 0
    """Decisions on shed messages that were taken back; the message comes again, and is decided on."""


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
        self._room_id = room_id
        self._room = room
        self._transport = transport
        self._clock = clock
        self._decoder = Decoder(room_id)
        self._marks = Marks(load_mark)
        self._refused = Refused()
        self._unread = Unread()
        self._backlog = Backlog(append, pending_limit)
        self._lock = threading.RLock()
        self._recording = True
        self._why = ""
        self._linked = False
        self._closed = False
        self.publisher = Publisher(room_id, transport)
        self.acks = Acks(self.publisher.ack, clock)
        self.counters = Counters()

    # -- what the transport calls ------------------------------------------------------------------

    def on_messages(self, messages: list[Inbound]) -> None:
        """Take received messages, in their order."""
        with self._lock:
            if self._closed:
                return
            taking = self._begin()
            self.counters.received += len(messages)
            for message in messages:
                self._take(message, taking)
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
            self._fault("ledger.not_recording", not on, taking, "", {"why": why} if why else {})
            self.publisher.gateway("online", on, why)
            self._finish(taking, [])

    # -- what the service calls --------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass for the room; called a few times a second."""
        with self._lock:
            taking = self._begin()
            self._keep(self._ask(taking, "tick", self._room.tick, taking.now), taking)
            self._finish(taking, [])
        self.acks.flush()  # those that found no room in the transport when they were due

    def act(self, decide: Callable[[int], Decision]) -> int:
        """Carry out a decision that no message leads to: the start, or a person's act.

        Returns what to wait for with `recorded`. What ``decide`` raises is the caller's, and
        nothing has happened then.
        """
        with self._lock:
            taking = self._begin()
            self._keep(decide(taking.now), taking)
            self._finish(taking, [])
            return self._backlog.last

    def without_memory(self) -> None:
        """Take no message for good until `remember`: the room's rows could not be read."""
        self._unread.blind = True

    def remember(self, decide: Callable[[int], Decision]) -> None:
        """Carry out the decision by which the room has its memory back; ask for what came before."""
        with self._lock:
            self._unread.blind = False
            self.act(decide)
            for node in self._unread.to_be_asked():
                self.publisher.greet(node, self._clock())

    def recorded(self, work: int, seconds: float) -> bool:
        """Wait until what `act` returned is on the disk; False when it takes longer than that."""
        return self._backlog.wait_for(work, seconds)

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
            return dict(self._refused.by_reason)

    # -- one message -------------------------------------------------------------------------------

    def _take(self, message: Inbound, taking: Taking) -> None:
        try:
            sensed = self._decoder.decode(message.topic, message.payload, taking.now)
        except ContractError as error:
            self._refuse(message, error, taking)
            return
        if not isinstance(sensed, Sensed):
            self._presence(sensed, message, taking)
            return
        key = (sensed.node, sensed.boot, sensed.lane)
        mark = self._mark(key)
        seq = sensed.seq
        dropped = sensed.body if isinstance(sensed.body, OutboxDropped) else None
        if (
            mark is None
            or self._must_wait(mark, seq, taking)
            or (dropped and not self._may_drop(sensed.node, dropped))
        ):
            self._shed(sensed, message, mark, taking)
            return
        if self._unread.must_wait(key, seq, mark, taking.now) and not dropped:
            self.counters.shed += 1
            taking.released.append(message)
            for node in self._unread.to_be_asked(key):
                self.publisher.greet(node, taking.now)
            return
        taking.weight += 1
        taking.touched[key] = mark
        if not mark.add(seq):
            self.counters.duplicates += 1
            return
        taking.message(self._room_id, sensed)
        if sensed.lane == "event":
            self.counters.events += 1
            if dropped:
                self._drop(sensed.node, dropped, taking)
        else:
            self.counters.readings += 1
        if not mark.is_decided(seq):
            decision = self._ask(taking, message.topic, self._room.decide, sensed, taking.now)
            if decision is not NOTHING:
                self._keep(decision, taking)

    def _presence(self, message: Status | Info, inbound: Inbound, taking: Taking) -> None:
        """Status and info are retained, not recorded: the broker need not keep them for the disk."""
        self.counters.presence += 1
        taking.released.append(inbound)
        if isinstance(message, Status):
            decision = self._ask(taking, inbound.topic, self._room.status, message, taking.now)
        else:
            if inbound.retain:
                # The node was there before this subscription: it may have spoken to nobody.
                self.publisher.greet(message.node, taking.now)
            else:
                self.publisher.clock(message, taking.now)
            decision = self._ask(taking, inbound.topic, self._room.info, message, taking.now)
        self._keep(decision, taking)

    def _refuse(self, message: Inbound, error: ContractError, taking: Taking) -> None:
        if self.publisher.own(message):
            self.counters.presence += 1
            taking.released.append(message)
            return
        origin = self._decoder.origin(message.topic, message.payload)
        if origin is not None:
            key = (origin.node, origin.boot, origin.lane)
            mark = self._mark(key)
            if mark is None or self._must_wait(mark, origin.seq, taking):
                self.counters.shed += 1
                taking.released.append(message)
                return
            taking.touched[key] = mark
            if not mark.add(origin.seq):
                taking.weight += 1
                self.counters.duplicates += 1
                return
        self.counters.quarantined += 1
        sender = self._decoder.sender(message.topic)
        if self._backlog.is_full(taking):
            self._refused.count(self._backlog.held, sender, error.reason, taking.now)
            taking.released.append(message)
            return
        taking.weight += 1
        if self._refused.add(taking.work, message, error, sender, origin, now=taking.now):
            why = {"reason": error.reason, "detail": error.detail, "topic": message.topic[:256]}
            self._fault("message.quarantined", True, taking, sender, why)

    def _may_drop(self, node: str, body: OutboxDropped) -> bool:
        mark = self._mark((node, body.of_boot, body.lane))
        return mark is not None and mark.has_room(body.first, body.last)

    def _drop(self, node: str, body: OutboxDropped, taking: Taking) -> None:
        """What the node gave up is no longer waited for."""
        key: Key = (node, body.of_boot, body.lane)
        mark = self._mark(key)
        if mark is not None:
            mark.fill(body.first, body.last)
            taking.touched[key] = mark

    def _mark(self, key: Key) -> Mark | None:
        """Return the mark of a lane; None while the ledger cannot be read."""
        if self._unread.blind:
            return None
        try:
            return self._marks.get(key)
        except (sqlite3.Error, OSError, StrongroomError):
            return None

    # -- when the disk does not keep up --------------------------------------------------------------

    def _must_wait(self, mark: Mark, seq: int, taking: Taking) -> bool:
        """Return whether a message cannot be kept now: the node holds it and sends it again."""
        return self._backlog.is_full(taking) or not mark.has_room(seq, seq)

    def _shed(self, sensed: Sensed, message: Inbound, mark: Mark | None, taking: Taking) -> None:
        """Decide on a message that cannot be kept, once; alarms do not wait for the disk."""
        taking.released.append(message)
        seq = sensed.seq
        if mark is not None and seq in mark:
            self.counters.duplicates += 1
            return
        self.counters.shed += 1
        if mark is not None and (mark.is_decided(seq) or mark.has_sounded(seq)):
            return
        decision = self._ask(taking, message.topic, self._room.decide, sensed, taking.now)
        if mark is not None and self._may_keep(decision, taking) and mark.remember(seq):
            key = (sensed.node, sensed.boot, sensed.lane)
            self._backlog.keep([], [(decided_key(key), mark.whole_decided())], taking)
            self._keep(decision, taking)
            return
        # Nobody would know at the next start, or when the message comes again, that it was decided
        # on: only what has to sound is kept, and the room forgets the rest.
        self.counters.unkept_decisions += 1
        self._keep(self._ask(taking, message.topic, self._room.unkept, taking.now), taking)
        if mark is None:
            self._unread.skipped((sensed.node, sensed.boot, sensed.lane), seq, taking.now)
        elif not self._marks.is_crowded:
            mark.sounded_on(seq)

    def _may_keep(self, decision: Decision, taking: Taking) -> bool:
        """Return whether a decision can be kept whose message cannot."""
        rows = any(key.startswith(ROWS) for key, _ in decision.states)
        room = self._backlog.has_room(len(decision.entries), taking, rows=rows)
        return room and not self._marks.is_crowded

    # -- what follows from a decision ----------------------------------------------------------------

    def _ask(
        self, taking: Taking, about: str, ask: Callable[..., Decision], *arguments: object
    ) -> Decision:
        """Ask the room. A mistake in a rule stops neither the record nor other alarms."""
        try:
            return ask(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever a rule does wrong, the stream goes on
            self._say_failed(about, error, taking)
            return NOTHING

    def _say_failed(self, about: str, error: Exception, taking: Taking) -> None:
        self.counters.rule_failures += 1
        if self.counters.rule_failures <= MOST_FAILURES:
            log.error("a rule failed on %s", about, exc_info=error)
            body = {"about": ascii(about[:256]), "error": ascii(error)[:500]}
            self._backlog.keep([own_row(self._room_id, RULE_FAILED, body, taking.now)], (), taking)

    def _fault(
        self, kind: str, on: bool, taking: Taking, subject: str, why: Mapping[str, Any]
    ) -> None:
        decision = self._ask(taking, kind, self._room.fault, kind, on, taking.now, subject, why)
        self._keep(decision, taking)

    def _keep(self, decision: Decision, taking: Taking) -> None:
        """Publish a decision at once and keep the rest of it."""
        if decision is NOTHING:
            return
        self.publisher.decision(decision)
        try:
            rows = decision_rows(self._room_id, decision, taking.now)
        except ValueError as error:
            self._say_failed("an entry of a decision", error, taking)
            rows = []
        self._backlog.keep(rows, decision.states, taking)

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
