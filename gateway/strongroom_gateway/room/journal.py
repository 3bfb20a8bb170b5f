"""What was in the room's dictionaries before they changed, so that a decision can be taken back."""

from typing import Any, Final

_ABSENT: Final = object()


class Journal:
    """Old values in the order in which they were replaced."""

    __slots__ = ("_notes",)

    def __init__(self) -> None:
        self._notes: list[tuple[dict[str, Any], str, Any]] = []

    def note(self, table: dict[str, Any], key: str) -> None:
        """Keep what a dictionary has under a key; to be called before it is changed there."""
        self._notes.append((table, key, table.get(key, _ABSENT)))

    def mark(self) -> int:
        """Return where the journal is now, for `back`."""
        return len(self._notes)

    def back(self, mark: int) -> None:
        """Put everything back as it was then."""
        notes = self._notes
        while len(notes) > mark:
            table, key, old = notes.pop()
            if old is _ABSENT:
                table.pop(key, None)
            else:
                table[key] = old

    def forget(self) -> None:
        """Begin anew: what has changed so far stays."""
        if self._notes:
            self._notes.clear()
