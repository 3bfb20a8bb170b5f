"""Texts for people, from gettext catalogues: zh_CN and en. What is stored is always the key.

Keys are dotted words; a text holds its parameters as {name}. The compiled catalogues lie in
locale/, the sources beside them: one for each part of the gateway, and no key in two of them.
"""

import gettext
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

LANGUAGES: Final = ("zh_CN", "en")
DEFAULT: Final = "en"


class _Blank(dict[str, Any]):
    """Parameters of which some may be missing: a text must never fail for want of one."""

    def __missing__(self, key: str) -> str:
        return "?"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    home = resources.files("strongroom_gateway") / "locale" / language / "LC_MESSAGES"
    found = gettext.NullTranslations()
    for file in sorted(home.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".mo"):
            with file.open("rb") as compiled:
                part = gettext.GNUTranslations(compiled)
            part.add_fallback(found)
            found = part
    return found


def text(key: str, params: Mapping[str, Any] | None = None, language: str = DEFAULT) -> str:
    """Return a text in a language; a key without a text is returned as it is."""
    pattern = _catalogue(language if language in LANGUAGES else DEFAULT).gettext(key)
    return pattern.format_map(_Blank(params or {}))


def speaker(language: str) -> Callable[[str, Mapping[str, Any]], str]:
    """Return a function that renders texts in one language."""

    def say(key: str, params: Mapping[str, Any]) -> str:
        return text(key, params, language)

    return say


def negotiate(accept: str | None, default: str = DEFAULT) -> str:
    """Return which of our languages suits an Accept-Language header best."""
    best, weight = default, 0.0
    for part in (accept or "").split(","):
        name, _, rest = part.strip().partition(";")
        try:
            q = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        primary = name.strip().lower().split("-")[0]
        found = {"zh": "zh_CN", "en": "en"}.get(primary)
        if found is not None and q > weight:
            best, weight = found, q
    return best
