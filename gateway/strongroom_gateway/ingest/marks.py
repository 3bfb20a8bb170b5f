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
DECIDED: Final = "decided/"
"""Keys under which is kept what was decided on before its message could be: for the next start."""

Saved = tuple[int, list[tuple[int, int]], list[tuple[int, int]]]
"""The mark, the ranges beyond it, and the ranges that were only decided on."""
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

    @property
    def last(self) -> int:
        """Return the largest number."""
        return self.lasts[-1] if self.lasts else self.high

    def whole(self) -> str:
        """Return all of it as JSON, as ranges."""
        return Ranges(0, [(1, self.high), *self.pairs()] if self.high else self.pairs()).text()

    def text(self) -> str:
        """Return the ranges as JSON."""
        if not self.firsts:
            return "[]"
        return "[" + ",".join(f"[{first},{last}]" for first, last in self.pairs()) + "]"


class Mark(Ranges):
    """What is taken of one lane of one boot, with what was only decided on."""

    __slots__ = ("decided", "sounded", "work")

    def __init__(
        self,
        high: int = 0,
        beyond: list[tuple[int, int]] | None = None,
        decided: list[tuple[int, int]] | None = None,
    ) -> None:
        super().__init__(high, beyond)
        self.decided: Ranges | None = Ranges(0, decided) if decided else None
        """Messages that were decided on but could not be kept for the disk; they will come again."""
        self.sounded: Ranges | None = None
        """Messages whose decision was taken back once it had sounded; they are decided on anew."""
        self.work = 0
        """Number of the last work that carries this mark."""

    def has_room(self, first: int, last: int) -> bool:
        """Return whether a range may be filled; one more range only when there are not too many."""
        return len(self.firsts) < MOST_RANGES or self.joins(first, last)

    def is_decided(self, number: int) -> bool:
        """Return whether a message was decided on before it could be kept."""
        return self.decided is not None and number in self.decided

    def whole_decided(self) -> str:
        """Return what was decided on, as ranges in JSON."""
        return "[]" if self.decided is None else self.decided.whole()

    def remember(self, number: int) -> bool:
        """Note a message as decided on; False where that would need too much memory."""
        if self.decided is None:
            self.decided = Ranges()
        return _noted(self.decided, number)

    def settle(self) -> bool:
        """Forget what was decided on once all of it is taken; return whether it is so now."""
        if self.sounded is not None and self.sounded.last <= self.high:
            self.sounded = None
        if self.decided is None or self.decided.last > self.high:
            return False
        self.decided = None
        return True

    def has_sounded(self, number: int) -> bool:
        """Return whether a message has sounded that is still to be decided on."""
        return self.sounded is not None and number in self.sounded

    def sounded_on(self, number: int) -> None:
        """Note that a message has sounded; one that would need too much memory sounds again."""
        if self.sounded is None:
            self.sounded = Ranges()
        _noted(self.sounded, number)


def _noted(ranges: Ranges, number: int) -> bool:
    if len(ranges.firsts) >= MOST_RANGES and not ranges.joins(number, number):
        return False
    ranges.add(number)
    return True


def decided_key(key: Key) -> str:
    """Return the key under which is kept what was decided on of a lane."""
    node, boot, lane = key
    return f"{DECIDED}{node}/{boot}/{lane}"


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

    @property
    def is_crowded(self) -> bool:
        """Return whether there are so many that nothing more should be remembered of any."""
        return len(self._marks) > MOST_MARKS

    def forget(self, committed: int) -> None:
        """Drop the oldest marks beyond the limit that the ledger has as they are here."""
        excess = len(self._marks) - MOST_MARKS
        if excess > 0:
            clean = (
                key
                for key, mark in self._marks.items()
                if mark.work <= committed and mark.decided is None
            )
            for key in list(islice(clean, excess)):
                del self._marks[key]

    def missing(self) -> int:
        """Return how many messages are missing below one that came, of the marks in use."""
        return sum(mark.missing() for mark in self._marks.values())
