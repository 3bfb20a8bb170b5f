"""Rows in memory behind a disk that can be in trouble."""

from strongroom_gateway.errors import RowsUnreadableError
from strongroom_gateway.room.rows import MemoryRows


class TroubledRows(MemoryRows):
    """Rows that cannot be read while the disk is in `trouble`."""

    trouble = False

    def row(self, key: str) -> str | None:
        """Return a row, or refuse."""
        self._look()
        return super().row(key)

    def rows(self, after: str, until: str, limit: int) -> list[tuple[str, str]]:
        """Return rows, or refuse."""
        self._look()
        return super().rows(after, until, limit)

    def _look(self) -> None:
        if self.trouble:
            raise RowsUnreadableError("disk I/O error")
