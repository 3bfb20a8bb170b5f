"""`python -m gatesim`: the whole run, as a table for docs/gate.md."""

import argparse
import sys
import time

from gatesim import matrix


def main() -> int:
    """Run what was asked for; return 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="gatesim", description=__doc__)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--crossings", type=int, default=12_000)
    parser.add_argument("--others", type=int, default=8_000)
    parser.add_argument("--hours", type=float, default=24.0)
    asked = parser.parse_args()
    began = time.monotonic()
    found = matrix.run(asked.seed, asked.crossings, asked.others)
    print(matrix.table(found))
    print(
        f"\nseed {asked.seed}; {found.passages} passages, {found.crossings} of them through the gate;"
        f" {sum(found.barely.values())} tags read less than twice"
        f"\nmissed departures {found.missed}; false alarms {found.false};"
        f" looks for what stayed {found.looks}; wrong in the end {found.wrong_end}",
        flush=True,
    )
    hours = matrix.strays(asked.seed, asked.hours)
    print(
        f"\n{asked.hours:g} hours of stray reads: {hours.reads['inner']} inner,"
        f" {hours.reads['outer']} outer; {dict(hours.outcomes)}"
    )
    print(f"({time.monotonic() - began:.0f} s)", file=sys.stderr)
    allowed = found.passages / 10_000
    return int(found.missed > 0 or found.false + hours.outcomes["out"] > allowed)


if __name__ == "__main__":
    sys.exit(main())
