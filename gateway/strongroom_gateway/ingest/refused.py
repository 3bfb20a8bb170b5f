"""What becomes of refused messages: a row each, and beyond a number a minute only a count."""

from hashlib import sha256
from typing import Final

from ..contract import Origin
from ..errors import ContractError
from ..ledger.work import QuarantineRow, Work
from ..transport.port import Inbound

KEPT_BYTES: Final = 1_024
"""How much of a refused payload is kept; its hash covers the whole."""
KEPT_TOPIC: Final = 256
ROWS_A_MINUTE: Final = 60
"""Rows for one node and reason in a minute; what comes beyond is counted, all of it."""
_MOST_KEYS: Final = 4_096


class Refused:
    """Puts refused messages into a work. Bounds what a flood of them can write."""

    def __init__(self) -> None:
        self._minute = 0
        self._rows: dict[tuple[str, str], int] = {}
        self.by_reason: dict[str, int] = {}

    def add(
        self,
        work: Work,
        message: Inbound,
        error: ContractError,
        node: str,
        origin: Origin | None,
        *,
        now: int,
    ) -> bool:
        """Add a refused message to the work; True when it got a row of its own."""
        reason = error.reason
        key = (node, reason)
        if not self._room_for_row(key, now):
            self.count(work, node, reason, now)
            return False
        self._tally(reason)
        payload = message.payload
        work.quarantine.append(
            QuarantineRow(
                now,
                node,
                _printable(message.topic),
                reason,
                error.detail[:300],
                origin.boot if origin else None,
                origin.seq if origin else None,
                len(payload),
                sha256(payload).digest(),
                payload[:KEPT_BYTES],
            )
        )
        return True

    def count(self, work: Work, node: str, reason: str, now: int) -> None:
        """Only count a refused message."""
        more = (now // 60_000, node, reason)
        work.more[more] = work.more.get(more, 0) + 1
        self._tally(reason)

    def _tally(self, reason: str) -> None:
        self.by_reason[reason] = self.by_reason.get(reason, 0) + 1

    def _room_for_row(self, key: tuple[str, str], now: int) -> bool:
        minute = now // 60_000
        if minute != self._minute or len(self._rows) >= _MOST_KEYS:
            self._minute = minute
            self._rows.clear()
        used = self._rows.get(key, 0)
        self._rows[key] = used + 1
        return used < ROWS_A_MINUTE


def _printable(topic: str) -> str:
    """Return a topic that can be stored: a lone surrogate has no UTF-8."""
    return topic[:KEPT_TOPIC].encode("utf-8", "backslashreplace").decode()
