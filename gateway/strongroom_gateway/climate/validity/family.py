"""Several sensors of a zone: which one is not like the others, and what they say together. Pure."""

from collections.abc import Mapping
from statistics import median

import msgspec

from .limits import Trust
from .track import Track

_FEWEST = 3  # with two nobody can tell which one is wrong


class Fused(msgspec.Struct, frozen=True):
    """What a zone's sensors say together: the median of each quantity, whose, and how far apart."""

    t: float
    rh: float
    sensors: tuple[str, ...]
    spread_t: float = 0.0
    spread_rh: float = 0.0


def fresh(tracks: Mapping[str, Track], now: int, trust: Trust) -> dict[str, Track]:
    """Return the sensors that were heard and are not in doubt, in the order of their names."""
    return {
        name: track
        for name, track in sorted(tracks.items())
        if not track.fault and now - track.at < trust.stale
    }


def fused(tracks: Mapping[str, Track], now: int, trust: Trust) -> Fused | None:
    """Return the median of the fresh sensors that are believed; None when there is none.

    With two sensors it is their mean. The spread is over all of them.
    """
    good = fresh(tracks, now, trust)
    if not good:
        return None
    warm = [track.t for track in good.values()]
    moist = [track.rh for track in good.values()]
    return Fused(
        median(warm),
        median(moist),
        tuple(good),
        max(warm) - min(warm),
        max(moist) - min(moist),
    )


def judged_together(tracks: Mapping[str, Track], now: int, trust: Trust) -> dict[str, Track]:
    """Return the tracks with those marked that have been away from their family for long.

    A sensor is measured against the median of the others; it needs two others that are believed. It
    is taken back when it has come half-way back.
    """
    marked = dict(tracks)
    heard = {n: t for n, t in tracks.items() if now - t.at < trust.stale and t.fault != "frozen"}
    for name, track in heard.items():
        others = [t for n, t in heard.items() if n != name and t.fault != "out_of_family"]
        if len(others) < _FEWEST - 1:
            continue
        scale = 0.5 if track.fault == "out_of_family" else 1.0
        away = _away(track.t, [t.t for t in others], trust.family_t * scale) or _away(
            track.rh, [t.rh for t in others], trust.family_rh * scale
        )
        marked[name] = _marked(track, away, now, trust)
    return marked


def _marked(track: Track, away: bool, now: int, trust: Trust) -> Track:
    if not away:
        if track.out is None and track.fault != "out_of_family":
            return track
        fault = "" if track.fault == "out_of_family" else track.fault
        return msgspec.structs.replace(track, out=None, fault=fault)
    since = now if track.out is None else track.out
    fault = track.fault
    if not fault and now - since >= trust.family:
        fault = "out_of_family"
    if (since, fault) == (track.out, track.fault):
        return track
    return msgspec.structs.replace(track, out=since, fault=fault)


def _away(value: float, others: list[float], limit: float) -> bool:
    return limit > 0 and abs(value - median(others)) > limit
