"""Which way somebody went through two light beams, and which tags went with them. Pure; times in
the node's own ms since boot.

One antenna says what is there, the beams say who passes and which way. Whoever breaks the one first
and clears the other last has passed; one who clears last what they broke first has turned back.
"""

from typing import Final

import msgspec

from .direction import OTHER, Manner, Report, Side

REACH: Final = 2_000
"""A tag read up to so many ms before or after somebody passed may have been with them."""
ARRIVED: Final = 10_000
"""One that has been there for longer lies near: it went with them only if it is not heard again."""
PACE: Final = 4
"""Both are longer by so many times the time it took to pass: who walks slowly is heard for longer."""
_TAGS: Final = 64
_KEPT: Final = 12


class Passed(msgspec.Struct, frozen=True, array_like=True):
    """Somebody went to this side; from the first beam broken to the last one clear."""

    to: Side
    began: int
    ended: int

    @property
    def slack(self) -> int:
        """Return by how much longer than at a usual pace a tag is heard."""
        return PACE * (self.ended - self.began)

    def meets(self, read: int) -> bool:
        """Return whether a tag read at this time may have been with them."""
        return self.began - REACH - self.slack <= read <= self.ended + REACH + self.slack

    def came_along(self, first: int) -> bool:
        """Return whether a tag first read at this time came when they came."""
        return first >= self.began - ARRIVED - self.slack

    def was_about(self, read: int) -> bool:
        """Return whether a tag read at this time was about when they passed, if not with them."""
        return self.came_along(read) and read <= self.ended + ARRIVED + self.slack


class Half(msgspec.Struct, frozen=True, array_like=True):
    """One beam alone was broken and cleared: the first half of a passage, or nothing."""

    side: Side
    began: int
    ended: int


class Present(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tag in the field: since when, the last read, how many, and with whom it may have gone.

    One that is `away` is heard no more; it is kept for those who pass shortly after.
    """

    first: int
    last: int
    n: int
    with_: Passed | None = None
    away: bool = False
    reports: tuple[Report, ...] = ()


class Beams(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gate with beams: which are broken, who passed last, which tags are there."""

    broken: tuple[Side, ...] = ()
    first: Side | None = None
    began: int = 0
    half: Half | None = None
    passed: Passed | None = None
    tags: dict[str, Present] = {}


def beam(state: Beams, side: Side, mono: int, manner: Manner, *, broken: bool) -> Beams:
    """Return the gate after a beam was broken or is clear again.

    `passed` of the result is another one when that ended a passage.
    """
    replace = msgspec.structs.replace
    if broken:
        first = state.first or side
        began = mono if state.first is None else state.began
        return replace(state, broken=(*_without(state, side), side), first=first, began=began)
    left = _without(state, side)
    if left or state.first is None:
        return replace(state, broken=left)
    clear = replace(state, broken=(), first=None)
    if state.first != side:
        return replace(clear, half=None, passed=Passed(side, state.began, mono))
    half = state.half
    if half is not None and half.side == OTHER[side] and state.began - half.ended <= manner.age_out:
        return replace(clear, half=None, passed=Passed(side, half.began, mono))
    return replace(clear, half=Half(side, state.began, mono))


class Carried(msgspec.Struct, frozen=True):
    """The tags that certainly went with somebody, and those that may have: they were about."""

    sure: tuple[str, ...]
    maybe: tuple[str, ...]


def carried(state: Beams, manner: Manner) -> tuple[Beams, Carried]:
    """Return the gate after somebody passed, and which tags went with them."""
    passed = state.passed
    tags: dict[str, Present] = {}
    sure, maybe = [], []
    for tag, there in state.tags.items():
        with_ = there.with_
        if passed is not None and there.n >= manner.min_reads:
            if passed.meets(there.last) and passed.came_along(there.first):
                sure.append(tag)
                with_ = None
            elif there.away and passed.was_about(there.last):
                maybe.append(tag)
        if passed is not None and passed.meets(there.last) and tag not in sure:
            with_ = passed
        tags[tag] = msgspec.structs.replace(there, with_=with_)
    return msgspec.structs.replace(state, tags=tags), Carried(tuple(sure), tuple(maybe))


def read(state: Beams, tag: str, report: Report, manner: Manner) -> tuple[Beams, Passed | None]:
    """Return the gate after a report on a tag, and the passage it certainly belongs to."""
    was = state.tags.get(tag)
    was = None if was is None or was.away else was
    began = report.mono - report.span
    with_ = was.with_ if was is not None else None
    if with_ is None and was is None and state.passed is not None:
        with_ = state.passed if state.passed.meets(began) else None
    if with_ is not None and was is not None and not with_.meets(report.mono):
        with_ = None  # still here when they were gone
    there = Present(
        began if was is None else was.first,
        report.mono,
        report.n + (was.n if was is not None else 0),
        with_,
        reports=(*(was.reports if was is not None else ()), report)[-_KEPT:],
    )
    sure = with_ is not None and with_.came_along(there.first)
    if not sure or there.n < manner.min_reads:
        return _with(state, tag, there), None
    return _with(state, tag, msgspec.structs.replace(there, with_=None)), with_


def gone(state: Beams, tag: str, manner: Manner) -> tuple[Beams, Passed | None, bool]:
    """Return the gate once a tag is heard no more, the passage it went with, and whether it surely
    did: a tag that was first read when somebody had just passed may have.
    """
    there = state.tags.get(tag)
    if there is None or there.away:
        return state, None, False
    state = _with(state, tag, msgspec.structs.replace(there, with_=None, away=True))
    if there.n < manner.min_reads:
        return state, None, False
    if there.with_ is not None:
        return state, there.with_, True
    passed = state.passed
    late = passed is not None and passed.was_about(there.first) and there.first > passed.ended
    return state, passed if late else None, False


def forget(state: Beams, before: int) -> Beams:
    """Return the gate without the tags last heard before a time."""
    tags = {name: one for name, one in state.tags.items() if one.last >= before}
    return msgspec.structs.replace(state, tags=tags)


def _without(state: Beams, side: Side) -> tuple[Side, ...]:
    return tuple(one for one in state.broken if one != side)


def _with(state: Beams, tag: str, there: Present) -> Beams:
    tags = {**state.tags, tag: there}
    if len(tags) > _TAGS:
        oldest = min(tags, key=lambda name: tags[name].last)
        del tags[oldest]
    return msgspec.structs.replace(state, tags=tags)
