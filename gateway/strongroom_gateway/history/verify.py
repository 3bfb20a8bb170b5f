"""Compares the history with what of it stands in the ledger: an altered reading shows."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from .columns import PackedError
from .days import DIGEST
from .query import DayRow, HistoryReader
from .readings import digest, unpack_readings


class Entries(Protocol):
    """The part of the ledger's reader that is needed."""

    def entries(
        self, after: int = -1, limit: int = 100, kind: str | None = None, node: str | None = None
    ) -> list[Any]:
        """Return entries of a kind behind an index."""
        ...


class Finding(NamedTuple):
    """Something that is not as the ledger says. `what` is a stable word."""

    what: str
    sensor: str
    day: str
    entry: int | None
    detail: str


class Verified(NamedTuple):
    """How much was compared: days from their readings, days of which only minutes are left, days
    whose digest the ledger does not have; what was found; and the days (sensor, day) whose digest
    waits for its place in the ledger.
    """

    days: int
    minutes_only: int
    unsealed: int
    findings: list[Finding]
    waiting: list[tuple[str, str]]


class _Claim(NamedTuple):
    entry: int
    readings: int
    sha256: str
    minutes_sha256: str
    revision: int


def verify(history: HistoryReader, ledger: Entries) -> Verified:
    """Compare every closed day with the newest entry about it, and its digest with its readings.

    The entries themselves are proved by `strongroom ledger verify`.
    """
    claims = _claims(ledger)
    days = minutes_only = unsealed = 0
    findings: list[Finding] = []
    seen = set()
    waits, waiting = history.waiting(), []
    for row in _rows(history):
        seen.add((row.sensor, row.day))
        claim = claims.get((row.sensor, row.day))
        if claim is None or claim.revision < row.revision:
            unsealed += 1
            if (*row[:2], row.revision) in waits:
                waiting.append((row.sensor, row.day))
            else:
                detail = "the ledger has no digest of it, and none waits to be written"
                findings.append(
                    Finding("undigested", row.sensor, row.day, claim and claim.entry, detail)
                )
        trouble, had_readings = _compared(history, row, claim)
        findings += trouble
        days += had_readings
        minutes_only += not had_readings
    for (sensor, day), claim in claims.items():
        if (sensor, day) not in seen:
            findings.append(
                Finding("missing", sensor, day, claim.entry, "the day is not in the history")
            )
    return Verified(days, minutes_only, unsealed, findings, waiting)


def together(days: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str, int]]:
    """Yield days of sensors, in order, as stretches of days without a break: sensor, first, last,
    how many.
    """
    stretch: tuple[str, str, str, int] | None = None
    for sensor, day in days:
        before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        if stretch is not None and (stretch[0], stretch[2]) == (sensor, before):
            stretch = (sensor, stretch[1], day, stretch[3] + 1)
            continue
        if stretch is not None:
            yield stretch
        stretch = (sensor, day, day, 1)
    if stretch is not None:
        yield stretch


def _compared(
    history: HistoryReader, row: DayRow, claim: _Claim | None
) -> tuple[list[Finding], bool]:
    def finding(what: str, detail: str) -> Finding:
        return Finding(what, row.sensor, row.day, claim and claim.entry, detail)

    raw, minutes = history.packed(row.sensor, row.day)
    found: list[Finding] = []
    expected = row if claim is None or claim.revision < row.revision else claim
    if claim is not None and claim.revision > row.revision:
        found.append(finding("older", f"revision {row.revision}, the ledger has {claim.revision}"))
    if raw is not None:
        try:
            readings = unpack_readings(raw)
        except PackedError as bad:
            return [*found, finding("damaged", str(bad))], True
        if len(readings) != expected.readings:
            detail = f"{len(readings)} readings instead of {expected.readings}"
            found.append(finding("altered", detail))
        elif digest(readings).hex() != expected.sha256:
            found.append(finding("altered", "a reading is not what it was"))
    if minutes is not None and sha256(minutes).hexdigest() != expected.minutes_sha256:
        found.append(finding("altered_minutes", "the minutes are not what they were"))
    if raw is None and not expected.minutes_sha256:
        found.append(finding("missing", "the readings of the day are gone"))
    if row.sha256 != expected.sha256:
        found.append(finding("altered", "the day's own digest is not that of the ledger"))
    return found, raw is not None


def _claims(ledger: Entries) -> dict[tuple[str, str], _Claim]:
    claims: dict[tuple[str, str], _Claim] = {}
    after = -1
    while entries := ledger.entries(after, 100, DIGEST):
        for entry in entries:
            after = entry.idx
            for one in entry.body["days"]:
                key = (one["sensor"], one["day"])
                claim = _Claim(
                    entry.idx,
                    one["readings"],
                    one["sha256"],
                    one["minutes_sha256"],
                    one["revision"],
                )
                old = claims.get(key)
                if old is None or old.revision <= claim.revision:
                    claims[key] = claim
    return claims


def _rows(history: HistoryReader) -> Iterator[DayRow]:
    after = ("", "")
    while rows := history.day_rows(after):
        yield from rows
        after = (rows[-1].sensor, rows[-1].day)
