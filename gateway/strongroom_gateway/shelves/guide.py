"""Which carriages a person has to push, which way and how far, to reach an aisle. Pure.

It is a plan for a person to read; nothing carries it out.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from .aisles import Geometry

Towards = Literal["low", "high"]


class Push(msgspec.Struct, frozen=True):
    """One carriage to push, towards which end, and how far (mm)."""

    carriage: int
    towards: Towards
    mm: int


class Guide(msgspec.Struct, frozen=True):
    """What to push, in this order, and the aisles (by number) that are narrowed by it."""

    pushes: tuple[Push, ...]
    narrows: tuple[int, ...] = ()


def guide(bank: Geometry, ways: Sequence[int], aisle: int) -> Guide:
    """Return how `aisle` becomes `open_mm` wide with the fewest carriages, then the least way.

    `ways` are those of the carriages 1..n, straightened. In the order given no carriage ever meets
    another. An aisle that is open already needs nothing.
    """
    stones = [0, *ways, bank.travel_mm]
    need = bank.open_mm - (stones[aisle + 1] - stones[aisle])
    if need <= 0:
        return Guide(())
    room_low, room_high = stones[aisle], bank.travel_mm - stones[aisle + 1]
    first, last = max(0, need - room_high), min(need, room_low)
    # The way to push changes evenly but where one more carriage is met: only those points count.
    turns = {first, last}
    turns |= {stones[aisle] - way for way in ways[:aisle]}
    turns |= {need - (way - stones[aisle + 1]) for way in ways[aisle:]}
    plans = [_pushed(ways, aisle, low, need - low) for low in turns if first <= low <= last]
    pushes = min(plans, key=lambda plan: (len(plan), sum(p.mm for p in plan), plan[0].carriage))
    return Guide(pushes, _narrowed(stones, pushed(ways, pushes), bank.travel_mm))


def pushed(ways: Sequence[int], pushes: Sequence[Push]) -> tuple[int, ...]:
    """Return where the carriages stand when all of it is done."""
    after = list(ways)
    for push in pushes:
        after[push.carriage - 1] += push.mm if push.towards == "high" else -push.mm
    return tuple(after)


def _pushed(ways: Sequence[int], aisle: int, low: int, high: int) -> tuple[Push, ...]:
    """Return the pushes that give `low` mm towards the low end and `high` mm towards the other."""
    pushes = []
    if low:
        edge = ways[aisle - 1] - low
        pushes += [
            Push(n, "low", way - edge) for n, way in enumerate(ways[:aisle], 1) if way > edge
        ]
    if high:
        edge = ways[aisle] + high
        up = [Push(n, "high", edge - way) for n, way in enumerate(ways, 1) if n > aisle]
        pushes += [push for push in reversed(up) if push.mm > 0]
    return tuple(pushes)


def _narrowed(stones: Sequence[int], after: Sequence[int], travel: int) -> tuple[int, ...]:
    then = [0, *after, travel]
    return tuple(
        n for n in range(len(stones) - 1) if then[n + 1] - then[n] < stones[n + 1] - stones[n]
    )
