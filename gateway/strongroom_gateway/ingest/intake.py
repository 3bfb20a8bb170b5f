"""What happens to one message: taken once, shed, or quarantined with a reason; none in silence."""

import sqlite3
from collections.abc import Sequence

from ..contract import Decoder, Info, OutboxDropped, Sensed, Status
from ..errors import ContractError, StrongroomError
from ..transport.port import Inbound
from .backlog import Backlog
from .counters import Counters
from .deciding import Deciding
from .marks import Key, Load, Mark, Marks, decided_key
from .port import NOTHING, Decision, Room
from .publisher import Publisher
from .refused import Refused
from .taking import Taking
from .unread import Unread

Decoded = Sensed | Status | Info | ContractError


class Intake:
    """Takes messages in their order. Under the pipeline's lock."""

    def __init__(
        self,
        room_id: str,
        room: Room,
        deciding: Deciding,
        publisher: Publisher,
        backlog: Backlog,
        counters: Counters,
        load_mark: Load,
    ) -> None:
        """``load_mark`` reads a mark from the ledger; ``counters`` says how each message ended."""
        self._room_id = room_id
        self._room = room
        self._deciding = deciding
        self._publisher = publisher
        self._backlog = backlog
        self._counters = counters
        self._decoder = Decoder(room_id)
        self.marks = Marks(load_mark)
        self.refused = Refused()
        self.unread = Unread()

    def take(self, messages: Sequence[Inbound], taking: Taking) -> None:
        """Take a batch; the room is told of all of it before it decides on the first."""
        self._counters.received += len(messages)
        decoded = [self._decode(message, taking.now) for message in messages]
        self._room.foresee([one for one in decoded if isinstance(one, Sensed)])
        for message, said in zip(messages, decoded, strict=True):
            if isinstance(said, Sensed):
                self._take(said, message, taking)
            elif isinstance(said, ContractError):
                self._refuse(message, said, taking)
            else:
                self._presence(said, message, taking)

    def _decode(self, message: Inbound, now: int) -> Decoded:
        try:
            return self._decoder.decode(message.topic, message.payload, now)
        except ContractError as error:
            return error

    def _take(self, sensed: Sensed, message: Inbound, taking: Taking) -> None:
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
        if self.unread.must_wait(key, seq, mark, taking.now) and not dropped:
            self._counters.shed += 1
            taking.released.append(message)
            for node in self.unread.to_be_asked(key):
                self._publisher.greet(node, taking.now)
            return
        taking.weight += 1
        taking.touched[key] = mark
        if not mark.add(seq):
            self._counters.duplicates += 1
            return
        taking.message(self._room_id, sensed)
        if sensed.lane == "event":
            self._counters.events += 1
            if dropped:
                self._drop(sensed.node, dropped, taking)
        else:
            self._counters.readings += 1
        if not mark.is_decided(seq):
            decision = self._deciding.ask(
                taking, message.topic, self._room.decide, sensed, taking.now
            )
            if decision is not NOTHING:
                self._deciding.keep(decision, taking)

    def _presence(self, message: Status | Info, inbound: Inbound, taking: Taking) -> None:
        """Status and info are retained, not recorded: the broker need not keep them for the disk."""
        self._counters.presence += 1
        taking.released.append(inbound)
        if isinstance(message, Status):
            decision = self._deciding.ask(
                taking, inbound.topic, self._room.status, message, taking.now
            )
        else:
            if inbound.retain:
                # The node was there before this subscription: it may have spoken to nobody.
                self._publisher.greet(message.node, taking.now)
            else:
                self._publisher.clock(message, taking.now)
            decision = self._deciding.ask(
                taking, inbound.topic, self._room.info, message, taking.now
            )
        self._deciding.keep(decision, taking)

    def _refuse(self, message: Inbound, error: ContractError, taking: Taking) -> None:
        if self._publisher.own(message):
            self._counters.presence += 1
            taking.released.append(message)
            return
        origin = self._decoder.origin(message.topic, message.payload)
        if origin is not None:
            key = (origin.node, origin.boot, origin.lane)
            mark = self._mark(key)
            if mark is None or self._must_wait(mark, origin.seq, taking):
                self._counters.shed += 1
                taking.released.append(message)
                return
            taking.touched[key] = mark
            if not mark.add(origin.seq):
                taking.weight += 1
                self._counters.duplicates += 1
                return
        self._counters.quarantined += 1
        sender = self._decoder.sender(message.topic)
        if self._backlog.is_full(taking):
            self.refused.count(self._backlog.held, sender, error.reason, taking.now)
            taking.released.append(message)
            return
        taking.weight += 1
        if self.refused.add(taking.work, message, error, sender, origin, now=taking.now):
            why = {"reason": error.reason, "detail": error.detail, "topic": message.topic[:256]}
            self._deciding.fault("message.quarantined", True, taking, sender, why)

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
        if self.unread.blind:
            return None
        try:
            return self.marks.get(key)
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
            self._counters.duplicates += 1
            return
        self._counters.shed += 1
        if mark is not None and (mark.is_decided(seq) or mark.has_sounded(seq)):
            return
        decision = self._deciding.ask(taking, message.topic, self._room.decide, sensed, taking.now)
        if mark is not None and self._may_keep(decision, taking) and mark.remember(seq):
            key = (sensed.node, sensed.boot, sensed.lane)
            self._backlog.keep([], [(decided_key(key), mark.whole_decided())], taking)
            self._deciding.keep(decision, taking)
            return
        # Nobody would know at the next start, or when the message comes again, that it was decided
        # on: only what has to sound is kept, and the room forgets the rest.
        self._counters.unkept_decisions += 1
        self._deciding.keep(
            self._deciding.ask(taking, message.topic, self._room.unkept, taking.now), taking
        )
        if mark is None:
            self.unread.skipped((sensed.node, sensed.boot, sensed.lane), seq, taking.now)
        elif not self.marks.is_crowded:
            mark.sounded_on(seq)

    def _may_keep(self, decision: Decision, taking: Taking) -> bool:
        """Return whether a decision can be kept whose message cannot."""
        return self._deciding.may_keep(decision, taking) and not self.marks.is_crowded
