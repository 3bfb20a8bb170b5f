"""The history while the gateway runs: a thread of its own that steps the keeper.

Nothing waits for it: alarms, commits and acknowledgements go on while its disk is slow or full. What
it could not do it does later, since the readings are in the ledger.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ..climate.validity.limits import Correction
from ..config import Settings
from ..errors import StrongroomError
from .keeper import Keeper, Ledger, Retention, Submit
from .levels import LEVELS
from .store import History

TAKE_S: Final = 10.0
_SEAL_EVERY: Final = 6  # steps
_CLOSE_EVERY: Final = 60

log = logging.getLogger(__name__)


def history_thread(
    settings: Settings, ledger: Ledger, submit: Submit, now: Callable[[], int]
) -> "HistoryThread | None":
    """Return the history as the configuration wants it; None when it has no section for it."""
    wanted = settings.config.history
    if wanted is None:
        return None
    zone, hold = settings.config.room.time_zone, int(wanted.hold_s * 1000)
    return HistoryThread(
        lambda: History(wanted.path, zone, hold),
        ledger,
        settings.config.ledger.path,
        submit,
        now,
        Retention(
            wanted.readings_days or None, wanted.minutes_days or None, wanted.ledger_days or None
        ),
        int(wanted.grace_s * 1000),
        corrections={
            one.id: Correction(one.offset_t, one.offset_rh, one.certificate or "")
            for one in settings.config.climate.sensor
        },
        inputs={
            f"{one.node}/{one.input}": one.kind
            for one in settings.config.climate.input
            if one.kind in LEVELS
        },
    )


class HistoryThread:
    """`now` returns Unix ms; `every_s` is the length of a step."""

    def __init__(
        self,
        open_history: Callable[[], History],
        ledger: Ledger,
        ledger_path: Path,
        submit: Submit,
        now: Callable[[], int],
        retention: Retention,
        grace: int,
        every_s: float | None = None,
        corrections: Mapping[str, Correction] | None = None,
        inputs: Mapping[str, str] | None = None,
    ) -> None:
        self._open, self._ledger, self._ledger_path = open_history, ledger, ledger_path
        self._submit, self._now = submit, now
        self._retention, self._grace = retention, grace
        self._corrections, self._inputs = corrections or {}, inputs
        self._every_s = TAKE_S if every_s is None else every_s
        self._stopping = threading.Event()
        self._history: History | None = None
        self._keeper: Keeper | None = None
        self._thread = threading.Thread(target=self._run, name="climate-history", daemon=True)
        self.trouble = ""
        """Why it does not get on, '' while it does."""

    def start(self) -> None:
        """Start the thread; days that were over while nothing ran are closed at once."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """End the thread after the step it is in; what came last is taken at the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        step = 0
        while True:
            # After a failure everything is tried at once, as after a start.
            step = step + 1 if self._attempt(step) else 0
            if self._stopping.wait(self._every_s):
                break
        self._close()

    def _attempt(self, step: int) -> bool:
        """Do a step; say once that it fails, and once that it works again."""
        try:
            self._step(step)
        except (sqlite3.Error, OSError, StrongroomError) as error:
            if self.trouble != str(error):
                log.error("climate history: %s", error)
            self.trouble = str(error) or type(error).__name__
            self._close()
            return False
        if self.trouble:
            log.warning("climate history: works again")
            self.trouble = ""
        return True

    def _step(self, step: int) -> None:
        keeper = self._keeper or self._opened()
        keeper.take()
        now = self._now()
        if step % _CLOSE_EVERY == 0:
            keeper.close(now)
            keeper.prune(now)
            keeper.prune_ledger(self._ledger_path, now)
        if step % _SEAL_EVERY == 0:
            keeper.seal()

    def _opened(self) -> Keeper:
        self._history = self._open()
        self._keeper = Keeper(
            self._history,
            self._ledger,
            self._submit,
            self._retention,
            self._grace,
            self._corrections,
            self._inputs,
        )
        return self._keeper

    def _close(self) -> None:
        history, self._history, self._keeper = self._history, None, None
        if history is not None:
            history.close()
