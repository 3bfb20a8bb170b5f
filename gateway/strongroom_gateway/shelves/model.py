"""What is kept about shelves beside the rules' own memory."""

import msgspec

from ..room.rows import Row, row


@row("shelf_lock")
class ShelfLock(Row, frozen=True):
    """The last lock of a bank: who asked that nobody move it, why, since when and until when (Unix
    ms; None: it still holds).
    """

    by: str
    reason: str
    since: int
    until: int | None = None

    def holds_at(self, at: int) -> bool:
        """Return whether the bank was locked at Unix ms `at`."""
        return self.since <= at and (self.until is None or at < self.until)


@row("shelf_proposal")
class Proposal(Row, frozen=True):
    """A slot kept for an item (its id) until Unix ms `until`, so that no two boxes get the same."""

    slot: str
    by: str
    until: int


@row("shelf_filed")
class LastFiled(Row, frozen=True):
    """The slot of a bank that was filled last, in each reserved part (`id` is bank/prefix)."""

    slot: str


class Tap(msgspec.Struct, frozen=True):
    """A badge at a reader, at Unix ms."""

    person: str
    at: int
    reader: str
