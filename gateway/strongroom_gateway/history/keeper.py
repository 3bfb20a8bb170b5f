"""Takes readings from the ledger into the history, closes days, seals them, lets old ones go.

One step at a time; whoever runs it decides how often. Every step may be cut off at any point: what
was done is done, and the next one goes on from there.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from ..climate.validity.limits import NO_CORRECTION, Correction
from ..ledger.canonical import canonical
from ..ledger.dating import EntryView, ReadingView
from .days import DIGEST
from .levels import is_possible, levels_of, named
from .store import AIR, CLIMATE, IMPORT, INPUT, History
from .taken import Run, Taken

DAY: Final = 86_400_000
_PAGE: Final = 1000
_LEDGER_PAGE: Final = 500
_INPUT: Final = "event/input"
_REFUSED: Final = "climate.refused"

Submit = Callable[[str, Mapping[str, Any]], None]
"""Hands an entry (kind, body) to the ledger's writer; it is on the disk some time later."""


class Ledger(Protocol):
    """The part of the ledger's reader that is needed."""

    def readings(
        self,
        after: int = 0,
        limit: int = 100,
        kind: str | None = None,
        node: str | None = None,
        newest: bool = False,
    ) -> list[ReadingView]:
        """Return readings behind an id."""
        ...

    def entries(
        self, after: int = -1, limit: int = 100, kind: str | None = None, node: str | None = None
    ) -> list[EntryView]:
        """Return entries behind an index."""
        ...


class Retention(msgspec.Struct, frozen=True):
    """For how many days what is kept (None: for ever): readings, minutes, the ledger's own copies of
    readings. Hours and days are kept for ever.
    """

    raw: int | None = 730
    minutes: int | None = None
    ledger: int | None = 30


