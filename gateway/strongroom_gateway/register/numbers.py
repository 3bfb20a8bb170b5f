"""File numbers: company-class-cabinet-volume. Given once, they never change; the place may (G6).

The class follows from the supply voltage. The rule of the power suppliers names 10 kV and above (H)
and 380 V and below (L) and says nothing of what lies between; a number is not guessed there.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

from ..errors import RefusedActError
from ..room.rows import RowsView

HIGH_FROM_V: Final = 10_000.0
LOW_UP_TO_V: Final = 380.0
VOLUME_DIGITS: Final = 4
MOST_DIGITS: Final = 9
_PART: Final = re.compile(r"[A-Za-z0-9.]{1,16}")
_NUMBER: Final = re.compile(r"([A-Za-z0-9.]{1,16})-([HL])-([A-Za-z0-9.]{1,16})-([0-9]{1,9})")

VoltageClass = Literal["H", "L"]


def voltage_class(volts: float) -> VoltageClass:
    """Return H (高压) from 10 kV, L (低压) up to 380 V; RefusedActError for what lies between."""
    if volts >= HIGH_FROM_V:
        return "H"
    if 0 < volts <= LOW_UP_TO_V:
        return "L"
    raise RefusedActError("act.voltage_between", {"volts": f"{volts:g}"})


def series(company: str, of_class: VoltageClass, cabinet: str) -> str:
    """Return what the volumes of one cabinet are counted in: "HX-H-01"."""
    for part in (company, cabinet):
        if not _PART.fullmatch(part):
            raise RefusedActError("act.number_part", {"part": part})
    return f"{company}-{of_class}-{cabinet}"


def number(of_series: str, volume: int) -> str:
    """Return a file number: "HX-H-01-0001"."""
    return f"{of_series}-{volume:0{VOLUME_DIGITS}d}"


def plain(text: str) -> str:
    """Return a number without noughts before its volume; what is no file number as it is."""
    found = parse(text)
    return text if found is None else f"{found[0]}-{found[1]}"


def alike(text: str, rows: RowsView) -> Iterator[str]:
    """Yield a number, and the numbers of the same volume with more or fewer noughts before it.

    Behind the last volume of a series there are none; then only the number itself is looked up.
    """
    yield text
    found = parse(text)
    if found is None:
        return
    of_series, volume = found
    last = rows.points("series", of_series)
    if last is not None and volume <= int(last):
        for digits in range(len(str(volume)), MOST_DIGITS + 1):
            other = f"{of_series}-{volume:0{digits}d}"
            if other != text:
                yield other


def parse(text: str) -> tuple[str, int] | None:
    """Return (series, volume) of a file number of this form, None for another one's."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    return "-".join(found.groups()[:3]), int(found[4])
