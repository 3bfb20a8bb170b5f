"""A gateway put together and running: ledger, room, ingest, transport, clock, API.

Each part that can fail is left to try again by itself: the broker may be away, the disk may take
nothing, the port may be taken, and alarms still go out.
"""

import logging
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from .api.app import admin_app, read_app
from .api.server import ApiServer
from .assembly import open_book, open_room
from .config import Settings
from .errors import LedgerError
from .history.running import history_thread
from .ingest.marks import Saved
from .ingest.pipeline import Pipeline
from .ingest.port import Decision, Entry
from .ledger.checkpointer import Checkpointer, Plan
from .ledger.reader import Reader
from .ledger.storage import SqliteStorage, Storage
from .ledger.store import Store
from .ledger.work import Work
from .ledger.writer import Writer
from .steady import SteadyClock
from .surface import Surface
from .transport.port import Transport

TICK_S = 0.2
_CLOCK_EVERY = 50  # ticks
_REMEMBER_EVERY = 5
_SOON = 15  # ticks after which a broker that never answered is said to be away
_BACK_AT_MOST = 3_600_000  # ms the clock is kept from going back at a start
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

log = logging.getLogger(__name__)


class Gateway:
    """Everything of one room. `start` returns at once, `stop` when all is on the disk."""

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        storage: Storage | None = None,
        clock: SteadyClock | None = None,
    ) -> None:
        config = settings.config
        self.settings = settings
        self._transport = transport
        self._store = Store(storage or SqliteStorage(config.ledger.path), config.ledger.tree)
        self.reader = Reader(config.ledger.path)
        self._open_store()
        states = self._states()
        self._blind = states is None
        self.clock = clock or SteadyClock(not_before=self._last_time())
        book = open_book(settings)
        self.room = open_room(settings, states or {}, book, self.reader)
        self.writer = Writer(self._store, self._committed, self._recording)
        self.checkpoints = self._checkpointer()
        self.pipeline = Pipeline(
            config.room.id,
            self.room,
            transport,
            self.writer.append,
            self._load_mark,
            self.clock.now,
            config.ledger.pending_limit,
        )
        if self._blind:
            self.pipeline.without_memory()
        self.surface = Surface(
            settings,
            self.room,
            book,
            self.pipeline,
            self.writer,
            self.reader,
            self.clock.now,
        )
        self.surface.checkpoints = self.checkpoints
        self.api = ApiServer(
            read_app(self.surface, _hosts(config.api.host)),
            (config.api.host, config.api.port),
            admin_app(self.surface, self.surface),
            config.api.admin_socket,
        )
        self.history = history_thread(settings, self.reader, self._enter, self.clock.now)
        self.surface.history = self.history
        self._linked: bool | None = None
        self._stopping = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)

    def start(self) -> None:
        """Start all threads. The API may come a moment later; the broker may come any time."""
        self.writer.start()
        self.pipeline.act(self._begin)
        self._transport.start(self.pipeline.on_messages, self._on_link)
        self._ticker.start()
        if self.checkpoints is not None:
            self.checkpoints.start()
        if self.history is not None:
            self.history.start()
        self.api.start()

    def stop(self) -> None:
        """Take no more, commit what waits, say so to nodes and broker, end all threads."""
        self._stopping.set()
        self._ticker.join(5.0)
        if self.history is not None:
            self.history.stop()
        self.pipeline.close()
        if self.checkpoints is not None:
            self.checkpoints.stop()
        if not self.writer.stop(10.0):
            log.error("the ledger did not end in time; what it did not take will come again")
        self.pipeline.farewell()
        self._transport.stop()
        self.api.stop()
        self._store.close()
        self.reader.close()
        log.info("stopped")

    def _enter(self, kind: str, body: Mapping[str, Any]) -> None:
        """Put an entry of the gateway's own into the ledger."""
        self.pipeline.act(lambda _: Decision(entries=[Entry(kind, body)]))

    def _checkpointer(self) -> Checkpointer | None:
        config = self.settings.config.ledger
        made = config.checkpoint
        if made is None:
            log.warning("no checkpoints are signed: the configuration has no [ledger.checkpoint]")
            return None
        plan = Plan(made.key, made.every_s, made.entries, made.export)
        return Checkpointer(config.path, plan, self.writer.append, self.clock.now)

    # -- starting --------------------------------------------------------------------------------

    def _open_store(self) -> None:
        try:
            self._store.open()
        except (sqlite3.Error, OSError, LedgerError) as error:
            log.error("the ledger cannot be opened, and is tried again: %s", error)

    def _states(self) -> Mapping[str, str] | None:
        """Return the room's memory, None when it cannot be read."""
        try:
            return self.reader.states()
        except (sqlite3.Error, OSError, LedgerError) as error:
            log.error("the ledger cannot be read, the room begins without memory: %s", error)
            return None

    def _last_time(self) -> int:
        """Return the time of the last entry, unless the clock was set back on purpose since."""
        try:
            last = self.reader.newest_entries(1)
        except (sqlite3.Error, OSError, LedgerError):
            return 0
        wall = SteadyClock().now()
        return last[0].at if last and last[0].at - wall < _BACK_AT_MOST else 0

    def _begin(self, now: int) -> Decision:
        decision = self.room.start(now)
        why = {"rule": "gateway.started", "with_memory": not self._blind}
        decision.entries.insert(
            0, Entry("gateway.started", {"version": version("strongroom"), "why": why})
        )
        return decision

    def _load_mark(self, node: str, boot: int, lane: str) -> Saved | None:
        mark = self.reader.mark(node, boot, lane)
        return None if mark is None else (mark.high, mark.beyond, mark.decided)

    # -- running ---------------------------------------------------------------------------------

    def _tick(self) -> None:
        count = 0
        while not self._stopping.wait(TICK_S):
            self.pipeline.tick()
            count += 1
            if count == _SOON and self._linked is None:
                self._on_link(False)
            if self._blind and count % _REMEMBER_EVERY == 0:
                self._remember()
            if count % _CLOCK_EVERY == 0:
                self._check_clock()

    def _check_clock(self) -> None:
        step = self.clock.check()
        if step is None:
            return
        log.warning("the clock was set from %d to %d, followed: %s", *step)
        why = {"rule": "gateway.clock_step", "followed": step.followed}
        body = {"before": step.before, "after": step.after, "why": why}
        self.pipeline.act(lambda _: Decision(entries=[Entry("gateway.clock_step", body)]))

    def _remember(self) -> None:
        """Take over the memory that could not be read at the start."""
        try:
            states = self.reader.states()
        except (sqlite3.Error, OSError, LedgerError):
            return
        self._blind = False
        self.pipeline.remember(lambda now: self.room.adopt(states, now))
        log.warning("the ledger can be read again, the room has its memory back")

    def _committed(self, works: Sequence[Work], more: bool) -> None:
        batches = [work for work in works if work.context is not None]  # not the checkpoints
        if batches:
            self.pipeline.committed(batches, more)
        if self.checkpoints is not None:
            self.checkpoints.grown(self._store.size)

    def _recording(self, on: bool, why: str) -> None:
        self.surface.why_not_recording = why
        self.pipeline.recording(on, why)

    def _on_link(self, up: bool) -> None:
        if up != self._linked and not self._stopping.is_set():
            self._linked = up
            if up:
                log.warning("the broker answers")
            else:
                log.error("the broker does not answer")
        self.pipeline.on_link(up)


def _hosts(host: str) -> list[str]:
    """Return the names the API may be asked by: its own and those of this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  # what the configuration says, not what we choose
        return ["*"]
    return [*_LOOPBACK, host]
