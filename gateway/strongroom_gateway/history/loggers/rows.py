"""The rows of a file as readings, and what became of each class of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec

from .clock import Clock, split_zone
from .errors import ImportRefusedError
from .options import Options, Plan
from .plan import bare, make_plan, stamp_of
from .stamps import reader_of, tidy
from .text import Text, decode, fields

Row = tuple[int, float | None, float | None]
_EXAMPLES: Final = 3
_DAY = timedelta(days=1)
_T_LOW, _T_HIGH = -60.0, 150.0

READ, PARTIAL, MISSING, NO_VALUES = "read", "partial", "missing", "no_values"
DUPLICATE, CONFLICTING, UNORDERED = "duplicate", "conflicting", "unordered"
BAD_STAMP, BAD_NUMBER, OUT_OF_RANGE, CUT = "bad_stamp", "bad_number", "out_of_range", "cut"
NO_SUCH_TIME, DOUBLED_HOUR = "no_such_time", "doubled_hour"
CLOCK_RESET: Final = "clock_reset"
FAULTS: Final = (BAD_STAMP, BAD_NUMBER, OUT_OF_RANGE, CUT, NO_SUCH_TIME, CLOCK_RESET)
"""Classes of rows that are not imported because something is wrong with them."""


class Kind(msgspec.Struct):
    """How many rows were of a class, and the lines of the first few (from 1)."""

    count: int = 0
    lines: list[int] = []


class Read(msgspec.Struct):
    """A file read: readings in order of time, how, and what became of its rows.

    `duplicate` rows repeat an earlier one and `conflicting` ones have the stamp of an earlier one
    with other values; both are kept, since they were measured, and the later one counts.
    """

    plan: Plan
    readings: list[Row]
    kinds: dict[str, Kind]
    gaps: int
    longest_gap: int
    """ms; a gap is more than one and a half of the usual interval."""
    interval: int
    """The usual interval, ms; 0 for fewer than two readings."""


class _Kinds:
    def __init__(self) -> None:
        self.found: dict[str, Kind] = {}

    def note(self, kind: str, line: int) -> None:
        one = self.found.get(kind)
        if one is None:
            one = self.found[kind] = Kind(0, [])
        one.count += 1
        if len(one.lines) < _EXAMPLES:
            one.lines.append(line)

    def count(self, *kinds: str) -> int:
        return sum(self.found[kind].count for kind in kinds if kind in self.found)


def read_file(data: bytes, options: Options, most_faults: float = 0.1) -> Read:
    """Return the readings of an export. Raises ImportRefusedError where anything is uncertain, and
    when more than a share of the rows is faulty: then it was probably not read as it is meant.
    """
    text = decode(data, options.encoding)
    plan = make_plan(text, options)
    kinds = _Kinds()
    valued = (_valued(line, at, row, plan, kinds) for line, at, row in _timed(text, plan, kinds))
    found = [row for row in valued if row is not None]
    faults = kinds.count(*FAULTS)
    whole = faults + len(found) + kinds.count(MISSING, NO_VALUES)
    if whole == 0:
        raise ImportRefusedError("there are no rows")
    if faults > most_faults * whole:
        told = ", ".join(f"{k} {kinds.found[k].count}" for k in FAULTS if k in kinds.found)
        raise ImportRefusedError(
            f"{faults} of {whole} rows are faulty ({told}): the file was probably not read as it is"
            " meant; say how, or allow more with --most-faults"
        )
    _refuse_wrong_clock(plan, kinds)
    readings = _ordered(found, kinds)
    interval = _interval(readings)
    gaps = [b[0] - a[0] for a, b in pairwise(readings)]
    gaps = [gap for gap in gaps if interval and gap > 1.5 * interval]
    return Read(plan, readings, kinds.found, len(gaps), max(gaps, default=0), interval)


def _timed(text: Text, plan: Plan, kinds: _Kinds) -> Iterator[tuple[int, int, list[str]]]:
    """Yield (line, Unix ms, fields) of the rows that have a time, in the order of time of the file.

    Some loggers write the newest row first; clocks that go back are told by the order.
    """
    read = reader_of(plan.date_format)
    zone = plan.zone
    clock = Clock(zone) if zone is not None else None
    last = max(plan.time, plan.date or 0)
    local = []
    for n, line in enumerate(text.lines[plan.first_row :], plan.first_row + 1):
        if not line:
            continue
        row = fields(line, plan.separator)
        if len(row) <= last:
            kinds.note(CUT, n)
            continue
        bare, offset = split_zone(stamp_of(row, plan.time, plan.date))
        time = read(tidy(bare))
        if time is None:
            kinds.note(BAD_STAMP, n)
        else:
            local.append((n, time, offset, row))
    if _is_newest_first([time for _, time, _, _ in local]):
        local.reverse()
    for n, time, offset, row in local:
        if time < local[0][1] - _DAY:
            kinds.note(CLOCK_RESET, n)
            continue
        if clock is None:
            yield n, int(time.replace(tzinfo=offset).timestamp()) * 1000, row
            continue
        before = clock.ambiguous
        at = clock.moment(time)
        if at is None:
            kinds.note(NO_SUCH_TIME, n)
            continue
        if clock.ambiguous > before:
            kinds.note(DOUBLED_HOUR, n)
        yield n, at, row


def _is_newest_first(times: Sequence[datetime]) -> bool:
    """Whether more rows are older than the one before than newer: one step back may be a clock that
    was reset.
    """
    back = sum(b < a for a, b in pairwise(times))
    return back > sum(b > a for a, b in pairwise(times))


def _valued(
    line: int, at: int, row: Sequence[str], plan: Plan, kinds: _Kinds
) -> tuple[int, Row] | None:
    wanted = [n for n in (plan.temperature, plan.humidity) if n is not None]
    if any(len(row) <= n for n in wanted):
        kinds.note(CUT, line)
        return None
    if all(row[n] == "" for n in wanted):
        kinds.note(NO_VALUES, line)  # events of the logger, such as being read out
        return None
    values: list[float | None] = []
    for n in (plan.temperature, plan.humidity):
        said = "" if n is None else row[n]
        if n is None or said.lower() in plan.missing:
            values.append(None)
            continue
        value = _number(bare(said, plan.value), plan.decimal)
        if value is None:
            kinds.note(BAD_NUMBER, line)
            return None
        if n == plan.temperature and plan.unit == "F":
            value = round((value - 32.0) / 1.8, 4)
        values.append(value)
    t, rh = values
    if (t is not None and not _T_LOW <= t <= _T_HIGH) or (rh is not None and not 0 <= rh <= 100):
        kinds.note(OUT_OF_RANGE, line)
        return None
    if t is None and rh is None:
        kinds.note(MISSING, line)
        return None
    short = sum(value is None for value in values) > 2 - len(wanted)
    kinds.note(PARTIAL if short else READ, line)
    return line, (at, t, rh)


def _number(said: str, decimal: str) -> float | None:
    text = said.replace(",", ".") if decimal == "," else said
    if "_" in text or text[-1:].isalpha():
        return None  # float() would take 1_0, inf and nan
    try:
        return float(text)
    except ValueError:
        return None


def _ordered(found: list[tuple[int, Row]], kinds: _Kinds) -> list[Row]:
    seen: dict[int, set[tuple[float | None, float | None]]] = {}
    latest = None
    for line, (at, t, rh) in found:
        if latest is not None and at < latest:
            kinds.note(UNORDERED, line)
        latest = at if latest is None else max(at, latest)
        there = seen.get(at)
        if there is None:
            seen[at] = {(t, rh)}
        elif (t, rh) in there:
            kinds.note(DUPLICATE, line)
        else:
            there.add((t, rh))
            kinds.note(CONFLICTING, line)
    return sorted((row for _, row in found), key=lambda row: row[0])


def _interval(readings: Sequence[Row]) -> int:
    steps = sorted(b[0] - a[0] for a, b in pairwise(readings))
    steps = [step for step in steps if step > 0]
    return steps[len(steps) // 2] if steps else 0


def _refuse_wrong_clock(plan: Plan, kinds: _Kinds) -> None:
    """A clock that followed the zone never shows an hour that was left out: so it did not follow."""
    found = kinds.found.get(NO_SUCH_TIME)
    if found is not None:
        raise ImportRefusedError(
            f"{found.count} stamps do not exist in {plan.zone_said} (line {found.lines[0]}: clocks"
            " went forward there): the logger's clock did not follow it; say --time-zone with its"
            " offset, for example +08:00"
        )