class Keeper:
    """`grace` in ms: how long after midnight a day is still waited for before it is closed.

    `inputs` says which inputs (node/input) measure light: "uv" or "light".
    """

    def __init__(
        self,
        history: History,
        ledger: Ledger,
        submit: Submit,
        retention: Retention | None = None,
        grace: int = 7_200_000,
        corrections: Mapping[str, Correction] | None = None,
        inputs: Mapping[str, str] | None = None,
    ) -> None:
        self._history, self._ledger, self._submit = history, ledger, submit
        self._retention = retention or Retention()
        self._grace = grace
        self._corrections = corrections or {}
        self._inputs = inputs or {}
        self._submitted: set[str] = set()
        self._looked = {DIGEST: -1, IMPORT: -1}
        self._compared = False

    def take(self) -> int:
        """Take over new readings of the ledger; return how many."""
        count = 0
        self._catch_up()
        # All kinds, by their number: the ledger's index by kind would be read from its beginning.
        while rows := self._ledger.readings(self._history.cursor(), _PAGE):
            wanted = [row for row in rows if row.kind in (CLIMATE, AIR)]
            taken = [one for row in wanted for one in self._values(row)]
            self._history.take(taken, rows[-1].id, CLIMATE, AIR)
            count += len(wanted)
        return count + self._take_inputs()

    def _catch_up(self) -> None:
        """Take the air quality from before air was kept: a history may be older than that."""
        while self._history.cursor(AIR) < (until := self._history.cursor()):
            rows = self._ledger.readings(self._history.cursor(AIR), _PAGE, AIR)
            rows = [row for row in rows if row.id <= until]
            taken = [one for row in rows for one in _levels(row)]
            self._history.take(taken, rows[-1].id if rows else until, AIR)

    def _values(self, row: ReadingView) -> Iterable[Taken]:
        return [self._taken(row)] if row.kind == CLIMATE else _levels(row)

    def _take_inputs(self) -> int:
        """Take over what inputs measured that are configured as light; they are entries."""
        count = 0
        if not self._inputs:
            return count
        while rows := self._ledger.entries(self._history.cursor(INPUT), _LEDGER_PAGE, _INPUT):
            taken = [one for row in rows for one in self._measured(row)]
            self._history.take(taken, rows[-1].idx, INPUT)
            count += len(taken)
        return count

    def _measured(self, entry: EntryView) -> Iterator[Taken]:
        name, value = f"{entry.node}/{entry.body['input']}", entry.body.get("value")
        quantity = self._inputs.get(name)
        if quantity is not None and value is not None:
            yield _level(name, quantity, float(value), entry)

    def _taken(self, one: ReadingView) -> Taken:
        sensor = f"{one.node}/{one.body['sensor']}"
        t, rh, said = float(one.body["t"]), float(one.body["rh"]), "{}"
        correction = self._corrections.get(sensor, NO_CORRECTION)
        if correction.t or correction.rh:
            # As the control has it: what a reading stood for, not what the chip said.
            t, rh = t + correction.t, min(100.0, max(0.0, rh + correction.rh))
            certificate = correction.certificate
            said = canonical({"t": correction.t, "rh": correction.rh, "certificate": certificate})
        return Taken(sensor, one.time, t, rh, one.boot, one.seq, said)

    def refuse(self) -> int:
        """Look up which readings the gateway did not believe; return how many runs of them."""
        count = 0
        while entries := self._ledger.entries(self._history.looked, 100, _REFUSED):
            runs = [
                Run(str(entry.body["sensor"]), boot, first, last, entry.idx)
                for entry in entries
                for boot, first, last in entry.body["records"]
            ]
            self._history.refuse(runs, entries[-1].idx)
            count += len(runs)
        return count

    def close(self, now: int) -> int:
        """Close the days that are over (`now` in Unix ms); return how many days of sensors."""
        self.refuse()
        return len(self._history.close_days(now - self._grace, now))

    def seal(self) -> int:
        """Put what waits into the ledger, once; return how much was handed over."""
        found = [key for kind in self._looked for key in self._find(kind)]
        if not self._compared:
            # The first look was at the whole ledger: what it lost since goes there once more.
            self._history.unseal_all_but(found)
            self._compared = True
        handed = 0
        for key, kind, body in self._history.unsealed():
            if key not in self._submitted:
                self._submit(kind, msgspec.json.decode(body))
                self._submitted.add(key)
                handed += 1
        return handed

    def _find(self, kind: str) -> list[str]:
        """Look up which entries of a kind have come into the ledger since the last look; return
        their keys.
        """
        keys = []
        while entries := self._ledger.entries(self._looked[kind], 100, kind):
            found = [(str(entry.body.get("key")), entry.idx) for entry in entries]
            self._history.sealed(found)
            self._submitted.difference_update(key for key, _ in found)
            self._looked[kind] = entries[-1].idx
            keys += [key for key, _ in found]
        return keys

    def prune(self, now: int) -> tuple[int, int]:
        """Let go of what is older than it is to be kept; return days of readings and of minutes."""
        raw, minutes = self._retention.raw, self._retention.minutes
        return self._history.prune(
            None if raw is None else now - raw * DAY,
            None if minutes is None else now - minutes * DAY,
        )

    def prune_ledger(self, path: Path, now: int) -> int:
        """Let go of the ledger's copies of readings that are here and old enough; return how many.

        The newest reading always stays: numbers go on from it. Raises sqlite3.Error.
        """
        if self._retention.ledger is None:
            return 0
        before = now - self._retention.ledger * DAY
        kinds = (CLIMATE, AIR)
        return sum(prune_readings(path, one, self._history.cursor(one), before) for one in kinds)


def _levels(row: ReadingView) -> Iterator[Taken]:
    for quantity, value in levels_of(row.body).items():
        yield _level(f"{row.node}/{row.body['sensor']}", quantity, value, row)


def _level(sensor: str, quantity: str, value: float, row: ReadingView | EntryView) -> Taken:
    number = (row.boot or 0, row.seq or 0)
    believed = is_possible(quantity, value)
    return Taken(named(sensor, quantity), row.time, value, None, *number, is_believed=believed)


def prune_readings(path: Path, kind: str, taken: int, before: int) -> int:
    """Delete readings of a kind from the ledger's file that were received before a moment (Unix ms)
    and whose id is below `taken`; a few at a time, so that the writer never waits long.
    """
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        count = 0
        while True:
            gone = connection.execute(
                "DELETE FROM reading WHERE id IN (SELECT id FROM reading WHERE id < ? AND at < ?"
                " AND kind = ? ORDER BY id LIMIT ?)",
                (taken, before, kind, _LEDGER_PAGE),
            ).rowcount
            count += gone
            if gone < _LEDGER_PAGE:
                return count
    finally:
        connection.close()
