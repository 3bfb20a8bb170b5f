"""What comes into the history, and what became of it."""

from typing import NamedTuple


class Merged(NamedTuple):
    """What became of readings that were added: how many are new, and how many were there before."""

    new: int
    known: int
    days: int


class Taken(NamedTuple):
    """A reading of a node as the ledger has it, with what is known to correct it by.

    Of a channel (see levels) the value is `t`.
    """

    sensor: str
    at: int
    t: float
    rh: float | None
    boot: int
    seq: int
    correction: str = "{}"
    """JSON of what was added, "{}" for nothing."""
    is_believed: bool = True


class Run(NamedTuple):
    """Readings of a sensor that were refused: the messages `first` to `last` of a boot."""

    sensor: str
    boot: int
    first: int
    last: int
    entry: int
