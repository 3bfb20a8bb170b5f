"""Start the node on a Raspberry Pi: `python -m strongroom_pi.main [NODE.JSON [STATE FOLDER]]`."""

import signal
import sys
from types import FrameType

from strongroom_node.app import main

from strongroom_pi.hal import Board


def _stop(number: int, frame: FrameType | None) -> None:
    """Turn the service manager's stop into an orderly end: every task switches its outputs off."""
    raise SystemExit(0)


def run(board: Board) -> None:
    """Run the node until it is told to stop."""
    signal.signal(signal.SIGTERM, _stop)
    main(board)


if __name__ == "__main__":
    run(Board(*sys.argv[1:3]))
