"""A logger's file into the history: read, told of, and stored with where it came from."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from .loggers.options import Options, Plan
from .loggers.rows import Read, read_file
from .store import History
from .taken import Merged

_ALONE: Final = 3_600_000
"""ms that a reading holds that is alone in its file."""


class Brought(msgspec.Struct, frozen=True):
    """What was done with a file; `merged` is None for a dry run. `hold` in ms."""

    read: Read
    sha256: str
    hold: int
    merged: Merged | None


def look(
    path: Path, options: Options, most_faults: float = 0.1, hold: int | None = None
) -> Brought:
    """Read a file and change nothing. Raises ImportRefusedError, OSError.

    `hold` in ms: how long a reading holds at most; without it one and a half of the usual interval.
    """
    data = path.read_bytes()
    read = read_file(data, options, most_faults)
    hold = hold or read.interval * 3 // 2 or _ALONE
    return Brought(read, sha256(data).hexdigest(), hold, None)


def bring(history: History, path: Path, sensor: str, looked: Brought, now: int) -> Brought:
    """Store the readings of a file that was looked at, under the name of a sensor.

    Doing it again changes nothing. Raises HistoryError for days whose readings have been pruned.
    """
    merged = history.import_readings(
        sensor,
        looked.read.readings,
        path.name,
        looked.sha256,
        told(looked),
        now,
        looked.hold,
    )
    return msgspec.structs.replace(looked, merged=merged)


def told(looked: Brought) -> dict[str, Any]:
    """Return how a file was read and what became of its rows, for the ledger."""
    read, readings = looked.read, looked.read.readings
    return {
        "hold_s": looked.hold / 1000,
        "plan": plan_told(read.plan),
        "rows": {kind: one.count for kind, one in sorted(read.kinds.items())},
        "gaps": read.gaps,
        "longest_gap_s": read.longest_gap // 1000,
        "interval_s": read.interval / 1000,
        "from": stamp(readings[0][0]) if readings else None,
        "to": stamp(readings[-1][0]) if readings else None,
    }


def plan_told(plan: Plan) -> dict[str, Any]:
    """Return how a file was read as plain data: with this anybody can read it the same way."""
    names = dict(enumerate(plan.columns))
    return {
        "format": plan.layout,
        "encoding": plan.encoding,
        "separator": plan.separator,
        "decimal": plan.decimal,
        "first_row": plan.first_row + 1,
        "time": names.get(plan.time),
        "date": None if plan.date is None else names.get(plan.date),
        "temperature": None if plan.temperature is None else names.get(plan.temperature),
        "humidity": None if plan.humidity is None else names.get(plan.humidity),
        "unit": plan.unit,
        "date_format": plan.date_format,
        "time_zone": plan.zone_said,
        "serial": plan.serial,
    }


def stamp(at: int) -> str:
    """Return a moment (Unix ms) as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
