"""Lays out the sources for freezing: `python -m strongroom_sim.frozen FOLDER` (scripts/micropython-frozen.sh). For
CPython.

The same modules as in the mounted image (rom.py), under the same names. FOLDER is made to hold them, a manifest.py for
the MicroPython build, and nothing else; a file that is as it should be stays untouched, so that make has nothing to do.
"""

import sys
from pathlib import Path

from .rom import sources

BOOT = "frozen_boot.py"
MANIFEST = b"""\
include("$(MPY_DIR)/extmod/asyncio")
freeze("modules")
"""


def lay_out(folder: Path) -> None:
    """Make `folder` hold the manifest and the modules it freezes."""
    wanted = {folder / "manifest.py": MANIFEST}
    wanted[folder / "modules" / BOOT] = Path(__file__).with_name(BOOT).read_bytes()
    for place, source in sources():
        wanted[folder / "modules" / place.removeprefix("lib/")] = source.read_bytes()
    for old in folder.rglob("*.py"):
        if old not in wanted:
            old.unlink()
    for target, content in wanted.items():
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
