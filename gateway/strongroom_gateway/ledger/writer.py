"""The thread that makes works durable: everything that waits goes into one commit.

When the disk does not take a commit, the works are kept, ``on_recording(False, why)`` is called
once, and the same commit is tried again with growing pauses, on a new connection, until it
succeeds; then ``on_recording(True, "")``. Nothing is given up and nothing needs a restart.

A commit that fails for another reason than the disk (the ledger already holds a message; a bug) is
tried once more entry by entry: what the ledger refuses goes into the quarantine as ``conflict`` and
is counted, the rest is recorded. If that fails too, it is treated like a disk that does not take
the record: alarmed, nothing acknowledged, tried again for ever.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from ..errors import LedgerError
from .store import Store
from .work import Work

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
GATHER_SECONDS: Final = 0.002
"""How long a few works wait for more: at 2,000 messages a second a quarter of the commits, and two
thirds of the processor time. Alarms are out before; only acknowledgements wait."""
FEW: Final = 8
MOST_WORKS: Final = 4_096

OnCommitted = Callable[[Sequence[Work], bool], None]
"""Called in the writer's thread with works now on the disk; True when more are waiting already."""
OnRecording = Callable[[bool, str], None]

# Not the disk's fault: trying the same again as it is would fail for ever.
_REFUSED: Final = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
)


class Writer:
    """Group commit. ``append`` never waits for the disk."""

    def __init__(self, store: Store, on_committed: OnCommitted, on_recording: OnRecording) -> None:
        self._store = store
        self._on_committed = on_committed
        self._on_recording = on_recording
        self._condition = threading.Condition()
        self._waiting: list[Work] = []
        self._idle = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self.recording = True
        self.commits = 0
        self.commit_seconds = 0.0
        self.conflicts = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def append(self, work: Work) -> None:
        """Queue a work behind those that wait."""
        with self._condition:
            self._waiting.append(work)
            if self._idle:
                self._idle = False
                self._condition.notify()

    def stop(self, seconds: float = 10.0) -> bool:
        """Commit what waits, end the thread, close the file; False when it did not end in time.

        A disk that does not take the record is not waited for: what it did not take was never
        acknowledged, and will come again.
        """
        self._stopping.set()
        with self._condition:
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while works := self._take():
                if not self._make_durable(works):
                    break
                self._on_committed(works, bool(self._waiting))
        except BaseException as error:
            # A bug: the thread ends, and that is said before the traceback is.
            self.recording = False
            self._on_recording(False, f"the writer stopped: {error!r}")
            raise
        finally:
            self._store.close()

    def _take(self) -> list[Work]:
        """Wait for works and take all that wait; an empty list means: stop."""
        with self._condition:
            while not self._waiting and not self._stopping.is_set():
                self._idle = True
                self._condition.wait()
            self._idle = False
            few = len(self._waiting) < FEW
        if few:
            self._stopping.wait(GATHER_SECONDS)
        with self._condition:
            works = self._waiting[:MOST_WORKS]
            del self._waiting[:MOST_WORKS]
            return works

    def _make_durable(self, works: Sequence[Work]) -> bool:
        """Commit, however long it takes; False when stopped before the disk took it."""
        pause = FIRST_PAUSE
        careful = False
        while True:
            started = time.perf_counter()
            try:
                self.conflicts += self._store.commit(works, careful)
                break
            except _REFUSED as error:
                problem = str(error)
                if not careful:
                    careful = True
                    continue
            except (sqlite3.Error, OSError, LedgerError) as error:
                problem = str(error)
            self._store.close()
            if self.recording:
                self.recording = False
                self._on_recording(False, problem)
            if self._stopping.wait(pause):
                return False
            pause = min(pause * 2, LONGEST_PAUSE)
        self.commits += 1
        self.commit_seconds += time.perf_counter() - started
        if not self.recording:
            self.recording = True
            self._on_recording(True, "")
        return True
