"""Tools a test may need, and the one rule for when one is missing.

A missing tool skips the test with a word on how to get it. With STRONGROOM_REQUIRE_TOOLS=1 (continuous
integration) it fails the test instead, so that a skip can never hide there.
"""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
REAL_DATA = Path(os.environ.get("STRONGROOM_REAL_DATA", REPOSITORY.parent / "shared" / "data"))

FONTS = [
    Path("/usr/share/fonts/truetype/wqy") / f"wqy-{name}.ttc" for name in ("microhei", "zenhei")
]


@cache
def micropython() -> str | None:
    """Return the command of MicroPython >= 1.24, or None where there is none."""
    found = subprocess.run(
        [REPOSITORY / "scripts" / "micropython.sh"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


@cache
def program(name: str) -> str | None:
    """Return the path of a program; system folders are searched even where PATH leaves them out."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


def font() -> Path | None:
    """Return a TrueType font with Chinese, or None where there is none."""
    return next((place for place in FONTS if place.is_file()), None)


def missing(tool: str) -> str | None:
    """Return why a needed tool is not there, or None when it is."""
    if tool == "micropython":
        return None if micropython() else "MicroPython >= 1.24 (run `make setup`)"
    if tool == "font":
        return None if font() else "a font with Chinese (run `make setup`)"
    if tool.startswith("data:"):
        path = REAL_DATA / tool.removeprefix("data:")
        return None if path.exists() else f"the recording {path.name} (set STRONGROOM_REAL_DATA)"
    return None if program(tool) else f"the program {tool} (run `make setup`)"
