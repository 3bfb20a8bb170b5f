"""The section [history] of the configuration."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from ..section import Seconds, Section


class HistorySection(Section, frozen=True):
    """Where climate readings are kept beyond the ledger, and for how many days (0: for ever).

    A reading of a node holds for `hold_s` at most; a day is closed `grace_s` after its midnight.
    """

    path: Path
    hold_s: Seconds = 600
    grace_s: Seconds = 7_200
    readings_days: Annotated[int, Meta(ge=0, le=100_000)] = 730
    minutes_days: Annotated[int, Meta(ge=0, le=100_000)] = 0
    ledger_days: Annotated[int, Meta(ge=0, le=100_000)] = 30
