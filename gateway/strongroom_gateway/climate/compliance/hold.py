"""From readings to stretches of time: a reading holds until the next one, but at most for a while.

Beyond that while nothing is known: the rest is a gap, and nothing is averaged over it. A reading
with the stamp of the one before replaces it and is counted as a duplicate; one that is older than
the one before is counted and not used.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")


class Stretch(NamedTuple, Generic[V]):
    """From `start` to `end` (Unix ms, end not included) the value was this; None in a gap."""

    start: int
    end: int
    value: V | None

    @property
    def known(self) -> bool:
        """Whether a reading covers it."""
        return self.value is not None

    @property
    def ms(self) -> int:
        """How long it is."""
        return self.end - self.start


class Holder(Generic[V]):
    """Turns readings into stretches, one at a time. `hold` in ms, for readings without their own."""

    def __init__(self, hold: int) -> None:
        if hold <= 0:
            raise ValueError("a reading must hold for some time")
        self.hold = hold
        self.readings = 0
        self.duplicates = 0
        self.conflicting = 0
        """Duplicates whose value differs from the one they replace."""
        self.backwards = 0
        self._at: int | None = None
        self._value: V | None = None
        self._until_at = 0

    @property
    def latest(self) -> int:
        """The newest moment that a reading was taken for; 0 before the first one."""
        return self._at or 0

    def add(self, at: int, value: V, hold: int | None = None) -> list[Stretch[V]]:
        """Take a reading; return the stretches that it ends: what held, and a gap if there was one.

        `hold` in ms where this reading holds for another time than usual.
        """
        self.readings += 1
        before = self._at
        if before is not None:
            if at < before:
                self.backwards += 1
                return []
            if at == before:
                self.duplicates += 1
                self.conflicting += self._value != value
                self._value = value
                self._until_at = at + (hold or self.hold)
                return []
        done = self._until(at)
        self._at, self._value = at, value
        self._until_at = at + (hold or self.hold)
        return done

    def close(self, at: int | None = None) -> list[Stretch[V]]:
        """End the last reading: after its hold time, or at a moment (Unix ms), with what is a gap."""
        if self._at is None:
            return []
        done = self._until(self._until_at if at is None else at)
        self._at, self._value = None, None
        return done

    def _until(self, at: int) -> list[Stretch[V]]:
        if self._at is None or at <= self._at:
            return []
        end = min(at, self._until_at)
        done: list[Stretch[V]] = [Stretch(self._at, end, self._value)]
        if end < at:
            done.append(Stretch(end, at, None))
        return done


def held(readings: Iterable[tuple[int, V, int]]) -> Iterator[Stretch[V]]:
    """Yield the stretches of readings in order: (Unix ms, value, for how many ms it holds)."""
    holder: Holder[V] = Holder(1)
    for at, value, hold in readings:
        yield from holder.add(at, value, hold)
    yield from holder.close()
