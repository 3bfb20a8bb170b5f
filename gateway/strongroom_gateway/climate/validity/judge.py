"""One reading of one sensor: corrected, and believed or not. Pure."""

from typing import Literal

import msgspec

from .limits import NO_CORRECTION, Correction, Trust
from .track import Track

Reason = Literal["", "range", "spike", "rate", "frozen", "out_of_family"]

NEVER = 0  # no good reading was ever received
_SPIKES = 3  # refused in a row, the same is no spike but a step that is too quick for a room


class Reading(msgspec.Struct, frozen=True):
    """A reading as it came: °C, %RH, received at (Unix ms)."""

    t: float
    rh: float
    at: int


class Verdict(msgspec.Struct, frozen=True):
    """The corrected values and why they are not believed ("" when they are)."""

    t: float
    rh: float
    reason: Reason = ""


def in_range(reading: Reading, trust: Trust) -> bool:
    """Return whether a sensor of this kind can have measured that."""
    return trust.t_low <= reading.t <= trust.t_high and trust.rh_low <= reading.rh <= trust.rh_high


def corrected(reading: Reading, correction: Correction = NO_CORRECTION) -> tuple[float, float]:
    """Return temperature and humidity with the offsets of the calibration."""
    return reading.t + correction.t, min(100.0, max(0.0, reading.rh + correction.rh))


def judge(
    track: Track | None, reading: Reading, trust: Trust, correction: Correction = NO_CORRECTION
) -> tuple[Track, Verdict]:
    """Return what is now remembered of the sensor, and the verdict.

    The same track back means that nothing has to be remembered. After a silence longer than
    `trust.stale` a sensor begins anew: nothing is concluded over a gap.
    """
    t, rh = corrected(reading, correction)
    if not in_range(reading, trust):
        return _odd(track, reading), Verdict(t, rh, "range")
    if track is None or reading.at - track.at > trust.stale or reading.at < track.at:
        return _anew(track, reading, (t, rh))
    minutes = (reading.at - track.at) / 60_000
    if _jumped(t - track.t, trust.spike_t, trust.rate_t, minutes) or _jumped(
        rh - track.rh, trust.spike_rh, trust.rate_rh, minutes
    ):
        reason: Reason = "spike" if track.odd < _SPIKES else "rate"
        return _odd(track, reading), Verdict(t, rh, reason)
    return _believed(track, reading, (t, rh), trust)


def _anew(
    track: Track | None, reading: Reading, values: tuple[float, float]
) -> tuple[Track, Verdict]:
    t, rh = values
    raw = (reading.t, reading.rh)
    if track is None or track.at == NEVER:
        return Track(t, rh, reading.at, raw, reading.at), Verdict(t, rh)
    # Silence is no change: a sensor that says the same after a gap may have been stuck in it. And
    # one that its family did not believe has to come back to it first.
    same = track.same if track.raw == raw else reading.at
    fault = track.fault if track.fault == "out_of_family" or same == track.same else ""
    return Track(t, rh, reading.at, raw, same, out=track.out, fault=fault), Verdict(
        t, rh, _reason(fault)
    )


def _believed(
    track: Track, reading: Reading, values: tuple[float, float], trust: Trust
) -> tuple[Track, Verdict]:
    t, rh = values
    raw = (reading.t, reading.rh)
    same = track.same if raw == track.raw else reading.at
    frozen = trust.frozen > 0 and reading.at - same >= trust.frozen
    fault = track.fault
    if frozen and fault == "":
        fault = "frozen"
    elif not frozen and fault == "frozen":
        fault = ""
    verdict = Verdict(t, rh, _reason(fault))
    due = reading.at - track.at >= trust.keep
    # Between two that are kept, a value may change and come back: only a kept one can be the same.
    if not due and fault == track.fault and not track.odd:
        return track, verdict
    return Track(t, rh, reading.at, raw, same, 0, 0, track.out, fault), verdict


def _odd(track: Track | None, reading: Reading) -> Track:
    if track is None:
        track = Track(0.0, 0.0, NEVER)
    since = track.odd_since if track.odd else reading.at
    return msgspec.structs.replace(track, odd=track.odd + 1, odd_since=since)


def _jumped(change: float, spike: float, rate: float, minutes: float) -> bool:
    return spike > 0 and abs(change) > spike + rate * minutes


def _reason(fault: str) -> Reason:
    if fault == "frozen":
        return "frozen"
    return "out_of_family" if fault == "out_of_family" else ""
