"""A room with a safe of certificates, and what happens at it, for tests."""

from typing import Any

from strongroom_gateway.contract import Sensed
from strongroom_gateway.room.core import Room

from .outcome import Outcome
from .sensing import T0, Nodes, room

AN, BO, CHI = "04aa00000000a1", "04aa00000000b2", "04aa00000000c3"
DEED1, DEED2, DEED3 = "04d10001", "04d10002", "04d10003"
PEOPLE: list[dict[str, Any]] = [
    {"id": "an", "name": "An", "badges": [AN], "roles": ["certificate_custodian"]},
    {"id": "bo", "name": "Bo", "badges": [BO], "roles": ["certificate_custodian"]},
    {"id": "chi", "name": "Chi", "badges": [CHI], "roles": ["handler_a"], "department": "loans"},
    {"id": "dan", "name": "Dan", "roles": ["handler_b"]},
    {"id": "boss", "name": "Boss", "roles": ["general_manager"]},
]
SAFE: dict[str, Any] = {
    "id": "deeds",
    "name": "Deed safe",
    "node": "s1",
    "input": "door",
    "hours": ["mon-sun 00:00-23:59"],
    "readers": ["inside"],
    "together_s": 30,
    "open_max_s": 300,
    "settle_s": 10,
}


def deed(name: str, tag: str) -> dict[str, Any]:
    """Return a certificate that belongs in the safe."""
    return {
        "id": name,
        "name": f"Deed {name}",
        "kind": "certificate",
        "certificate": "other_right",
        "tags": [tag],
        "home": "deeds",
    }


class Strongbox:
    """A room with one safe, two deeds in it, and its reader hearing both."""

    def __init__(self, items: list[dict[str, Any]] | None = None, **changes: Any) -> None:
        self.items = [deed("d1", DEED1), deed("d2", DEED2)] if items is None else items
        self.room: Room = room(
            gate=[],
            safe=[SAFE | changes],
            person=PEOPLE,
            item=self.items,
            place=[{"id": "deeds", "name": "Deed safe", "kind": "safe", "custodian": "an"}],
        )
        self.nodes = Nodes()
        self.out = Outcome(self.room).take(self.room.start(T0))
        self.at = T0
        for item in self.items:
            self.tag(item["tags"][0], 0)

    def tag(self, tag: str, after: int = 1_000, act: str = "seen", **more: Any) -> "Strongbox":
        """The safe's reader hears a badge or a tag, or no longer does."""
        return self.feed(lambda at: self.nodes.tag("s1/inside", tag, at, act, **more), after)

    def door(self, is_open: bool, after: int = 1_000, **more: Any) -> "Strongbox":
        """The door is opened or shut."""
        return self.feed(lambda at: self.nodes.door(is_open, at, **more), after)

    def node(self, what: str, after: int = 1_000, **fields: Any) -> "Strongbox":
        """The safe's node says something of itself."""
        return self.feed(lambda at: self.nodes.node_event("s1", what, at, **fields), after)

    def feed(self, make: Any, after: int) -> "Strongbox":
        """Give the room a message some ms later."""
        self.at += after
        message: Sensed = make(self.at)
        self.out.feed(message)
        return self

    def wait(self, ms: int) -> "Strongbox":
        """Let time pass."""
        end = self.at + ms
        while self.at < end:
            self.at = min(end, self.at + 200)
            self.out.at(self.at)
        return self

    def visit(self, *badges: str, ms: int = 60_000) -> "Strongbox":
        """Badges, the door open for some ms, shut, and the time the comparison takes."""
        for badge in badges:
            self.tag(badge).tag(badge, 300, "gone")
        return self.door(True).wait(ms).door(False).wait(20_000)

    def act(self, kind: str, by: str, body: dict[str, Any]) -> "Strongbox":
        """Somebody asks for something."""
        self.out.take(self.room.act(kind, by, body, self.at))
        return self

    def codes(self) -> set[str]:
        """Return the codes of the alarms about safes that stand."""
        found = {alarm.code for alarm in self.out.alarms().values()}
        return {code for code in found if code.startswith("safe.")}

    def last(self, kind: str) -> dict[str, Any]:
        """Return the newest entry of a kind."""
        return self.out.entries(kind)[-1][1]
