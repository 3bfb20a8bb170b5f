"""Which way a tag went through a gate with two antennas. Pure; times in the node's own ms since
boot.

The ledger says on which side an item is: that is the near antenna, the other one the far. What has
to be found is whether the tag is now on the far side. See docs/gate.md for why it is done so.
"""

from typing import Final, Literal

import msgspec

Side = Literal["inner", "outer"]
How = Literal["crossed", "alone", "unclear", "doubt"]

STAYING: Final = 65_000
"""A tag that stays is reported less and less often, at least once a minute."""
OTHER: Final[dict[Side, Side]] = {"inner": "outer", "outer": "inner"}
VISITS: Final = 2
"""A tag that was there twice and did not leave lies somewhere near."""
OF_LATE: Final = 30_000
"""How old the best strength may be: of a box that lies for hours the passage counts, not the hours."""
_KEPT: Final = 24
_FEW: Final = 3  # reads


class Report(msgspec.Struct, frozen=True, array_like=True):
    """One report as evidence: antenna, ms since boot, reads in it, strongest dBm, span in ms."""

    ant: Side
    mono: int
    n: int
    rssi: int | None
    span: int = 0


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one antenna has heard of the tag in this stay: reads, the last time, the strength of the
    last report, the best strength of late and its time; whether it hears it no more.
    """

    n: int = 0
    last: int = 0
    rssi: int | None = None
    best: int | None = None
    best_at: int = 0
    gone: bool = False

    def plus(self, report: Report) -> "Heard":
        """Return it with one more report."""
        best, best_at = self.best, self.best_at
        stale = report.mono - best_at > OF_LATE
        if report.rssi is not None and (best is None or stale or report.rssi > best):
            best, best_at = report.rssi, report.mono
        rssi = self.rssi if report.rssi is None else report.rssi
        return Heard(self.n + report.n, report.mono, rssi, best, best_at)


class Run(msgspec.Struct, frozen=True):
    """What the far antenna has heard since the near one was last as strong: since when, in how many
    reports, how many reads, the best of them.
    """

    since: int
    reports: int
    n: int
    best: int | None


class Track(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stay of a tag in the gate: from the first report until no antenna has heard it for a while.

    `told` is the side it was last said to be on; `visits` counts the stays before this one that told
    nothing.
    """

    inner: Heard = Heard()
    outer: Heard = Heard()
    run: Run | None = None
    told: Side | None = None
    began: int = 0
    visits: int = 0
    reports: tuple[Report, ...] = ()

    def at(self, side: Side) -> Heard:
        """Return what one antenna has heard."""
        return self.inner if side == "inner" else self.outer

    @property
    def last(self) -> int:
        """Return when it was last heard at all."""
        return max(self.inner.last, self.outer.last)

    @property
    def reads(self) -> int:
        """Return how many reads there were in all."""
        return self.inner.n + self.outer.n

    def lies(self, manner: "Manner") -> bool:
        """Return whether it has been near for so long, or so often, that it lies there."""
        return self.visits >= VISITS or self.last - self.began >= manner.lying

    @property
    def present(self) -> bool:
        """Return whether some antenna that heard it has not yet said that it is gone."""
        return any(one.n and not one.gone for one in (self.inner, self.outer))

    @property
    def order(self) -> tuple[Side, ...]:
        """Return the antennas in the order in which they first and last heard it."""
        if not self.reports:
            return ()
        first, last = self.reports[0].ant, self.reports[-1].ant
        return (first,) if first == last else (first, last)


class Manner(msgspec.Struct, frozen=True):
    """The settings of a gate, see `GateSection`: times in ms, margin in dB."""

    min_reads: int = 2
    margin: int = 6
    dwell: int = 200
    age_out: int = 15_000
    sure_reads: int = 8
    near_dbm: int = -58
    lying: int = 60_000


class Verdict(msgspec.Struct, frozen=True):
    """The tag is now on this side: it was heard to cross; or is heard there alone, and never was on
    its own side; or it may be there, for the reads are too few or too weak to tell.
    """

    to: Side
    how: How


def follow(
    track: Track | None, report: Report, manner: Manner, near: Side, visits: int = 0
) -> tuple[Track, Verdict | None]:
    """Return the stay after a report, and what is certain already. `near` is where the item was."""
    was = track if track is not None else Track(began=report.mono, visits=visits)
    far = OTHER[near]
    heard = was.at(report.ant).plus(report)
    now = Track(
        heard if report.ant == "inner" else was.inner,
        heard if report.ant == "outer" else was.outer,
        _run(was, report, manner, near),
        was.told,
        was.began,
        was.visits,
        (*was.reports, report)[-_KEPT:],
    )
    if report.ant == near:
        return now, None
    if not now.at(near).n:
        enough = now.at(far).n >= max(manner.sure_reads, manner.min_reads)
        if (
            was.told == far
            or not enough
            or (now.lies(manner) and not _passed_by(now, near, manner))
        ):
            return now, None
        return msgspec.structs.replace(now, told=far), Verdict(far, "alone")
    if now.reads >= manner.min_reads and _is_over(now, report, manner, near):
        return msgspec.structs.replace(now, run=None, told=far), Verdict(far, "crossed")
    return now, None


