"""Which way a tag went through a gate with two antennas. Pure; times in the node's own ms since
boot.
"""

from typing import Final, Literal

import msgspec

Side = Literal["inner", "outer"]

STAYING: Final = 65_000
"""A tag that stays is reported less and less often, at least once a minute."""
_KEPT = 24


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one antenna has heard of the tag: reads, reports, the last time, the strength in dBm.

    The strength is that of the last report that had one.
    """

    n: int = 0
    reports: int = 0
    last: int = 0
    rssi: int | None = None
    gone: bool = False


class Report(msgspec.Struct, frozen=True, array_like=True):
    """One report as evidence: antenna, ms since boot, reads in it, strongest dBm."""

    ant: str
    mono: int
    n: int
    rssi: int | None


class Track(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tag in the gate: which side it is on, and what was heard of it since it got there.

    `far` holds only what the far antenna heard since the near one was last heard.
    """

    side: Side
    near: Heard
    far: Heard = Heard()
    reports: tuple[Report, ...] = ()

    @property
    def last(self) -> int:
        """Return when it was last heard at all."""
        return max(self.near.last, self.far.last)

    @property
    def present(self) -> bool:
        """Return whether some antenna has not yet said that the tag is gone."""
        return not self.near.gone or (self.far.reports > 0 and not self.far.gone)


class Manner(msgspec.Struct, frozen=True):
    """The settings of a gate: see `GateSection`. Window in ms, margin in dB."""

    min_reads: int
    window: int
    margin: int


def follow(
    track: Track | None, side: Side, report: Report, manner: Manner, *, gone: bool = False
) -> tuple[Track, bool]:
    """Return the track after a report of one side, and whether the tag has crossed to that side.

    `gone` says that this antenna no longer hears the tag; the report is then the last of it.
    """
    if track is None or _too_late(track, report, manner):
        near = Heard(report.n, 1, report.mono, report.rssi, gone)
        return Track(side=side, near=near, reports=(report,)), False
    if gone and side == track.side:
        near = msgspec.structs.replace(track.near, gone=True)
        return msgspec.structs.replace(track, near=near), False
    if gone and not track.far.reports:
        return track, False  # the end of what was heard there before it came over here
    reports = (*track.reports, report)[-_KEPT:]
    if side == track.side:
        near = Heard(track.near.n + report.n, track.near.reports + 1, report.mono, report.rssi)
        return Track(side=side, near=near, reports=reports), False
    was = track.far
    # The last strength, not the best: of a tag between the antennas both sides have had a strong read.
    rssi = was.rssi if report.rssi is None else report.rssi
    # The reads in `gone` are those of the whole stay, all reported before.
    fresh = 0 if gone else 1
    far = Heard(was.n + fresh * report.n, was.reports + fresh, report.mono, rssi, gone)
    if far.n + track.near.n >= manner.min_reads and _is_there(far, track.near, manner.margin):
        return Track(side=side, near=far, reports=reports), True
    return Track(track.side, track.near, far, reports), False


def _too_late(track: Track, report: Report, manner: Manner) -> bool:
    """Return whether this report is too late to be part of the same passage."""
    allowed = max(manner.window, STAYING) if track.present else manner.window
    return report.mono - track.last > allowed


def _is_there(far: Heard, near: Heard, margin: int) -> bool:
    """Return whether the tag is on the far side now, by strength and by who still hears it.

    A single read far weaker than the near side's is a stray one; the same strength counts once it
    repeats without the near side in between; at the end of all reads a weaker one will do.
    """
    if near.gone or far.rssi is None or near.rssi is None:
        return True
    lead = far.rssi - near.rssi
    if far.gone:
        return lead >= -2 * margin
    return lead >= (-margin if far.reports >= 2 else margin)
