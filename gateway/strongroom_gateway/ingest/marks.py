"""What has been taken already: for each (node, boot, lane) a mark and the ranges beyond it.

All of 1..high is taken. Above it come ranges with gaps between them; a gap closes when its messages
come or are reported dropped. The ranges are few, because a node sends in order; ``MOST_RANGES`` bounds
what a broken node can make of them.
"""

from bisect import bisect_right
from collections.abc import Callable
from itertools import islice
from typing import Final

from ..contract.types import Lane

MOST_RANGES: Final = 256
MOST_MARKS: Final = 4_096

Key = tuple[str, int, Lane]
"""(node, boot, lane)"""
Saved = tuple[int, list[tuple[int, int]]]
Load = Callable[[str, int, Lane], Saved | None]


class Ranges:
    """A set of positive integers kept as ``high`` and ranges beyond it, none of them touching."""

    __slots__ = ("firsts", "high", "lasts")

    def __init__(self, high: int = 0, beyond: list[tuple[int, int]] | None = None) -> None:
        self.high = high
        self.firsts = [first for first, _ in beyond or ()]
        self.lasts = [last for _, last in beyond or ()]

    def __contains__(self, number: int) -> bool:
        if number <= self.high:
            return True
        at = bisect_right(self.firsts, number) - 1
        return at >= 0 and number <= self.lasts[at]

    def add(self, number: int) -> bool:
        """Take a number; False when it was there."""
        if number == self.high + 1 and not self.firsts:
            self.high = number
            return True
        if number in self:
            return False
        self.fill(number, number)
        return True

    def fill(self, first: int, last: int) -> None:
        """Take a range, joining what it touches."""
        firsts, lasts = self.firsts, self.lasts
        start = bisect_right(firsts, first)
        if start and lasts[start - 1] >= first - 1:
            start -= 1
            first = firsts[start]
        end = start
        while end < len(firsts) and firsts[end] <= last + 1:
            last = max(last, lasts[end])
            end += 1
        firsts[start:end] = [first]
        lasts[start:end] = [last]
        while firsts and firsts[0] <= self.high + 1:
            self.high = max(self.high, lasts[0])
            del firsts[0], lasts[0]

    def joins(self, first: int, last: int) -> bool:
        """Return whether a range meets what is there, so that filling it makes no further one."""
        if first <= self.high + 1:
            return True
        at = bisect_right(self.firsts, last + 1) - 1
        return at >= 0 and self.lasts[at] >= first - 1

    def missing(self) -> int:
        """Return how many numbers are missing below the largest."""
        if not self.firsts:
            return 0
        there = sum(last - first + 1 for first, last in self.pairs())
        return self.lasts[-1] - self.high - there

    def pairs(self) -> list[tuple[int, int]]:
        """Return the ranges beyond ``high``."""
        return list(zip(self.firsts, self.lasts, strict=True))

    def text(self) -> str:
        """Return the ranges as JSON."""
        if not self.firsts:
            return "[]"
        return "[" + ",".join(f"[{first},{last}]" for first, last in self.pairs()) + "]"


class Mark(Ranges):
    """What is taken of one lane of one boot, with what was only decided on."""

    __slots__ = ("decided", "work")

    def __init__(self, high: int = 0, beyond: list[tuple[int, int]] | None = None) -> None:
        super().__init__(high, beyond)
        self.decided: Ranges | None = None
        """Messages that were decided on but could not be kept for the disk; they will come again."""
        self.work = 0
        """Number of the last work that carries this mark."""

    def has_room(self, first: int, last: int) -> bool:
        """Return whether a range may be filled; one more range only when there are not too many."""
        return len(self.firsts) < MOST_RANGES or self.joins(first, last)

    def remember(self, number: int) -> None:
        """Note a number as decided on; one that would need too much memory is decided on again."""
        if self.decided is None:
            self.decided = Ranges()
        if len(self.decided.firsts) < MOST_RANGES:
            self.decided.add(number)


class Marks:
    """The marks in use, loaded from the ledger when first needed."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._marks: dict[Key, Mark] = {}

    def get(self, key: Key) -> Mark:
        """Return the mark of a lane; raises what the ledger raises when it cannot be read."""
        mark = self._marks.get(key)
        if mark is None:
            saved = self._load(*key)
            mark = Mark(*saved) if saved else Mark()
            self._marks[key] = mark
        return mark

    def forget(self, committed: int) -> None:
        """Drop the oldest marks beyond the limit that the ledger has as they are here."""
        excess = len(self._marks) - MOST_MARKS
        if excess > 0:
            clean = (key for key, mark in self._marks.items() if mark.work <= committed)
            for key in list(islice(clean, excess)):
                del self._marks[key]

    def missing(self) -> int:
        """Return how many messages are missing below one that came, of the marks in use."""
        return sum(mark.missing() for mark in self._marks.values())
