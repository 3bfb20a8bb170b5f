"""Makes checkpoints while the gateway runs: at intervals, when the ledger has grown, on request.

A thread of its own, since the folder for exports may be on a network that hangs. It reads the
ledger, signs, and hands the checkpoint to the writer like any other work; what it signs is on the
disk already.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import LedgerError
from . import checkpoint
from .export import export, newest_exported
from .signing import Signer
from .storage import open_reader
from .work import Work

RETRY_S: Final = 60.0

log = logging.getLogger(__name__)


class Plan(NamedTuple):
    """When to make checkpoints, with which key, and where else to put them."""

    key: Path
    every_s: float = 3600.0
    entries: int = 1000
    export: Path | None = None


class Checkpointer:
    """Safe from any thread; `submit` takes works for the writer."""

    def __init__(
        self, ledger: Path, plan: Plan, submit: Callable[[Work], None], now: Callable[[], int]
    ) -> None:
        self._ledger, self._plan = ledger, plan
        self._submit, self._now = submit, now
        self._wake = threading.Event()
        self._stopping = False
        self._last = ""
        self._unsaved = ""
        self._due_size = 0
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self.troubles: dict[str, str] = {}
        """Why no checkpoint is made ("make") or it stays on this machine ("export")."""

    def start(self) -> None:
        """Start the thread; it makes a checkpoint at once when there is something new."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Make a last one, when the disk and the folder allow, and end the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def request(self) -> None:
        """Make one soon."""
        self._wake.set()

    def grown(self, size: int) -> None:
        """Take note that the ledger has so many entries now. Never waits."""
        if size >= self._due_size and "make" not in self.troubles:
            self._wake.set()

    def _run(self) -> None:
        while True:
            stopping = self._stopping
            self._wake.clear()
            self._attempt("make", self._make)
            self._attempt("export", self._export)
            if stopping:
                return
            pause = min(self._plan.every_s, RETRY_S) if self.troubles else self._plan.every_s
            if not self._stopping:
                self._wake.wait(pause)

    def _attempt(self, what: str, act: Callable[[], None]) -> None:
        """Do it; say once that it fails, and once that it works again."""
        try:
            act()
        except (sqlite3.Error, OSError, LedgerError) as error:
            if self.troubles.get(what) != str(error):
                log.error("checkpoint, %s: %s", what, error)
            self.troubles = {**self.troubles, what: str(error)}
            return
        if what in self.troubles:
            log.warning("checkpoint, %s: works again", what)
            self.troubles = {key: why for key, why in self.troubles.items() if key != what}

    def _make(self) -> None:
        signer = Signer.load(self._plan.key)
        exported = self._exported(signer.name)
        connection = open_reader(self._ledger)
        try:
            connection.execute("BEGIN")
            row = checkpoint.make(connection, signer, self._now(), exported)
            newest = checkpoint.newest(connection)
        finally:
            connection.close()
        if row is not None and row.note != self._last:
            self._submit(Work(checkpoints=[row]))
        found = row or newest
        if found is not None:
            self._due_size = found.size + self._plan.entries
            if found.note != self._last:
                self._unsaved = found.note
            self._last = found.note

    def _exported(self, origin: str) -> str | None:
        """Return the newest exported checkpoint; none while its folder is away."""
        if self._plan.export is None:
            return None
        try:
            return newest_exported(self._plan.export, origin)
        except OSError:
            return None  # `_export` meets the same and says so

    def _export(self) -> None:
        if self._unsaved and self._plan.export is not None:
            export(self._unsaved, self._plan.export)
        self._unsaved = ""
