"""A climate profile: bands for kinds of store, as data with sources. Built in, or a file of the
site.
"""

import tomllib
from importlib import resources
from math import inf
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..config_check import ConfigProblemsError, Problem, typed
from .check import problems_of
from .lines import Where, line_of, lines_of
from .model import UNITS, AirLimit, Band, Limits, Manner, Profile, Shell, Store, Swing, Swings

S = TypeVar("S", bound=msgspec.Struct)


def built_in() -> list[str]:
    """Return the names of the profiles that come with the program."""
    home = resources.files("strongroom_gateway") / "profiles"
    return sorted(f.name.removesuffix(".toml") for f in home.iterdir() if f.name.endswith(".toml"))


def written(name: str, base: Path) -> str:
    """Return the text of a built-in profile by name, or of a file. Raises ConfigProblemsError."""
    try:
        if name.endswith(".toml"):
            return (base / name).read_text(encoding="utf-8")
        if name not in built_in():
            raise FileNotFoundError(name)
        home = resources.files("strongroom_gateway") / "profiles"
        return (home / f"{name}.toml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as bad:
        problem = Problem("climate.profile", "config.profile", {"value": name})
        raise ConfigProblemsError([problem]) from bad


def load_profile(name: str, base: Path) -> Profile:
    """Return a built-in profile by name, or one from a file (relative to `base`).

    Raises ConfigProblemsError; each of its problems names the file, the line and the key.
    """
    return parse_profile(written(name, base), name)


def parse_profile(toml: str, name: str) -> Profile:
    """Return a profile from its text; `name` is what its faults are reported under."""
    try:
        raw = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as bad:
        raise ConfigProblemsError([Problem(name, "config.not_toml", {"reason": str(bad)})]) from bad
    where = lines_of(toml)
    problems: list[Problem] = []
    shell = _part(raw, Shell, "", problems)
    profile = None
    if shell is not None:
        stores = _parts(shell.stores, Store, "stores", problems)
        air = _parts(shell.air, AirLimit, "air", problems)
        unknown = [quantity for quantity in air if quantity not in UNITS or quantity in ("t", "rh")]
        known = ", ".join(q for q in UNITS if q not in ("t", "rh"))
        problems += [Problem(f"air.{q}", "config.unknown", {"known": known}) for q in unknown]
        if not problems:
            profile = Profile(shell.id, shell.title, shell.defaults, stores, air)  # type: ignore[arg-type]  # the keys were checked above
            problems += problems_of(profile)
    if profile is None or problems:
        raise ConfigProblemsError([_placed(problem, name, where) for problem in problems])
    return profile


def bands(profile: Profile, store: str, delay_s: float | None = None) -> tuple[Band, Band]:
    """Return the temperature and humidity bands of a store; `delay_s` overrides the profile's
    delays.
    """
    chosen, defaults = profile.stores[store], profile.defaults
    return (
        _band(chosen.temperature, defaults.temperature, chosen.source, delay_s),
        _band(chosen.humidity, defaults.humidity, chosen.source, delay_s),
    )


def swings(profile: Profile, store: str) -> Swings | None:
    """Return what a store may swing in a day; None where nothing limits it."""
    own = profile.stores[store].swing
    if isinstance(own, Swings):
        return own
    return profile.defaults.swing if own else None


def _band(limits: Limits, manner: Manner, source: str | None, delay_s: float | None) -> Band:
    delay = manner.delay_s if limits.delay_s is None else limits.delay_s
    return Band(
        -inf if limits.low is None else limits.low,
        inf if limits.high is None else limits.high,
        manner.deadband if limits.deadband is None else limits.deadband,
        int(1000 * (delay if delay_s is None else delay_s)),
        manner.worse_by if limits.worse_by is None else limits.worse_by,
        limits.source or source or "",
    )


def _part(raw: Any, wanted: type[S], path: str, problems: list[Problem]) -> S | None:
    if not isinstance(raw, dict):
        got = "array" if isinstance(raw, list) else type(raw).__name__
        kinds = {"wanted": "table", "got": got}
        problems.append(Problem(path, "config.wrong_type", kinds))
        return None
    try:
        return typed(raw, wanted)
    except ConfigProblemsError as bad:
        prefix = f"{path}." if path else ""
        problems += [Problem(prefix + p.path, p.key, p.params) for p in bad.problems]
        return None


def _parts(
    raw: dict[str, Any], wanted: type[S], path: str, problems: list[Problem]
) -> dict[str, S]:
    read = {name: _part(one, wanted, f"{path}.{name}", problems) for name, one in raw.items()}
    return {name: one for name, one in read.items() if one is not None}


def _placed(problem: Problem, name: str, where: Where) -> Problem:
    line = line_of(where, problem.path)
    place = f"{name}: {problem.path}" if line is None else f"{name}:{line}: {problem.path}"
    return Problem(place, problem.key, problem.params)


__all__ = [
    "UNITS",
    "AirLimit",
    "Band",
    "Limits",
    "Manner",
    "Profile",
    "Store",
    "Swing",
    "Swings",
    "bands",
    "built_in",
    "load_profile",
    "parse_profile",
    "swings",
    "written",
]
