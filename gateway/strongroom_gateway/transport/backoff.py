"""Pauses between attempts to connect: doubling, with jitter so that not all come back at once."""

import random


class Backoff:
    """The pauses of one client."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def reset(self) -> None:
        """Begin again: the last attempt succeeded."""
        self._next = self._first

    def pause(self) -> float:
        """Return how many seconds to wait now."""
        ceiling = self._next
        self._next = min(self._next * 2, self._longest)
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311  # nothing secret about it
