"""The text of a file: its encoding, its lines, a line's fields."""

import csv
import re
from typing import Final, NamedTuple

from .errors import ImportRefusedError

_CJK: Final = re.compile("[\u4e00-\u9fff\u2103]")
_SIGNS: Final = frozenset("°²³µ±".encode("cp1252"))
"""Signs of units. "°C" in Windows-1252 would be a Chinese character in GB 18030."""
_MOST_BYTES: Final = 512 * 1024 * 1024


class Text(NamedTuple):
    """The lines of a file without their ends, and the encoding they were in."""

    lines: list[str]
    encoding: str


def decode(data: bytes, encoding: str | None = None) -> Text:
    """Return the lines of a file. Without an encoding: by its mark, UTF-8, GB 18030 when that gives
    Chinese, otherwise Windows-1252; only names of columns hang on it. Raises ImportRefusedError.
    """
    if len(data) > _MOST_BYTES:
        raise ImportRefusedError(f"the file has more than {_MOST_BYTES >> 20} MB: cut it in parts")
    chosen = encoding or _encoding(data)
    try:
        text = data.decode(chosen)
    except (UnicodeDecodeError, LookupError) as bad:
        raise ImportRefusedError(f"the file is not in {chosen}: {bad}") from bad
    if "\x00" in text:
        raise ImportRefusedError("the file is not text")
    return Text([line.rstrip() for line in re.split("\r\n|\n|\r", text)], chosen)


def fields(line: str, separator: str) -> list[str]:
    """Return the fields of a line, quotes removed and blanks around them too."""
    return [field.strip() for field in next(csv.reader([line], delimiter=separator), [])]


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if _is_western(data):
        return "cp1252"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8-sig" or _CJK.search(text):
            return encoding
    return "cp1252"


def _is_western(data: bytes) -> bool:
    """Whether the only letters beyond ASCII are signs of units in Windows-1252."""
    foreign = set(data.translate(None, bytes(range(128))))
    return bool(foreign) and foreign <= _SIGNS
