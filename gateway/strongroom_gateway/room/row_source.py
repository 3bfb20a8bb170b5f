"""Where committed rows are read from: the disk, or a dictionary."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class RowSource(Protocol):
    """Where committed rows are read from. May raise RowsUnreadableError."""

    def row(self, key: str) -> str | None:
        """Return the JSON stored under a key."""
        ...

    def some(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return those of several keys that there are, with their JSON."""
        ...

    def rows(self, after: str, until: str, limit: int) -> list[tuple[str, str]]:
        """Return keys behind `after` and before `until` in their order, with their JSON."""
        ...


class MemoryRows:
    """Rows in a dictionary: for tests, and for replays."""

    def __init__(self, rows: Mapping[str, str] | None = None) -> None:
        self.held: dict[str, str] = dict(rows or {})

    def row(self, key: str) -> str | None:
        """Return the JSON stored under a key."""
        return self.held.get(key)

    def some(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return those of several keys that there are, with their JSON."""
        found = {key: self.row(key) for key in keys}
        return {key: row for key, row in found.items() if row is not None}

    def rows(self, after: str, until: str, limit: int) -> list[tuple[str, str]]:
        """Return keys behind `after` and before `until` in their order, with their JSON."""
        keys = sorted(k for k in self.held if after < k < until)
        return [(k, self.held[k]) for k in keys[:limit]]
