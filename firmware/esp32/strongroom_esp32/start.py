"""How a node comes to life on an ESP32, and what becomes of one that cannot."""

import os
import time

from strongroom_node.compat import const, print_exc

_SETTINGS = const("/node.json")
_PAUSE_S = const(10)


def start(board, run, settings=_SETTINGS):
    """Run the node; a node that ends, for whatever reason, is started afresh by a reset.

    The pause leaves a person at the console time for Ctrl-C. A board without settings stays at the
    console: there is nothing it could start with.
    """
    try:
        os.stat(settings)
    except OSError:
        print("This board has no %s yet: copy one to it, then reset." % settings)
        return
    try:
        run(board)
    # Whatever it was: a node that restarts can still be reached, one that stands still cannot.
    except Exception as error:  # noqa: BLE001
        print_exc(error)
    time.sleep(_PAUSE_S)
    board.reset()