def leave(track: Track, side: Side, manner: Manner, near: Side) -> tuple[Track, Verdict | None]:
    """Return the stay once an antenna has said that it no longer hears the tag, and what that makes
    certain. A stay that tells nothing yet is kept: what is heard within `age_out` belongs to it.
    """
    heard = msgspec.structs.replace(track.at(side), gone=True)
    now = msgspec.structs.replace(track, **{side: heard})
    if not now.present:
        verdict = conclude(now, manner, near)
        if verdict is None or verdict.how == "doubt":
            return now, None
        return msgspec.structs.replace(now, told=verdict.to), verdict
    last = track.reports[-1]
    if side != near or last.ant == near or last.rssi is None:
        return now, None
    # It went quiet near by long ago, while the far antenna went on hearing it until just now.
    strong = last.n >= 2 and last.rssi >= manner.near_dbm and last.span >= manner.dwell
    if not strong or now.reads < manner.min_reads or not _plausible(now, near, manner):
        return now, None
    if now.lies(manner) and not _passed_by(now, near, manner):
        return now, None
    far = OTHER[near]
    return msgspec.structs.replace(now, run=None, told=far), Verdict(far, "crossed")


def too_late(track: Track, mono: int, manner: Manner) -> bool:
    """Return whether what is heard at this time is too late to be part of the same stay."""
    allowed = max(manner.age_out, STAYING) if track.present else manner.age_out
    return mono - track.last > allowed


def conclude(track: Track, manner: Manner, near: Side) -> Verdict | None:
    """Return what the whole stay says, now that it is over."""
    far = OTHER[near]
    here, there = track.at(near), track.at(far)
    if track.told == "outer" or track.reads < manner.min_reads:
        return None  # what only seems to come back after it was said to be outside is not in yet
    after = track.run.n if track.run is not None else 0
    if track.lies(manner) and (after < _FEW or not _passed_by(track, near, manner)):
        # Reflections of what lies near for hours are heard outside now and then: it will be heard
        # inside again, or be asked for.
        return Verdict(far, "doubt") if track.told is None else None
    if not here.n:
        return Verdict(far, "alone")
    if there.n and track.reports[-1].ant == far:
        sure = track.reads >= manner.sure_reads and after >= _FEW
        sure = sure and track.told is None and _plausible(track, near, manner)
        sure = sure and (after >= manner.sure_reads or _passed_by_one(track, near, manner))
        return Verdict(far, "crossed" if sure else "unclear")
    return Verdict(far, "doubt") if track.told is None else None


def _run(was: Track, report: Report, manner: Manner, near: Side) -> Run | None:
    """Return what the far antenna has heard since the near one was last as strong."""
    run = was.run
    if report.ant == near:
        behind = _lead(was.at(OTHER[near]).rssi, report.rssi) >= manner.margin
        return run if behind else None
    if run is None:
        return Run(report.mono - report.span, 1, report.n, report.rssi)
    best = report.rssi if _lead(report.rssi, run.best) >= 0 else run.best
    return Run(run.since, run.reports + 1, run.n + report.n, best)


def _is_silent(was: Track, report: Report, manner: Manner, near: Side) -> bool:
    """Return whether the near antenna is known to have heard nothing for the dwell.

    A report tells what every antenna has heard until then, so silence reaches up to the report
    before this one; what the near one heard since may yet follow in the same breath.
    """
    here = was.at(near)
    if not here.n or here.gone:
        return True
    before = next((r.mono for r in reversed(was.reports) if r.mono < report.mono), 0)
    return before - here.last >= manner.dwell


def _is_over(now: Track, report: Report, manner: Manner, near: Side) -> bool:
    """Return whether the tag is certainly on the far side by now."""
    run = now.run
    if run is None or run.n < 2 or not _plausible(now, near, manner):
        return False
    here = now.at(near)
    if run.best is not None and run.best < manner.near_dbm:
        return False
    if _lead(run.best, here.best) > 2 * manner.margin and _lead(manner.near_dbm, here.best) > 0:
        return False  # what passes by the far antenna passed by the near one before
    if now.lies(manner) and not _passed_by(now, near, manner):
        return False
    if _is_silent(now, report, manner, near):
        return True
    held = report.mono - run.since >= manner.dwell and run.reports >= 2
    ahead = _lead(report.rssi, here.rssi) >= 2 * manner.margin
    return held and ahead and _lead(here.best, here.rssi) >= manner.margin


def _lead(ahead: int | None, behind: int | None) -> int:
    """Return by how many dB one is ahead, 0 where that is not known."""
    return 0 if ahead is None or behind is None else ahead - behind


def _passed_by(track: Track, near: Side, manner: Manner) -> bool:
    """Return whether both antennas heard it of late as strongly as a tag that passes right by."""
    return all(best is None or best >= manner.near_dbm for best in _bests(track, near))


def _passed_by_one(track: Track, near: Side, manner: Manner) -> bool:
    """Return whether at least one of them did."""
    return any(best is None or best >= manner.near_dbm for best in _bests(track, near))


def _bests(track: Track, near: Side) -> tuple[int | None, int | None]:
    return track.at(near).best, track.run.best if track.run is not None else None


def _plausible(track: Track, near: Side, manner: Manner) -> bool:
    """Return whether the far antenna heard a tag that passed it, and no reflection of a near one."""
    here = track.at(near).best
    there = track.run.best if track.run is not None else track.at(OTHER[near]).best
    if here is None or there is None:
        return True
    return there >= manner.near_dbm or there >= here - 2 * manner.margin
