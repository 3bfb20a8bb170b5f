"""A room with shelves, people and everything that rounds need, for tests."""

from typing import Any

from strongroom_gateway.room.core import Room

from .outcome import Outcome
from .sensing import T0, Nodes, room

HOUR = 3_600_000
PEOPLE: list[dict[str, Any]] = [
    {"id": "li", "name": "Li", "roles": ["archivist"], "badges": ["04aa000001"]},
    {"id": "mo", "name": "Mo", "roles": ["archivist"], "badges": ["04aa000002"]},
    {"id": "guard", "name": "Guard", "roles": ["security"], "badges": ["04aa000003"]},
    {"id": "audit", "name": "Auditor", "roles": ["auditor"]},
    {"id": "wang", "name": "Wang", "roles": ["handler_a"], "badges": ["04aa000004"]},
]
PLACES: list[dict[str, Any]] = [
    {"id": "hall", "name": "Hall", "kind": "room", "custodian": "li"},
    {"id": "A", "name": "Row A", "parent": "hall"},
    {"id": "A-1", "name": "A-1", "kind": "slot", "parent": "A", "order": 1},
    {"id": "A-2", "name": "A-2", "kind": "slot", "parent": "A", "order": 2},
    {"id": "B-1", "name": "B-1", "kind": "slot", "order": 1},
]
ITEMS: list[dict[str, Any]] = [
    {"id": "b1", "name": "Box 1", "tags": ["e2000001"], "home": "A-1"},
    {"id": "b2", "name": "Box 2", "tags": ["e2000002"], "home": "A-1"},
    {"id": "b3", "name": "Box 3", "tags": ["e2000003"], "home": "A-2"},
    {"id": "b4", "name": "Box 4", "tags": ["e2000004"], "home": "B-1"},
]


class Hall:
    """A room, and what happens in it."""

    def __init__(self, **sections: Any) -> None:
        self.sections = {"gate": [], "person": PEOPLE, "place": PLACES, "item": ITEMS} | sections
        self.room: Room = room(**self.sections)
        self.nodes = Nodes()
        self.at = T0
        self.out = Outcome(self.room).take(self.room.start(T0))

    def act(self, kind: str, by: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do something; return the last entry it led to."""
        self.out.take(self.room.act(kind, by, body, self.at))
        return dict(self.out.decisions[-1].entries[-1].body)

    def until(self, at: int, step: int = 60_000) -> "Hall":
        """Let time pass, minute by minute."""
        while self.at < at:
            self.at = min(at, self.at + step)
            self.out.at(self.at)
        return self

    def tag(self, node: str, reader: str, tag: str, **more: Any) -> "Hall":
        """A reader hears a tag now."""
        self.out.feed(self.nodes.tag(f"{node}/{reader}", tag, self.at, **more))
        return self

    def standing(self) -> dict[str, str]:
        """Return the texts of the alarms that stand and are not over, by id, but for silent nodes."""
        return {
            name: alarm.text
            for name, alarm in self.out.alarms().items()
            if alarm.code != "node.silent" and alarm.state not in ("RTNUN", "LATCH_UNACK")
        }
