"""The running gateway as the API and people see it. Safe from any thread."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from .alarms.book import Act, AlarmBook, AlarmRecord
from .alarms.isa182 import RefusedError, State
from .api.exposition import render
from .api.metrics import families
from .api.source import Answer, Reason
from .config import Settings
from .errors import NotRecordingError, OutsideTreeError
from .history.running import HistoryThread
from .ingest.asked import Answer as Done
from .ingest.asked import Asked
from .ingest.pipeline import Pipeline
from .ingest.port import Decision, Entry
from .ledger.checkpointer import Checkpointer
from .ledger.correction import KIND as CORRECTION
from .ledger.correction import TIME, correction
from .ledger.reader import Reader
from .ledger.writer import Writer
from .room.acts import ActKind, known_acts
from .room.context import Context
from .room.core import Room

_CHECKPOINT = {"make": "health.no_checkpoint", "export": "health.checkpoint_stays"}
_RECENT_MS = 60_000
_MINUTE_MS = 60_000
_ACT_SECONDS = 5.0
_MOST_WAITING = 256
"""Entries whose corrections are remembered before it is looked which are on the disk."""


class Surface:
    """Reads and acts go through the pipeline's lock, so that they meet a room between two events."""

    def __init__(
        self,
        settings: Settings,
        room: Room,
        book: AlarmBook,
        pipeline: Pipeline,
        writer: Writer,
        record: Reader,
        now: Callable[[], int],
    ) -> None:
        self.settings = settings
        self.record = record
        self.now = now
        self.why_not_recording = ""
        self.checkpoints: Checkpointer | None = None
        self.history: HistoryThread | None = None
        self._room, self._book = room, book
        self._pipeline, self._writer = pipeline, writer
        self._asked = Asked(pipeline, record, now)
        self._shed = (0, -_RECENT_MS)
        self._correcting = threading.Lock()
        self._waiting: dict[int, tuple[int, list[Mapping[str, Any]]]] = {}
        """Corrections that may not be on the disk yet, by entry: how many were before them."""

    # -- api.source.Source -------------------------------------------------------------------------

    def states(self, rule: str) -> Mapping[str, Any]:
        """Return what a rule of the room remembers, by key."""
        return self._pipeline.look(lambda: self._room.states(rule))

    def look(self, at: Callable[[Context], Answer]) -> Answer:
        """Return what `at` returns while nothing changes the room."""
        return self._pipeline.look(lambda: at(self._room.ctx))

    def alarms(self) -> Sequence[AlarmRecord]:
        """Return the alarms that are not normal, oldest first."""
        return self._pipeline.look(self._book.records)

    def troubles(self) -> Sequence[Reason]:
        """Return every reason why the gateway is not well."""
        found = []
        if not self._pipeline.is_recording:
            found.append(Reason("health.not_recording", {"reason": self.why_not_recording}))
        if not self._pipeline.linked:
            found.append(Reason("health.broker_away"))
        why_not = {} if self.checkpoints is None else self.checkpoints.troubles
        for what, reason in why_not.items():
            found.append(Reason(_CHECKPOINT[what], {"reason": reason}))
        if self.history is not None and self.history.trouble:
            found.append(Reason("health.history", {"reason": self.history.trouble}))
        before, since = self._shed
        shed = self._pipeline.counters.shed
        if shed > before:
            self._shed = (shed, self.now())
            since = self.now()
        if self.now() - since < _RECENT_MS:
            found.append(Reason("health.shed", {"count": shed}))
        return found

    def metrics(self) -> str:
        """Return the counters in the Prometheus text format."""
        counters = self._pipeline.look(lambda: dict(self._room.ctx.counters))
        return render(families(self._pipeline, self._writer, self.alarms(), counters))

    # -- api.source.Operator
    # -------------------------------------------------------------------------

    def acknowledge(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody has seen it."""
        return self._act(
            ["acknowledge", alarm, by, comment],
            name,
            lambda b, now, out: b.acknowledge(Act(alarm, by, comment, now), out),
        )

    def reset(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody ends a latched alarm."""
        return self._act(
            ["reset", alarm, by, comment],
            name,
            lambda b, now, out: b.reset(Act(alarm, by, comment, now), out),
        )

    def shelve(
        self, alarm: str, by: str, comment: str, minutes: int, name: str | None = None
    ) -> Done:
        """Somebody silences it for some minutes; RefusedError when for longer than allowed."""
        most = self.settings.config.alarms.shelve_max_minutes
        if minutes > most:
            raise RefusedError("alarm.refused.too_long", State.SHLVD, {"limit": most})
        return self._act(
            ["shelve", alarm, by, comment, minutes],
            name,
            lambda b, now, out: b.shelve(
                Act(alarm, by, comment, now), now + minutes * _MINUTE_MS, out
            ),
        )

    def unshelve(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody takes it off the shelf."""
        return self._act(
            ["unshelve", alarm, by, comment],
            name,
            lambda b, now, out: b.unshelve(Act(alarm, by, comment, now), out),
        )

    def take_out(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody takes the point out of service."""
        return self._act(
            ["take_out", alarm, by, comment],
            name,
            lambda b, now, out: b.take_out(Act(alarm, by, comment, now), out),
        )

    def put_back(self, alarm: str, by: str, comment: str, name: str | None = None) -> Done:
        """Somebody puts the point back into service."""
        return self._act(
            ["put_back", alarm, by, comment],
            name,
            lambda b, now, out: b.put_back(Act(alarm, by, comment, now), out),
        )

    def correct(
        self,
        idx: int,
        changes: Mapping[str, Any],
        who: str,
        why: str,
        name: str | None = None,
        seconds: float = _ACT_SECONDS,
    ) -> Done:
        """Correct an entry by a new one, once for each id; return it, and whether it is on the disk
        after some seconds. Nothing is rewritten.

        Raises OutsideTreeError when there is no such entry, CorrectionError when it cannot be
        corrected like that, RefusedActError when the id is that of something else,
        NotRecordingError when there is no room for more that waits for the disk.
        """
        what = _digest("correct", idx, dict(changes), who, why)
        with self._correcting:
            asking = self._asked.known(name, what)
            if asking is None:
                entry = self._correction(idx, changes, who, why)
                made = Decision(entries=[entry])
                before, waiting = self._waiting.get(idx, (0, []))
                asking = self._asked.ask(name, what, lambda _: made, in_any_case=True)
                self._waiting[idx] = before, [*waiting, entry.body]
        return self._asked.answer(asking, seconds)

    def _correction(self, idx: int, changes: Mapping[str, Any], who: str, why: str) -> Entry:
        """Return the entry that corrects one, and note what waits before it; as `correct`."""
        found = self.record.entry(idx)
        if found is None:
            raise OutsideTreeError(idx, self.record.head().size)
        recorded = found.body | {TIME: found.time}
        if not self._pipeline.has_room:
            raise NotRecordingError(self.why_not_recording)
        if len(self._waiting) >= _MOST_WAITING:
            for one in list(self._waiting):
                on_disk, waiting = self._corrections_of(one)
                if waiting:
                    self._waiting[one] = len(on_disk), waiting
        on_disk, waiting = self._corrections_of(idx)
        self._waiting[idx] = len(on_disk), waiting
        body = correction(idx, found.kind, recorded, changes, who, why, on_disk + waiting)
        return Entry(CORRECTION, body, found.node)

    def _corrections_of(self, idx: int) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        """Return the corrections of an entry that are on the disk, and those on their way there.

        They get there in their order, so what has come since is the beginning of what waited.
        """
        on_disk: list[Mapping[str, Any]] = [one.body for one in self.record.corrections(idx)]
        before, waiting = self._waiting.pop(idx, (0, []))
        return on_disk, waiting[len(on_disk) - before :]

    def act(self, kind: str, by: str, body: Mapping[str, Any], name: str | None = None) -> Done:
        """Do what a person asks for, once for each id; return the entries it led to, and whether
        they are on the disk.
        """

        def decide(now: int) -> Decision:
            return self._room.act(kind, by, body, now)

        try:
            return self._asked.act(name, _digest(kind, by, body), decide, _ACT_SECONDS)
        except NotRecordingError as error:
            raise NotRecordingError(str(error) or self.why_not_recording) from error

    def acts(self) -> Mapping[str, ActKind]:
        """Return everything that can be asked for."""
        return known_acts()

    def _act(
        self,
        what: Sequence[Any],
        name: str | None,
        change: Callable[[AlarmBook, int, Decision], None],
    ) -> Done:
        """Change the book, once for each id; what it refuses comes out as an exception and changes
        nothing. It is done also while the disk takes nothing, and then nobody waits for that.
        """

        def decide(now: int) -> Decision:
            return self._room.operate(lambda book, out: change(book, now, out))

        asking = self._asked.ask(name, _digest(*what), decide, in_any_case=True)
        return self._asked.answer(asking, _ACT_SECONDS if self._pipeline.is_recording else 0)


def _digest(*what: Any) -> str:
    """Return the same words for the same act."""
    return sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
