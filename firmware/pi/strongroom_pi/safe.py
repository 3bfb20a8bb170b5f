"""Put all outputs into their safe state: `python -m strongroom_pi.safe [NODE.JSON [STATE FOLDER]]`.

A Raspberry Pi's pins keep their level when the process that drove them is killed. The service
manager runs this after every end of the node, so that a relay does not stay on without anybody.
"""

import sys

from strongroom_node import devices
from strongroom_node.config_store import ConfigStore
from strongroom_node.errors import NodeError

from strongroom_pi.hal import Board

OUTPUTS = ("relay", "signal")


def make_safe(board: Board) -> list[str]:
    """Switch off every relay and signal of the node; return the ids of those that could not be."""
    try:
        applied = ConfigStore(board.store()).current()
    except NodeError:
        applied = None  # a node whose flash fails still has the relays it was provisioned with
    left = []
    for cfg in (applied or board.settings())["devices"]:
        try:
            module = devices.load(cfg["type"])
            if module.ROLE in OUTPUTS:
                module.create(board, cfg)  # an output is safe from its first moment
        except NodeError as error:
            sys.stderr.write(f"{cfg['id']}: {error}\n")
            left.append(cfg["id"])
    return left


if __name__ == "__main__":
    sys.exit(1 if make_safe(Board(*sys.argv[1:3])) else 0)
