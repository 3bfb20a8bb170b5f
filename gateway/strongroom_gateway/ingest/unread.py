"""Messages that came while nobody could tell whether they were taken: the ledger could not be read.

What has to sound of them has sounded; they come again, and are decided on then. What a node says
after them waits for that, so that a room hears everything in its order.
"""

from typing import Final

from .marks import Key, Mark

PATIENCE_MS: Final = 60_000
"""How long later messages of a lane wait for one that does not come again."""
_MOST: Final = 4_096


class Unread:
    """The first such message of each lane. Under the pipeline's lock."""

    def __init__(self) -> None:
        self.blind = False
        """Whether the room has no memory: it began while its rows could not be read."""
        self._first: dict[Key, tuple[int, int]] = {}
        self._asked: set[Key] = set()

    def skipped(self, key: Key, seq: int, now: int) -> None:
        """Note a message that comes again."""
        first, _ = self._first.get(key, (seq, now))
        if key in self._first or len(self._first) < _MOST:
            self._first[key] = min(first, seq), now + PATIENCE_MS
            self._asked.discard(key)

    def must_wait(self, key: Key, seq: int, mark: Mark, now: int) -> bool:
        """Return whether something that was said before this is still to come."""
        if key not in self._first:
            return False
        first, until = self._first[key]
        if seq <= first or first in mark or now > until:
            del self._first[key]
            self._asked.discard(key)
            return False
        return True

    def to_be_asked(self, key: Key | None = None) -> set[str]:
        """Return the nodes that are to send again what they hold: of one lane or all, each once."""
        lanes = ({key} if key is not None else self._first.keys()) - self._asked
        self._asked |= lanes
        return {node for node, _, _ in lanes}
