"""Start the node on a Raspberry Pi: `python -m strongroom_pi.main [NODE.JSON [STATE FOLDER]]`."""

import sys

from strongroom_node.app import main

from strongroom_pi.hal import Board

if __name__ == "__main__":
    main(Board(*sys.argv[1:3]))
