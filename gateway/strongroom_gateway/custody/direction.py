"""Which way a tag went through a gate with two antennas. Pure; times in the node's own ms since
boot.
"""

from typing import Final, Literal

import msgspec

Side = Literal["inner", "outer"]

QUIET: Final = 1_000
"""An antenna that has not read the tag for this long says nothing about where it is now."""
STAYING: Final = 65_000
"""A tag that stays is reported less and less often, at least once a minute."""
_KEPT = 24


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one antenna has heard of the tag: reads so far, the last of them, and how strong (dBm)."""

    n: int = 0
    last: int = 0
    rssi: int | None = None


class Report(msgspec.Struct, frozen=True, array_like=True):
    """One report as evidence: antenna, ms since boot, reads in it, strongest dBm."""

    ant: str
    mono: int
    n: int
    rssi: int | None


class Track(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tag in the gate: on which side it is, and what both antennas heard since it got there."""

    side: Side
    near: Heard
    far: Heard = Heard()
    gone: bool = False
    reports: tuple[Report, ...] = ()


class Manner(msgspec.Struct, frozen=True):
    """The settings of a gate: see `GateSection`. Window in ms, margin in dB."""

    min_reads: int
    window: int
    margin: int


def follow(track: Track | None, side: Side, report: Report, manner: Manner) -> tuple[Track, bool]:
    """Return the track after a report heard on `side`, and whether the tag has crossed to that
    side.

    The tag is where it is heard clearly more strongly than on the other side, or where alone it is
    still heard. It has crossed when that place changes within the window, after enough reads.
    """
    if track is None or _too_late(track, report, manner):
        near = Heard(report.n, report.mono, report.rssi)
        return Track(side=side, near=near, reports=(report,)), False
    reports = (*track.reports, report)[-_KEPT:]
    if side == track.side:
        near = Heard(track.near.n + report.n, report.mono, report.rssi)
        track = msgspec.structs.replace(track, near=near, gone=False, reports=reports)
        return track, False
    far = Heard(track.far.n + report.n, report.mono, report.rssi)
    track = msgspec.structs.replace(track, far=far, gone=False, reports=reports)
    if not _stronger(far, track.near, manner.margin) or far.n + track.near.n < manner.min_reads:
        return track, False
    return Track(side=side, near=far, reports=reports), True


def _too_late(track: Track, report: Report, manner: Manner) -> bool:
    """Return whether the near side fell silent too long ago for this report to be the same passage."""
    allowed = manner.window if track.gone else max(manner.window, STAYING)
    return report.mono - max(track.near.last, track.far.last) > allowed


def _stronger(here: Heard, there: Heard, margin: int) -> bool:
    if here.last - there.last > QUIET or here.rssi is None or there.rssi is None:
        return True
    return here.rssi >= there.rssi + margin
