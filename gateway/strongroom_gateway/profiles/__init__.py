"""A climate profile: bands for kinds of store, as data with sources. Built in, or a file of the
site.
"""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from ..config_check import ConfigProblemsError, Problem, typed

Delay = Annotated[float, Meta(ge=0, le=86_400)]
Margin = Annotated[float, Meta(gt=0, le=50)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Manner(_Part, frozen=True):
    """How a limit is watched: deadband and worse_by in the unit of the limit, delay in seconds."""

    deadband: Annotated[float, Meta(ge=0, le=50)]
    delay_s: Delay
    worse_by: Margin


class Manners(_Part, frozen=True):
    """The manner for each quantity."""

    temperature: Manner
    humidity: Manner


class Limits(_Part, frozen=True):
    """A band in °C or %RH; what is left out is taken from the defaults."""

    low: float
    high: float
    deadband: Annotated[float, Meta(ge=0, le=50)] | None = None
    delay_s: Delay | None = None
    worse_by: Margin | None = None


class Store(_Part, frozen=True):
    """The bands of one kind of store and where they come from."""

    temperature: Limits
    humidity: Limits
    source: Annotated[str, Meta(min_length=1, max_length=400)]


class Profile(_Part, frozen=True):
    """All kinds of store of one set of rules."""

    id: str
    title: str
    defaults: Manners
    stores: dict[str, Store]


class Band(msgspec.Struct, frozen=True):
    """One quantity of one store, ready to be compared with. Delay in ms."""

    low: float
    high: float
    deadband: float
    delay: int
    worse_by: float
    source: str


def load_profile(name: str, base: Path) -> Profile:
    """Return a built-in profile by name, or one from a file (relative to `base`). Raises
    ConfigProblemsError.
    """
    try:
        if name.endswith(".toml"):
            written = (base / name).read_text(encoding="utf-8")
        else:
            built_in = resources.files("strongroom_gateway") / "profiles" / f"{name}.toml"
            written = built_in.read_text(encoding="utf-8")
        raw = tomllib.loads(written)
    except (OSError, UnicodeDecodeError) as bad:
        raise ConfigProblemsError(
            [Problem("climate.profile", "config.profile", {"value": name})]
        ) from bad
    except tomllib.TOMLDecodeError as bad:
        raise ConfigProblemsError([Problem(name, "config.not_toml", {"reason": str(bad)})]) from bad
    profile = typed(raw, Profile)
    problems = [
        Problem(
            f"{name}: stores.{store}.{what}", "config.band", {"low": band.low, "high": band.high}
        )
        for store, bands in profile.stores.items()
        for what, band in (("temperature", bands.temperature), ("humidity", bands.humidity))
        if band.low >= band.high
    ]
    if problems:
        raise ConfigProblemsError(problems)
    return profile


def bands(profile: Profile, store: str, delay_s: float | None = None) -> tuple[Band, Band]:
    """Return the temperature and humidity bands of a store; `delay_s` overrides the profile's
    delays.
    """
    chosen = profile.stores[store]
    return (
        _band(chosen.temperature, profile.defaults.temperature, chosen.source, delay_s),
        _band(chosen.humidity, profile.defaults.humidity, chosen.source, delay_s),
    )


def _band(limits: Limits, manner: Manner, source: str, delay_s: float | None) -> Band:
    delay = manner.delay_s if limits.delay_s is None else limits.delay_s
    return Band(
        limits.low,
        limits.high,
        manner.deadband if limits.deadband is None else limits.deadband,
        int(1000 * (delay if delay_s is None else delay_s)),
        manner.worse_by if limits.worse_by is None else limits.worse_by,
        source,
    )
