"""A font that has Chinese: given, or found where Debian and its kin put theirs."""

from pathlib import Path
from typing import Final

from ...errors import StrongroomError

_FOLDER: Final = Path("/usr/share/fonts/truetype")
PLACES: Final = (_FOLDER / "wqy" / "wqy-microhei.ttc", _FOLDER / "wqy" / "wqy-zenhei.ttc")
"""Fonts with Chinese and Latin in TrueType outlines: what can be embedded."""


class NoFontError(StrongroomError):
    """There is no font to set the page in; the text says how to get one."""


def find_font(given: Path | None = None) -> Path:
    """Return the file of a TrueType font with Chinese. Raises NoFontError."""
    if given is not None:
        if not given.is_file():
            raise NoFontError(f"{given}: no such file")
        return given
    for place in PLACES:
        if place.is_file():
            return place
    raise NoFontError(
        "no font with Chinese was found: install one (apt-get install fonts-wqy-microhei),"
        " or name a TrueType file with --font"
    )
