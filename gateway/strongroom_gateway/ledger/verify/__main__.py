"""`python -m verify`: the same as `strongroom ledger check` and `verify`, from this folder alone."""

import argparse
import sys

from .command import add_actions


def main() -> int:
    """Run one action and return its exit code."""
    parser = argparse.ArgumentParser(prog="verify", description="Check a ledger or a proof.")
    add_actions(parser.add_subparsers(dest="action", metavar="ACTION", required=True))
    arguments = parser.parse_args()
    return int(arguments.run(arguments))


if __name__ == "__main__":
    sys.exit(main())
