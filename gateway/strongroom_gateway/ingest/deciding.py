"""What follows from a decision: it goes out at once, and what is to be kept goes to the disk."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from .backlog import Backlog
from .counters import Counters
from .port import NOTHING, ROWS, Decision, Room
from .publisher import Publisher
from .taking import Taking, decision_rows, own_row

RULE_FAILED: Final = "gateway.rule_failed"
MOST_FAILURES: Final = 100
"""Failures of rules that are logged and get an entry of their own; all are counted."""

log = logging.getLogger(__name__)


class Deciding:
    """Asks the room, and carries out what it answers. Under the pipeline's lock."""

    def __init__(
        self,
        room_id: str,
        room: Room,
        publisher: Publisher,
        backlog: Backlog,
        counters: Counters,
    ) -> None:
        """``room`` decides; ``counters`` takes the failures of its rules."""
        self._room_id = room_id
        self._room = room
        self._publisher = publisher
        self._backlog = backlog
        self._counters = counters

    def ask(
        self, taking: Taking, about: str, ask: Callable[..., Decision], *arguments: object
    ) -> Decision:
        """Ask the room. A mistake in a rule stops neither the record nor other alarms."""
        try:
            return ask(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever a rule does wrong, the stream goes on
            self._say_failed(about, error, taking)
            return NOTHING

    def fault(
        self, kind: str, on: bool, taking: Taking, subject: str, why: Mapping[str, Any]
    ) -> None:
        """Tell the room of a fault of the gateway's own; see `port.Room.fault`."""
        decision = self.ask(taking, kind, self._room.fault, kind, on, taking.now, subject, why)
        self.keep(decision, taking)

    def keep(self, decision: Decision, taking: Taking) -> None:
        """Publish a decision at once and keep the rest of it."""
        if decision is NOTHING:
            return
        self._publisher.decision(decision)
        try:
            rows = decision_rows(self._room_id, decision, taking.now)
        except ValueError as error:
            self._say_failed("an entry of a decision", error, taking)
            rows = []
        self._backlog.keep(rows, decision.states, taking)

    def may_keep(self, decision: Decision, taking: Taking) -> bool:
        """Return whether there is room for a decision whose message cannot be kept."""
        rows = any(key.startswith(ROWS) for key, _ in decision.states)
        return self._backlog.has_room(len(decision.entries), taking, rows=rows)

    def _say_failed(self, about: str, error: Exception, taking: Taking) -> None:
        self._counters.rule_failures += 1
        if self._counters.rule_failures <= MOST_FAILURES:
            log.error("a rule failed on %s", about, exc_info=error)
            body = {"about": ascii(about[:256]), "error": ascii(error)[:500]}
            self._backlog.keep([own_row(self._room_id, RULE_FAILED, body, taking.now)], (), taking)
