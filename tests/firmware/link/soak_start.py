"""Starts the soak from a ROMFS image, as the firmware of a board lies in its flash. MicroPython only."""

import sys

from strongroom_sim.rom_boot import mount

mount(sys.argv[1])
sys.modules.pop("strongroom_sim", None)
import soak_program  # noqa: E402, F401 - importing it runs it
