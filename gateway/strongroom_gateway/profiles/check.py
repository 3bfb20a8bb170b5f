"""What must hold in a profile beyond its types. Every fault is named with its path."""

from collections.abc import Iterator
from typing import Final

from ..config_check import Problem
from .model import UNITS, Limits, Manner, Profile, Store, Swing, Swings

_POSSIBLE: Final = {"temperature": (-40.0, 60.0), "humidity": (0.0, 100.0)}
_UNIT: Final = {"temperature": UNITS["t"], "humidity": UNITS["rh"]}
# A profile is what a room is set up by. Nobody is certified by a file, so none may say so.
_CLAIMS: Final = ("certified", "certificate", "认证", "认定", "达标", "合格")


def problems_of(profile: Profile) -> Iterator[Problem]:
    """Yield everything that is wrong."""
    for word in _CLAIMS:
        if word in profile.title.lower():
            yield Problem("title", "config.profile_claim", {"word": word})
    if not profile.stores:
        yield Problem("stores", "config.profile_empty")
    for name, store in profile.stores.items():
        yield from _store(f"stores.{name}", store, profile)
    for name, limit in profile.air.items():
        if limit.deadband >= limit.high:
            value = {"deadband": limit.deadband, "width": limit.high, "unit": UNITS[name]}
            yield Problem(f"air.{name}.deadband", "config.profile_deadband", value)


def _store(where: str, store: Store, profile: Profile) -> Iterator[Problem]:
    defaults = profile.defaults
    pairs = (
        ("temperature", store.temperature, defaults.temperature),
        ("humidity", store.humidity, defaults.humidity),
    )
    swings = store.swing if isinstance(store.swing, Swings) else defaults.swing
    for what, limits, manner in pairs:
        yield from _limits(f"{where}.{what}", what, limits, manner)
        if limits.source is None and store.source is None:
            yield Problem(f"{where}.{what}", "config.profile_source")
        if swings is not None and store.swing is not False:
            swing = swings.temperature if what == "temperature" else swings.humidity
            own = isinstance(store.swing, Swings)
            at = f"{where if own else 'defaults'}.swing.{what}"
            yield from _swing(at, what, swing)


def _limits(where: str, what: str, limits: Limits, manner: Manner) -> Iterator[Problem]:
    low, high = limits.low, limits.high
    least, most = _POSSIBLE[what]
    if low is None and high is None:
        yield Problem(where, "config.profile_no_limit")
        return
    for end, value in (("low", low), ("high", high)):
        if value is not None and not least <= value <= most:
            params = {"value": value, "least": least, "most": most, "unit": _UNIT[what]}
            yield Problem(f"{where}.{end}", "config.profile_range", params)
    if low is None or high is None:
        return
    if low >= high:
        yield Problem(where, "config.band", {"low": low, "high": high})
        return
    deadband = manner.deadband if limits.deadband is None else limits.deadband
    if 2 * deadband >= high - low:
        params = {"deadband": deadband, "width": high - low, "unit": _UNIT[what]}
        yield Problem(f"{where}.deadband", "config.profile_deadband", params)


def _swing(where: str, what: str, swing: Swing) -> Iterator[Problem]:
    # A swing wider than the band is allowed: it then limits nothing.
    if swing.limit > 25:
        params = {"value": swing.limit, "least": 0, "most": 25, "unit": _UNIT[what]}
        yield Problem(f"{where}.limit", "config.profile_range", params)
