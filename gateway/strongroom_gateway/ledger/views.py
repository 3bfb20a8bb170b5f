"""What the read side of the ledger returns, beside entries and readings (see `dating`)."""

from typing import Literal

import msgspec

from .tree import Inclusion


class QuarantineView(msgspec.Struct):
    """A refused message; ``payload`` is the beginning of it."""

    id: int
    at: int
    node: str
    topic: str
    reason: str
    detail: str
    boot: int | None
    seq: int | None
    size: int
    sha256: str
    payload: bytes


class Mark(msgspec.Struct):
    """What is committed or reported dropped of one lane of one boot; `decided` was decided on and
    is still to come.
    """

    high: int
    beyond: list[tuple[int, int]]
    decided: list[tuple[int, int]] = []


class CheckpointView(msgspec.Struct):
    """A stored checkpoint: ``note`` is signed, ``at`` is not."""

    id: int
    size: int
    at: int
    note: str


class InclusionView(msgspec.Struct):
    """Why an entry is in the tree, with a checkpoint of just that tree when there is one."""

    proof: Inclusion
    tree: Literal["sha256", "sm3"]
    checkpoint: str | None


class Counts(msgspec.Struct):
    """How much the ledger holds."""

    entries: int
    readings: int
    quarantined: int
    missing: int
    """Records that are missing below one that is there."""
