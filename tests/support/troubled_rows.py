"""Rows in memory behind a disk that can be in trouble."""

from strongroom_gateway.errors import RowsUnreadableError
from strongroom_gateway.room.core import Room
from strongroom_gateway.room.row_source import MemoryRows


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


def on_disk(room: Room) -> TroubledRows:
    """Put the rows of a room on a disk; what it knew of them by heart is forgotten."""
    disk = TroubledRows({k: v for k, v in room.rows().items() if k.startswith("r/")})
    room.ctx.rows.settled()
    room.ctx.rows.source(disk)
    return disk
