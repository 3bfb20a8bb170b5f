"""A day's readings of one sensor: packed without loss, in canonical rows, and their digest."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ..ledger.canonical import canonical
from .columns import PackedError, pack, unpack

MISSING: Final = -(2**40)
"""Stands for a value that a reading does not have."""
_MOST_DECIMALS: Final = 6


class Reading(NamedTuple):
    """One reading: when (Unix ms), °C, %RH (None where it has none), and where it came from."""

    at: int
    t: float | None
    rh: float | None
    source: int


def row(reading: Reading) -> bytes:
    """Return the canonical row that the digest covers: time, °C, %RH as ECMAScript writes numbers.

    A value that is missing is "-". Where the reading came from is not part of it.
    """
    t = "-" if reading.t is None else canonical(reading.t)
    rh = "-" if reading.rh is None else canonical(reading.rh)
    return f"{reading.at}\t{t}\t{rh}\n".encode()


def digest(readings: Iterable[Reading]) -> bytes:
    """Return the SHA-256 over the canonical rows in order."""
    summed = hashlib.sha256()
    for reading in readings:
        summed.update(row(reading))
    return summed.digest()


def kept(value: float | None) -> float | None:
    """Return a value as it is kept: to six decimals, which is beyond any sensor."""
    return None if value is None else round(value, _MOST_DECIMALS) + 0.0  # no minus zero


def pack_readings(readings: Sequence[Reading]) -> bytes:
    """Return readings with values as `kept` gives them as bytes; `unpack_readings` has them back."""
    t_scale, t = _scaled([one.t for one in readings])
    rh_scale, rh = _scaled([one.rh for one in readings])
    head = bytes([t_scale, rh_scale])
    return head + pack([[one.at for one in readings], t, rh, [one.source for one in readings]])


def unpack_readings(data: bytes) -> list[Reading]:
    """Return the readings. Raises PackedError."""
    if len(data) < 2 or max(data[:2]) > _MOST_DECIMALS:
        raise PackedError("packed readings are damaged: no scales")
    columns = unpack(data[2:])
    if len(columns) != 4:
        raise PackedError("packed readings are damaged: not four columns")
    at, t, rh, source = columns
    return list(map(Reading, at, _values(data[0], t), _values(data[1], rh), source))


def _scaled(values: Sequence[float | None]) -> tuple[int, list[int]]:
    """Return the fewest decimals that hold all values, and the values without their point."""
    known = {value for value in values if value is not None}
    decimals = 0
    while any(round(v * 10**decimals) / 10**decimals != v for v in known):
        decimals += 1
        if decimals > _MOST_DECIMALS:
            raise ValueError(f"values have more than {_MOST_DECIMALS} decimals")
    factor = 10**decimals
    return decimals, [MISSING if v is None else round(v * factor) for v in values]


def _values(decimals: int, numbers: list[int]) -> list[float | None]:
    factor = 10**decimals
    if MISSING in numbers:
        return [None if n == MISSING else n / factor for n in numbers]
    return [n / factor for n in numbers]
