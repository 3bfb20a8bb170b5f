"""Slots of a bank or cabinet from a few numbers: in the order of filing, named by a pattern. Pure.

A pattern is words with the axes in braces: "a-{carriage:02}{face}-{section:02}-{level:02}". The
last axis counts fastest.
"""

import re
from collections.abc import Iterator
from itertools import islice, product
from math import prod
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..section import Key

MOST_SLOTS: Final = 10_000
_RANGE: Final = re.compile(r"(\d{1,4})-(\d{1,4})")
_HOLE: Final = re.compile(r"\{(?P<axis>[a-z]+)(?::0(?P<width>[1-4]))?\}")
_Pattern = Annotated[str, Meta(min_length=1, max_length=200)]


class Axis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is counted, and how far: `of` is "1-12", or words "a,b"."""

    name: Annotated[str, Meta(pattern=r"^[a-z]{1,20}$(?!\n)")]
    of: Annotated[str, Meta(min_length=1, max_length=200)]


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The slots of one part of a room.

    parent    the place they are part of
    slots     the pattern of their ids
    name      the pattern of their names (none: the id)
    axes      from the slowest to the fastest
    capacity  how many items fit into each
    """

    parent: Key
    slots: _Pattern
    axes: Annotated[list[Axis], Meta(min_length=1, max_length=8)]
    name: _Pattern | None = None
    capacity: Annotated[int, Meta(ge=1, le=1_000)] = 1
    custodian: Key | None = None


class Slot(msgspec.Struct, frozen=True):
    """A slot: its id and its name."""

    id: str
    name: str


def count(layout: Layout) -> int:
    """Return how many slots a layout has; RefusedActError when these are too many, or one of its
    axes or patterns cannot be read.
    """
    axes = {axis.name: _values(axis) for axis in layout.axes}
    if len(axes) < len(layout.axes):
        raise RefusedActError("act.layout_axis_twice", {"parent": layout.parent})
    for pattern in (layout.slots, layout.name or ""):
        _check(pattern, axes)
    unused = [name for name in axes if name not in _named(layout.slots)]
    if unused:
        raise RefusedActError("act.layout_unused", {"axis": unused[0], "pattern": layout.slots})
    found = prod(len(values) for values in axes.values())
    if found > MOST_SLOTS:
        raise RefusedActError("act.layout_large", {"count": found, "most": MOST_SLOTS})
    return found


def slots(layout: Layout, first: int = 1, most: int | None = None) -> Iterator[Slot]:
    """Yield the slots from the number `first` on, in the order of filing."""
    count(layout)
    names = [axis.name for axis in layout.axes]
    every = product(*(_values(axis) for axis in layout.axes))
    until = None if most is None else first - 1 + most
    for values in islice(every, first - 1, until):
        at = dict(zip(names, values, strict=True))
        slot = _filled(layout.slots, at)
        yield Slot(slot, slot if layout.name is None else _filled(layout.name, at))


def prefix(layout: Layout) -> str:
    """Return what all ids of a layout begin with."""
    return layout.slots.partition("{")[0]


def _values(axis: Axis) -> list[str]:
    found = _RANGE.fullmatch(axis.of)
    if found is None:
        words = [word.strip() for word in axis.of.split(",")]
        if "" in words or len(set(words)) < len(words):
            raise RefusedActError("act.layout_axis", {"axis": axis.name, "of": axis.of})
        return words
    low, high = int(found[1]), int(found[2])
    if high < low:
        raise RefusedActError("act.layout_axis", {"axis": axis.name, "of": axis.of})
    return [str(n) for n in range(low, high + 1)]


def _named(pattern: str) -> set[str]:
    return {hole["axis"] for hole in _HOLE.finditer(pattern)}


def _check(pattern: str, axes: dict[str, list[str]]) -> None:
    rest = _HOLE.sub("", pattern)
    if "{" in rest or "}" in rest or not _named(pattern) <= set(axes):
        raise RefusedActError("act.layout_pattern", {"pattern": pattern})


def _filled(pattern: str, at: dict[str, str]) -> str:
    def value(hole: re.Match[str]) -> str:
        return at[hole["axis"]].zfill(int(hole["width"] or 0))

    return _HOLE.sub(value, pattern)
