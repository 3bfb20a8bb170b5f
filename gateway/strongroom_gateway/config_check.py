"""Checks a parsed TOML file against structs, and says everything that is wrong in words with the
path.
"""

import difflib
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from .errors import ConfigError
from .i18n import text
from .section import FORMS

S = TypeVar("S", bound=msgspec.Struct)

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<at>[^`]*)`)?$", re.DOTALL)
_EXPECTED = re.compile(r"^Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`$")
_PATTERN = re.compile(r"^Expected `str` matching regex (?P<pattern>.+)$")
_MISSING = re.compile(r"^Object missing required field `(?P<key>[^`]+)`$")


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong: where, which text of the catalogue, and what the text needs."""

    path: str
    key: str
    params: dict[str, Any] = {}

    def say(self, language: str = "en") -> str:
        """Return one line for a person."""
        return f"{self.path}: {text(self.key, self.params, language)}"

    def say_of(self, file: Path, language: str = "en") -> str:
        """Return the line with the file before it, once."""
        said = self.say(language)
        return said if self.path == str(file) else f"{file}: {said}"


class ConfigProblemsError(ConfigError):
    """The file cannot be used; `problems` holds every reason found. `file` stands before each."""

    def __init__(self, problems: list[Problem], file: Path | None = None) -> None:
        said = [one.say() if file is None else one.say_of(file) for one in problems]
        super().__init__("\n".join(said))
        self.problems = problems


def typed(raw: dict[str, Any], wanted: type[S]) -> S:
    """Return the file as the struct. Raises ConfigProblemsError with all unknown keys or the first
    wrong
    value.
    """
    unknown = list(_unknown(raw, wanted, ""))
    if unknown:
        raise ConfigProblemsError(unknown)
    try:
        return msgspec.convert(raw, wanted, dec_hook=_convert)
    except msgspec.ValidationError as bad:
        raise ConfigProblemsError([_in_words(str(bad))]) from None


def _convert(wanted: type, value: Any) -> Any:
    """Decode what TOML has no type for."""
    if wanted is Path:
        if not isinstance(value, str) or not value:
            raise ValueError(f"Expected `path`, got `{type(value).__name__}`")
        return Path(value)
    raise NotImplementedError(wanted)


def _unknown(raw: Any, wanted: Any, path: str) -> Iterator[Problem]:
    """Yield a problem for each key that no struct knows, at any depth."""
    wanted = _plain(wanted)
    if isinstance(raw, list):
        inner = (typing.get_args(wanted) or (Any,))[0]
        for n, value in enumerate(raw):
            yield from _unknown(value, inner, f"{path}[{n}]")
    elif isinstance(raw, dict) and typing.get_origin(wanted) is dict:
        for key, value in raw.items():
            yield from _unknown(value, typing.get_args(wanted)[1], _join(path, key))
    elif isinstance(raw, dict) and isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        fields = {f.encode_name: f.type for f in msgspec.structs.fields(wanted)}
        for key, value in raw.items():
            if key in fields:
                yield from _unknown(value, fields[key], _join(path, key))
            else:
                yield _unknown_key(_join(path, key), key, list(fields))


def _unknown_key(path: str, key: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if near:
        return Problem(path, "config.unknown_near", {"near": near[0]})
    return Problem(path, "config.unknown", {"known": ", ".join(known)})


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _plain(wanted: Any) -> Any:
    """Take Annotated and `| None` off a type."""
    while typing.get_origin(wanted) is typing.Annotated:
        wanted = typing.get_args(wanted)[0]
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        inner = [_plain(a) for a in typing.get_args(wanted) if a is not type(None)]
        return inner[0] if len(inner) == 1 else Any
    return wanted


def _in_words(complaint: str) -> Problem:
    """Turn a converter's complaint into a problem of ours."""
    match = _AT.match(complaint)
    what, at = (match["what"], match["at"] or "") if match else (complaint, "")
    path = at.removeprefix("$").removeprefix(".")
    if missing := _MISSING.match(what):
        return Problem(_join(path, missing["key"]), "config.missing")
    if unlike := _PATTERN.match(what):
        form = next((key for one, key in FORMS.items() if repr(one) == unlike["pattern"]), None)
        if form is not None:
            return Problem(path, form)
    if expected := _EXPECTED.match(what):
        wanted, got = expected["wanted"], expected["got"]
        return Problem(path, "config.wrong_type", {"wanted": _kinds(wanted), "got": _kinds(got)})
    return Problem(path or "(file)", "config.wrong_value", {"reason": what})


def _kinds(names: str) -> str:
    """Name types as TOML names them."""
    toml = {
        "str": "string",
        "int": "integer",
        "bool": "boolean",
        "object": "table",
        "null": "nothing",
    }
    return " | ".join(toml.get(name, name) for name in names.split(" | "))
