"""From the positions of carriages to the aisles between them. Pure.

A bank has two fixed ends and carriages 1..n between them, numbered from the low end. The way of a
carriage is how far it stands, in mm, from where it stands when all carriages are pushed to the low
end. Measured so, the depth of the carriages drops out: aisle 0 (between the low end and carriage 1)
is as wide as the way of carriage 1, aisle k as the way of k+1 less that of k, aisle n as what is
left. All aisles together are always `travel_mm`.
"""

import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

AisleState = Literal["open", "part", "shut", "unknown"]
"""open: wide enough to go in; shut: nothing to see; part: between the two."""
FaultKind = Literal["missing", "outside", "overlap"]
"""missing: no position is known; outside: beyond an end; overlap: one would stand in another."""


class Geometry(msgspec.Struct, frozen=True):
    """A bank's measures in mm. `low_mm[k]` is what carriage k+1 reports with all pushed low."""

    travel_mm: int
    low_mm: tuple[int, ...]
    open_mm: int
    shut_mm: int
    tolerance_mm: int

    @property
    def count(self) -> int:
        """Return how many carriages there are."""
        return len(self.low_mm)


class Aisle(msgspec.Struct, frozen=True):
    """An aisle; `mm` is None where its width cannot be told."""

    n: int
    mm: int | None
    state: AisleState


class PositionFault(msgspec.Struct, frozen=True):
    """Carriages (by number) whose positions cannot be believed, and why."""

    kind: FaultKind
    carriages: tuple[int, ...]


class Layout(msgspec.Struct, frozen=True):
    """The aisles 0..n, the believed ways of the carriages 1..n, and what is not believed."""

    aisles: tuple[Aisle, ...]
    ways: tuple[int | None, ...]
    faults: tuple[PositionFault, ...] = ()

    @property
    def contradicts(self) -> tuple[PositionFault, ...]:
        """Return the faults that are no mere absence."""
        return tuple(f for f in self.faults if f.kind != "missing")


def layout(
    bank: Geometry, reported: Sequence[int | None], were_open: AbstractSet[int] = frozenset()
) -> Layout:
    """Return the aisles for the reported positions (mm; None: none is known).

    Positions may contradict each other by the tolerance, then they are straightened. By more, all
    that take part in the contradiction are disbelieved: which of them is wrong cannot be told. An
    aisle beside a carriage without a believed position is unknown, unless there is no room for it
    to be anything but shut. `were_open` are the aisles that were open before: they stay so until
    they are narrower than `open_mm` by the tolerance, so that a wavering measurement does not open
    and shut them.
    """
    ways = [None if mm is None else mm - low for mm, low in zip(reported, bank.low_mm, strict=True)]
    faults = []
    missing = tuple(n for n, way in enumerate(ways, 1) if way is None)
    outside = tuple(n for n, way in enumerate(ways, 1) if way is not None and _beyond(bank, way))
    for n in outside:
        ways[n - 1] = None
    overlapping = _overlapping(ways, bank.tolerance_mm)
    for n in overlapping:
        ways[n - 1] = None
    by_kind: tuple[tuple[FaultKind, tuple[int, ...]], ...] = (
        ("missing", missing),
        ("outside", outside),
        ("overlap", overlapping),
    )
    for kind, carriages in by_kind:
        if carriages:
            faults.append(PositionFault(kind, carriages))
    straight = _straight(ways, bank.travel_mm)
    return Layout(_aisles(bank, straight, were_open), tuple(straight), tuple(faults))


def _beyond(bank: Geometry, way: int) -> bool:
    return not -bank.tolerance_mm <= way <= bank.travel_mm + bank.tolerance_mm


def _overlapping(ways: Sequence[int | None], tolerance: int) -> tuple[int, ...]:
    known = [(n, way) for n, way in enumerate(ways, 1) if way is not None]
    bad: set[int] = set()
    for at, (n, way) in enumerate(known):
        for m, other in known[at + 1 :]:
            if way - other > tolerance:
                bad |= {n, m}
    return tuple(sorted(bad))


def _straight(ways: Sequence[int | None], travel: int) -> list[int | None]:
    """Return ways that never go back and stay between the ends."""
    straight: list[int | None] = []
    furthest = 0
    for way in ways:
        if way is None:
            straight.append(None)
            continue
        furthest = max(furthest, min(way, travel))
        straight.append(furthest)
    return straight


def _aisles(
    bank: Geometry, ways: Sequence[int | None], were_open: AbstractSet[int]
) -> tuple[Aisle, ...]:
    # The ends are stones that never move; between two neighbouring stones lies one aisle, or
    # several with carriages in between of which nothing is known.
    stones = [(0, 0)]
    stones += [(n, way) for n, way in enumerate(ways, 1) if way is not None]
    stones.append((bank.count + 1, bank.travel_mm))
    aisles: list[Aisle] = []
    for (n, way), (m, other) in itertools.pairwise(stones):
        span = other - way
        if m == n + 1:
            aisles.append(Aisle(n, span, _state(bank, span, n in were_open)))
            continue
        state: AisleState = "shut" if span <= bank.shut_mm else "unknown"
        aisles += [Aisle(k, None, state) for k in range(n, m)]
    return tuple(aisles)


def _state(bank: Geometry, mm: int, was_open: bool) -> AisleState:
    if mm >= bank.open_mm - (bank.tolerance_mm if was_open else 0):
        return "open"
    return "shut" if mm <= bank.shut_mm else "part"
