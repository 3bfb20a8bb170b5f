"""Is a text the one canonical JSON of its value (RFC 8785)?

Nearly all texts are settled by writing their value again with the standard library and comparing.
Where that library and RFC 8785 differ (fractions and exponents, integers beyond 2**53, characters
beyond U+FFFF in keys) a slower way follows that RFC to the letter.
"""

import json
import re
from typing import Any

_SHAPE = bytes.maketrans(b"123456789,[", b"000000000::")
_LONG = b":" + b"0" * 16
"""In the shape of an object, without its minus signs: a number that a double may not hold. The digits
of a tag's id are none, and what stands behind a space is not written canonically anyway.
"""
_FAR = re.compile(rb"[\xf0-\xf7]")
_LARGEST = 2**53
_write_plainly = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode
_quote = json.JSONEncoder(ensure_ascii=False).encode


class _Number(str):
    """The canonical text of a number that was read."""

    __slots__ = ()


class _FractionError(Exception):
    """There is a fraction or an exponent: the slower way must be taken."""


def _fraction(literal: str) -> None:
    raise _FractionError


_read_plainly = json.JSONDecoder(parse_float=_fraction).raw_decode


def problem_of(text: bytes) -> str | None:
    """Return what keeps a text from being canonical JSON, None when nothing does."""
    return read(text)[0]


def read(text: bytes) -> tuple[str | None, Any]:
    """Return what keeps a text from being canonical JSON, and its value where nothing does."""
    try:
        again, value = _again(text)
        if again.encode() == text:
            return None, value
    except (ValueError, RecursionError) as error:
        return f"it is not JSON: {error}", None
    return "it is not written canonically", None


def _again(text: bytes) -> tuple[str, Any]:
    """Return the canonical text of the value of a text, and the value."""
    delicate = (
        text[:1] != b"{"
        or _LONG in text.translate(_SHAPE, b"-")
        or b"\\u" in text
        or (not text.isascii() and _FAR.search(text))
    )
    if not delicate:
        try:
            value, _ = _read_plainly(text.decode())
            return _write_plainly(value), value  # which is not the text, if more stands behind it
        except _FractionError:
            pass
    exact = json.loads(text.decode(), parse_int=_integer, parse_float=_float)
    return _write(exact), json.loads(text)


def _integer(literal: str) -> _Number:
    """Every number is a double: beyond 2**53 it is written as one."""
    value = int(literal)
    return _Number(value) if abs(value) <= _LARGEST else _float(literal)


def _float(literal: str) -> _Number:
    """ECMA-262, Number::toString: k digits, the decimal point behind the n-th."""
    value = float(literal)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{literal[:40]} does not fit a double")
    if value == 0:
        return _Number("0")
    mantissa, exponent = f"{abs(value)!r}e0".split("e")[:2]
    whole, _, fraction = mantissa.partition(".")
    n = len(whole) + int(exponent)
    digits = whole + fraction
    n -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    k = len(digits)
    if k <= n <= 21:
        text = digits + "0" * (n - k)
    elif 0 < n <= 21:
        text = f"{digits[:n]}.{digits[n:]}"
    elif -6 < n <= 0:
        text = f"0.{'0' * -n}{digits}"
    else:
        tail = f".{digits[1:]}" if k > 1 else ""
        text = f"{digits[0]}{tail}e{'+' if n > 0 else '-'}{abs(n - 1)}"
    return _Number(f"-{text}" if value < 0 else text)


def _write(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(_write, value))}]"
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_quote(key)}:{_write(inner)}" for key, inner in members) + "}"
    if isinstance(value, float):
        raise ValueError(f"{value} is no JSON number")
    return _quote(value)
