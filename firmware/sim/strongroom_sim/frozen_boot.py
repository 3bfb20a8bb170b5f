"""Starts an emulated board whose firmware is frozen in: `micropython -m frozen_boot DIR`. MicroPython only.

What rom_boot.py does for a mounted image, with nothing to mount: code, constants and names lie in the
program, as an ESP32 has them in its flash.
"""

import sys

sys.path[:] = [".frozen/fake", ".frozen"]

import asyncio  # noqa: E402, F401 - the node needs it on any board

from strongroom_sim.board import main  # noqa: E402

main(*sys.argv[1:])
