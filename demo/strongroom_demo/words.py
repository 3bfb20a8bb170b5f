"""Texts of the demo in the language of the user: gettext catalogues beside this file."""

import gettext
import locale
import os
from pathlib import Path

LANGUAGES = ("en", "zh_CN")
_CATALOGUES = Path(__file__).parent / "locale"
_translation: gettext.NullTranslations = gettext.NullTranslations()


def choose(language: str | None) -> str:
    """Take a language of LANGUAGES, or that of the environment when None; return the one taken."""
    global _translation  # noqa: PLW0603 - one process speaks one language, as the C library does
    taken = language or _of_environment()
    _translation = gettext.translation("strongroom_demo", _CATALOGUES, [taken], fallback=True)
    return taken


def _(text: str, /, **values: object) -> str:
    """Return a text in the chosen language with its values filled in."""
    said = _translation.gettext(text)
    return said.format(**values) if values else said


def _of_environment() -> str:
    named = next(
        (os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), ""
    )
    return "zh_CN" if (named or locale.getlocale()[0] or "").lower().startswith("zh") else "en"
