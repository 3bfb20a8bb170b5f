"""Keeps account of the readings that were not believed, in few words. Pure.

The readings themselves are on record as they came; here are their numbers with the reason. One
entry of the ledger covers up to an hour or fifty runs of numbers, whichever comes first, so a broken
sensor cannot fill the disk with its excuses.
"""

from typing import Any

import msgspec

MOST_RUNS = 50
MOST_TIME = 3_600_000
QUIET = 600_000
_EXAMPLES = 3


class Tally(msgspec.Struct, frozen=True, omit_defaults=True):
    """Refused readings of one sensor: from, to (Unix ms), counts by reason, and their numbers as
    (boot, from, to).
    """

    since: int
    last: int
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    runs: list[tuple[int, int, int]] = msgspec.field(default_factory=list)
    examples: list[dict[str, Any]] = msgspec.field(default_factory=list)

    @property
    def due(self) -> int:
        """Return when it is to be written down: when nothing was added for a while, or it is old."""
        return min(self.since + MOST_TIME, self.last + QUIET)

    @property
    def full(self) -> bool:
        """Return whether it has to be written down now."""
        return len(self.runs) >= MOST_RUNS

    def body(self) -> dict[str, Any]:
        """Return what an entry says of it."""
        return {
            "from": self.since,
            "to": self.last,
            "reasons": dict(sorted(self.counts.items())),
            "records": [list(run) for run in self.runs],
            "examples": self.examples,
        }


def tallied(
    tally: Tally | None, now: int, reason: str, number: tuple[int, int], values: tuple[float, float]
) -> Tally:
    """Return the tally with one more: its (boot, seq), and what it said."""
    boot, seq = number
    if tally is None:
        tally = Tally(now, now)
    runs = list(tally.runs)
    if runs and runs[-1][0] == boot and runs[-1][2] + 1 == seq:
        runs[-1] = (boot, runs[-1][1], seq)
    else:
        runs.append((boot, seq, seq))
    counts = {**tally.counts, reason: tally.counts.get(reason, 0) + 1}
    examples = tally.examples
    if tally.counts.get(reason, 0) == 0 and len(examples) < _EXAMPLES:
        said = {"boot": boot, "seq": seq, "t": values[0], "rh": values[1], "reason": reason}
        examples = [*examples, said]
    return Tally(tally.since, now, counts, runs, examples)
