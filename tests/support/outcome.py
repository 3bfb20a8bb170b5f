"""Reading decisions in tests: which alarms, movements and commands they hold."""

from collections.abc import Iterable
from typing import Any

from strongroom_gateway.contract import Alarm, Sensed
from strongroom_gateway.ingest.port import Decision
from strongroom_gateway.room.core import Room


class Outcome:
    """All that a room decided while it was fed."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.decisions: list[Decision] = []

    def feed(self, events: Iterable[Sensed] | Sensed) -> "Outcome":
        """Give messages to the room, each at its time of reception; deadlines in between come up."""
        for event in [events] if isinstance(events, Sensed) else events:
            self.at(event.received)
            self.decisions.append(self.room.decide(event, event.received))
        return self

    def at(self, now: int) -> "Outcome":
        """Let the time be `now`."""
        self.decisions.append(self.room.tick(now))
        return self

    def take(self, decision: Decision) -> "Outcome":
        """Add a decision made otherwise."""
        self.decisions.append(decision)
        return self

    def states(self, prefix: str = "") -> list[tuple[str, str]]:
        """Return every change of alarms whose id begins so, as (id, state), NORM where it went."""
        return [
            (c.id, "NORM" if c.alarm is None else c.alarm.state)
            for d in self.decisions
            for c in d.alarms
            if c.id.startswith(prefix)
        ]

    def alarms(self) -> dict[str, Alarm]:
        """Return the alarms that stand in the end."""
        return {c.id: c.alarm for c in self.room.standing().alarms if c.alarm is not None}

    def entries(self, prefix: str = "") -> list[tuple[str, dict[str, Any]]]:
        """Return the entries whose kind begins so."""
        return [
            (e.kind, dict(e.body))
            for d in self.decisions
            for e in d.entries
            if e.kind.startswith(prefix)
        ]

    def movements(self) -> list[tuple[str, str]]:
        """Return the movements as (what, item)."""
        found = self.entries("movement.")
        return [(kind.removeprefix("movement."), body["item"]) for kind, body in found]

    def commands(self) -> list[tuple[str, Any]]:
        """Return the commands as (node, body)."""
        return [(c.node, c.body) for d in self.decisions for c in d.commands]
