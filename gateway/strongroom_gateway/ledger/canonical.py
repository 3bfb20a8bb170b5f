"""Canonical JSON (RFC 8785): one text for one value, so that a hash of it means something.

Sorted keys (by UTF-16 code unit), no spaces, numbers as ECMAScript writes them, UTF-8.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, Final

_EXACT: Final = 2**53
_WORDS: Final = {None: "null", True: "true", False: "false"}
_quote: Final = json.JSONEncoder(ensure_ascii=False).encode


def canonical(value: Any) -> str:
    """Return the canonical text of plain JSON data.

    Raises ValueError for what has none: NaN, infinities, integers that a double cannot hold, other
    types, strings with lone surrogates.
    """
    text = _write(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a string with a lone surrogate has no canonical form") from None
    return text


def _write(value: Any) -> str:
    match value:
        case None | bool():
            return _WORDS[value]
        case str():
            return _quote(value)
        case int() | float():
            return _number(value)
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("keys must be strings")
            keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return "{" + ",".join(f"{_quote(key)}:{_write(value[key])}" for key in keys) + "}"
        case Sequence() if not isinstance(value, (bytes, bytearray, memoryview)):
            return "[" + ",".join(map(_write, value)) + "]"
        case _:
            raise ValueError(f"{type(value).__name__} is not JSON")


def _number(value: float) -> str:
    """Write a number the way ECMAScript's Number.prototype.toString writes a double."""
    if isinstance(value, int):
        if abs(value) > _EXACT:
            raise ValueError(f"{value} does not fit a double exactly")
        return str(value)
    if not isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits_tuple, exponent = Decimal(repr(abs(value))).normalize().as_tuple()[1:]
    digits = "".join(map(str, digits_tuple))
    point = len(digits) + int(exponent)  # place of the decimal point, counted from the left
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"
