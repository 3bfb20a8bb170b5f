"""A room with an archive's people in it, for tests of slips, loans and returns."""

from typing import Any

from strongroom_gateway.room.core import Room

from support.outcome import Outcome
from support.sensing import T0, Nodes, room

DAY = 86_400_000
SECOND = 1_000

PEOPLE: list[dict[str, Any]] = [
    {"id": "chen", "name": "Chen", "badges": ["04aa0000000001"], "roles": ["chairman"]},
    {"id": "gao", "name": "Gao", "badges": ["04aa0000000002"], "roles": ["general_manager"]},
    {
        "id": "deng",
        "name": "Deng",
        "badges": ["04aa0000000003"],
        "roles": ["deputy_manager"],
        "scope": ["credit"],
    },
    {
        "id": "dong",
        "name": "Dong",
        "badges": ["04aa0000000004"],
        "roles": ["deputy_manager"],
        "scope": ["grid"],
    },
    {"id": "arch", "name": "Archie", "badges": ["04aa0000000005"], "roles": ["archivist"]},
    {
        "id": "han",
        "name": "Han",
        "badges": ["04aa0000000006"],
        "roles": ["handler_a"],
        "department": "credit",
    },
    {
        "id": "hu",
        "name": "Hu",
        "badges": ["04aa0000000007"],
        "roles": ["handler_b"],
        "department": "credit",
    },
]
ITEMS: list[dict[str, Any]] = [
    {"id": "B1", "name": "Box 1", "tags": ["e2000001", "04110001"], "home": "A-1", "pages": 86},
    {"id": "B2", "name": "Box 2", "tags": ["e2000002", "04110002"], "home": "A-2"},
    {"id": "B3", "name": "Box 3", "tags": ["e2000003", "04110003"], "home": "A-3"},
    {
        "id": "V1",
        "name": "Vol 1",
        "kind": "volume",
        "tags": ["04110011"],
        "parent": "B3",
        "pages": 9,
    },
    {
        "id": "V2",
        "name": "Vol 2",
        "kind": "volume",
        "tags": ["04110012"],
        "parent": "B3",
        "pages": 5,
    },
    {"id": "S1", "name": "Pack 1", "tags": ["04110021"], "home": "A-4", "sealed": True},
    {
        "id": "C1",
        "name": "Deed 1",
        "kind": "certificate",
        "certificate": "other_right",
        "tags": ["04110031"],
        "home": "deeds",
    },
    {"id": "K1", "name": "Key 1", "kind": "key", "tags": ["04110041"], "home": "board"},
]
BADGE = {person["id"]: person["badges"][0] for person in PEOPLE}
TAG = {item["id"]: item["tags"][-1] for item in ITEMS}


class Office:
    """The room, its desk and its people, at a time that only goes on when it is told to."""

    def __init__(self, states: dict[str, str] | None = None, **sections: Any) -> None:
        self._sections = {"person": PEOPLE, "item": ITEMS} | sections
        self.room: Room = room(states, **self._sections)
        self.out = Outcome(self.room)
        self.nodes = Nodes()
        self.now = T0
        self.out.take(self.room.start(self.now))

    def restart(self) -> None:
        """Begin again with what is on record, as after a power cut."""
        self.room = room(self.room.rows(), **self._sections)
        self.out = Outcome(self.room)
        self.out.take(self.room.start(self.now))

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self.now += ms
        self.out.at(self.now)

    def act(self, kind: str, by: str, **body: Any) -> dict[str, Any]:
        """Let somebody ask for something; return the body of the first entry it led to."""
        decision = self.room.act(kind, by, body, self.now)
        self.out.take(decision)
        return dict(decision.entries[0].body)

    def slip(self, person: str, *items: str, by: str | None = "gao", **more: Any) -> str:
        """Return a slip that somebody asked for and `by` approved."""
        name: str = self.act(
            "slip.request", person, items=list(items), purpose="to look at it", **more
        )["slip"]
        if by is not None:
            self.act("slip.approve", by, slip=name)
        return name

    def tap(self, *tags: str, every: int = SECOND) -> list[str]:
        """Hold badges (by person) and things (by id) to the desk's reader; return the answers."""
        before = len(self.out.commands())
        for tag in tags:
            self.now += every
            code = BADGE.get(tag) or TAG.get(tag) or tag
            self.out.feed(self.nodes.tap(code, self.now))
        return [f"{c.pattern}: {c.text}" for _, c in self.out.commands()[before:]]

    def visit(self, person: str, *items: str) -> list[str]:
        """Let somebody come to the desk, show things and show their badge again."""
        answers = self.tap(person, *items)
        self.wait(6 * SECOND)
        return answers + self.tap(person)

    def where(self, item: str) -> tuple[str | None, str | None]:
        """Return holder and place of an item."""
        state = self.room.ctx.where(item)
        return state.holder, state.place
