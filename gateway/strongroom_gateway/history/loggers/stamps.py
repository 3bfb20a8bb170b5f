"""Stamps as text: in which order day, month and year stand. Refused where more than one can be."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from .errors import ImportRefusedError

_DATES: Final = ("Y-m-d", "d-m-Y", "m-d-Y", "y-m-d", "d-m-y", "m-d-y")
_NAMED: Final = ("d-b-Y", "d-b-y")
"""Dates with the English name of a month."""
_CLOCKS: Final = ("H:M:S", "H:M", "I:M:S p", "I:M p")
_FRACTION: Final = re.compile(r"(:\d\d)[.,]\d+")
_SHAPE: Final = re.compile(
    r"^(\d{1,4})-(\d{1,2})-(\d{1,4}) (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AP])M)?$"
)
_DATE_SIGNS: Final = str.maketrans({"/": "-", ".": "-", "年": "-", "月": "-", "日": " "})
_HALVES: Final = {
    "上午": "AM",
    "下午": "PM",
    "午前": "AM",
    "午後": "PM",
    "오전": "AM",
    "오후": "PM",
}
_SAMPLE: Final = 400
_MOST_UNFIT: Final = 0.1

Reader = Callable[[str], datetime | None]


def tidy(stamp: str) -> str:
    """Return a stamp with "-" in its date, one blank before the time, AM or PM at the end, and
    without fractions of a second.
    """
    if not stamp.isascii():
        for said, half in _HALVES.items():
            if said in stamp:
                stamp = f"{stamp.replace(said, ' ')} {half}"
    parts = _FRACTION.sub(r"\1", stamp.replace("T", " ")).split()
    if not parts:
        return ""
    return " ".join([parts[0].translate(_DATE_SIGNS).strip(), *parts[1:]]).upper()


def formats() -> list[str]:
    """Return the formats that are known, as --date-format takes them."""
    return [_percent(f"{day} {clock}") for day in (*_DATES, *_NAMED) for clock in _CLOCKS]


def reader_of(form: str) -> Reader:
    """Return a function from a tidy stamp to the local time, None where it does not fit.

    `form` as strptime takes it, with any of - / . between the parts of the date.
    """
    plain = form.strip().replace("%", "").translate(_DATE_SIGNS)
    if plain in {f"{day} {clock}" for day in _DATES for clock in _CLOCKS}:
        return _fast(plain)
    form = " ".join(form.split())
    day, _, clock = form.partition(" ")
    wanted = f"{day.translate(_DATE_SIGNS)} {clock}".strip()

    def read(stamp: str) -> datetime | None:
        try:
            return datetime.strptime(stamp, wanted)  # a local time; its zone comes later
        except ValueError:
            return None

    return read


def choose_format(stamps: Sequence[str], wanted: Sequence[str] = ()) -> str:
    """Return the one format, of those that are wanted or known, that fits tidy stamps best.

    A few stamps may fit none. Where two fit equally well and mean different times, one of them
    must have the stamps in order and the other not; otherwise, and where none fits, it is refused:
    ImportRefusedError.
    """
    step = max(1, len(stamps) // _SAMPLE)
    sample = stamps[::step]
    most = len(sample) * _MOST_UNFIT
    likely = [form for form in wanted or formats() if _unfit(reader_of(form), sample) <= most]
    if not likely:
        raise ImportRefusedError(
            f"the stamps cannot be read, such as {stamps[0]!r}: say --date-format,"
            ' for example "%d-%m-%Y %H:%M"'
        )
    if len(likely) == 1:
        return likely[0]
    told = {form: tuple(map(reader_of(form), stamps)) for form in likely}
    fewest = min(times.count(None) for times in told.values())
    best = {times: form for form, times in told.items() if times.count(None) == fewest}
    if len(best) > 1:
        ordered = {times: form for times, form in best.items() if _ascends(times)}
        best = ordered if len(ordered) == 1 else best
    if len(best) > 1:
        raise ImportRefusedError(
            f"stamps such as {stamps[0]!r} can be read in more than one way"
            f" ({', '.join(best.values())}): say --date-format"
        )
    return next(iter(best.values()))


def _unfit(read: Reader, stamps: Sequence[str]) -> int:
    return sum(read(stamp) is None for stamp in stamps)


def _ascends(times: Sequence[datetime | None]) -> bool:
    known = [one for one in times if one is not None]
    return all(a <= b for a, b in pairwise(known))


def _percent(form: str) -> str:
    return re.sub(r"[A-Za-z]", lambda letter: f"%{letter[0]}", form)


def _fast(plain: str) -> Reader:
    """Return a reader for one of our own formats: ten times as fast as strptime."""
    day_order, clock = plain.split(" ", 1)
    order = day_order.split("-")
    year, month, day = (
        next(n for n, sign in enumerate(order) if sign.lower() == part) for part in "ymd"
    )
    digits = 4 if "Y" in order else 2
    half, seconds = "I" in clock, "S" in clock

    def read(stamp: str) -> datetime | None:
        found = _SHAPE.match(stamp)
        if found is None:
            return None
        parts = found.groups()
        if (parts[5] is not None) != seconds or (parts[6] is not None) != half:
            return None
        if len(parts[year]) != digits or max(len(parts[month]), len(parts[day])) > 2:
            return None
        hour = int(parts[3])
        if half:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if parts[6] == "P" else 0)
        try:
            return datetime(  # a local time; its zone comes later
                int(parts[year]) + (0 if digits == 4 else 2000),
                int(parts[month]),
                int(parts[day]),
                hour,
                int(parts[4]),
                int(parts[5] or 0),
            )
        except ValueError:
            return None

    return read
