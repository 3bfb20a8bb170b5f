"""What people do in a room while its parts fail: at the desk, at the safe, at the gate, in the office."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

from faults.archive import BADGE, CUSTODIANS, DIRECT, box, deed, made
from faults.record import Record, Where
from faults.room import Room

HELD_S = 0.35
BORROWERS = ("han", "hu")


def pause(seconds: float) -> None:
    """Let the people of the story take their time."""
    time.sleep(seconds)


@dataclass(frozen=True)
class Walk:
    """A box is carried through the gate, or up to it and back (`out` is None)."""

    item: str
    out: bool | None
    leave: bool = False


@dataclass
class Archive:
    """What is true of the boxes beside what is on record, over all rounds."""

    boxes: int = 0
    inside: set[int] = field(default_factory=lambda: {0, 1, 2})
    """The deeds that lie in the safe."""
    retired: set[str] = field(default_factory=set)
    """Boxes carried through a gate that had no power: nobody can know where they are."""

    def fresh(self, count: int = 1) -> list[dict[str, Any]]:
        """Return boxes that nobody has touched yet."""
        first, self.boxes = self.boxes, self.boxes + count
        return [box(n) for n in range(first, self.boxes)]


def number(item: str) -> int:
    """Return the number in the id of a box of the register."""
    return int(item.rpartition("-")[2])


class Day:
    """What happens in one round, drawn from its seed and from what is on record before it."""

    def __init__(self, room: Room, archive: Archive, seed: int, record: Record) -> None:
        """Choose who does what with which box; each box is in one hand alone."""
        self.room = room
        self.archive = archive
        self.seed = seed
        self.since = len(record.entries)
        self.before = record.places()
        self.walks: list[Walk] = []
        self.slips: dict[tuple[str, str], bool | None] = {}
        """(person, item) -> whether a slip was approved; None when nobody answered."""
        self.blind = False
        """Whether the gateway was started while the ledger could not even be read."""
        dice = random.Random(f"day {seed}")
        boxes = {
            item: where
            for item, where in sorted(self.before.items())
            if item.startswith("B-") and item not in archive.retired
        }
        at = {place: [i for i, w in boxes.items() if w.place == place] for place in _PLACES}
        lent = [i for i in at["@holder"] if boxes[i].holder in (*BORROWERS, *DIRECT)]
        dice.shuffle(lent)
        self._leaving = lent[:1]
        self._giving = [(i, boxes[i].holder or "") for i in lent[1:3]]
        self._shown_by_another = lent[3:4]
        self._entering = dice.sample(at["@outside"], min(1, len(at["@outside"])))
        self._coming = [(i, boxes[i].holder) for i in at["@returning"]][:1]
        waiting = [i for i, w in self.before.items() if w.place == "@inspection"]
        self._inspected = dice.sample(sorted(waiting), min(2, len(waiting)))
        self._stolen = archive.fresh(2 if dice.random() < 0.3 else 1)
        self._turning = archive.fresh()

    # -- the desk ----------------------------------------------------------------------------------

    def at_the_desk(self) -> None:
        """People come to the desk one after the other."""
        dice = random.Random(f"desk {self.seed}")
        visits = [self._borrow_on_slip, self._borrow_directly, self._bring_back]
        for visit in dice.sample(visits, 2):
            visit(dice)
            pause(dice.uniform(0.1, 0.4))
        if dice.random() < 0.4:
            self._tap(self.archive.fresh()[0]["tags"][0], dice)

    def _borrow_on_slip(self, dice: random.Random) -> None:
        person = dice.choice(BORROWERS)
        with_slip, without = self.archive.fresh(dice.choice([1, 2])), self.archive.fresh()
        names = [one["id"] for one in with_slip]
        granted = self._slip(person, names)
        for name in names:
            self.slips[person, name] = granted
        shown = with_slip + (without if dice.random() < 0.5 else [])
        dice.shuffle(shown)
        if dice.random() < 0.3:
            self._visit(person, [one["tags"][0] for one in shown], dice, together=True)
        else:
            self._visit(person, [one["tags"][0] for one in shown], dice)

    def _borrow_directly(self, dice: random.Random) -> None:
        tags = [one["tags"][0] for one in self.archive.fresh(dice.choice([1, 2]))]
        tags += [_tag(item) for item in self._shown_by_another]
        self._visit(dice.choice(DIRECT), tags, dice)

    def _bring_back(self, dice: random.Random) -> None:
        back = self._giving + [(item, holder or "arch") for item, holder in self._coming]
        for holder in sorted({holder for _, holder in back}):
            who = "arch" if dice.random() < 0.3 else holder
            self._visit(who, [_tag(item) for item, by in back if by == holder], dice)

    def _slip(self, person: str, items: list[str]) -> bool | None:
        """Ask for a slip and have it approved; None when somebody got no answer."""
        body: dict[str, Any] = {"items": items}
        asked = self.room.office.ask("slip.request", person, body, "purpose")
        if asked.fate != "done":
            return False  # nobody knows its number: nobody approves it
        slip = asked.entries[0]["body"]["slip"]
        answer = self.room.office.ask("slip.approve", "gao", {"slip": slip}, "comment")
        return None if answer.fate == "unknown" else answer.fate == "done"

    def _visit(
        self, person: str, tags: list[str], dice: random.Random, together: bool = False
    ) -> None:
        self._tap(BADGE[person], dice)
        if together:
            for tag in tags:
                self.room.happens("desk-1", "desk", "place", uid=tag)
            pause(HELD_S * 2)
            for tag in tags:
                self.room.happens("desk-1", "desk", "remove", uid=tag)
            pause(0.2)
        else:
            for tag in tags:
                self._tap(tag, dice)
        if dice.random() < 0.7:
            self._tap(BADGE[person], dice)

    def _tap(
        self, tag: str, dice: random.Random, node: str = "desk-1", reader: str = "desk"
    ) -> None:
        self.room.happens(node, reader, "place", uid=tag)
        pause(HELD_S)
        self.room.happens(node, reader, "remove", uid=tag)
        pause(dice.uniform(0.1, 0.3))

    # -- the safe ----------------------------------------------------------------------------------

    def at_the_safe(self) -> None:
        """Two come to the safe, or one, or nobody who shows a badge; deeds go out and in."""
        dice = random.Random(f"safe {self.seed}")
        pause(dice.uniform(0.0, 1.0))
        for _ in range(dice.choice([1, 2])):
            people = dice.sample(CUSTODIANS, dice.choice([2, 2, 2, 1, 0]))
            n = dice.randrange(3)
            if n in self.archive.inside and people and dice.random() < 0.4:
                self._slip(people[0], [deed(n)["id"]])
            for person in people:
                self._tap(BADGE[person], dice, "safe-1", "safe-reader")
            self.room.happens("safe-1", "safe-door", "open")
            pause(0.3)
            self._move_deed(n)
            pause(dice.uniform(0.5, 0.9))
            self.room.happens("safe-1", "safe-door", "close")
            pause(dice.uniform(0.3, 2.5))

    def _move_deed(self, n: int) -> None:
        inside = n in self.archive.inside
        self.room.happens(
            "safe-1", "safe-reader", "remove" if inside else "place", uid=deed(n)["tags"][0]
        )
        self.archive.inside ^= {n}

    # -- the gate ----------------------------------------------------------------------------------

    def at_the_gate(self) -> None:
        """Boxes are carried out with and without leave, in again, and up to the gate and back."""
        dice = random.Random(f"gate {self.seed}")
        groups = [
            [Walk(item, True, leave=True) for item in self._leaving],
            [Walk(one["id"], True) for one in self._stolen],
            [Walk(item, False) for item in self._entering],
            [Walk(one["id"], None) for one in self._turning],
        ]
        dice.shuffle(groups)
        for group in groups:
            if group:
                self.carry(group, dice)
                pause(dice.uniform(0.1, 0.5))

    def carry(self, walks: list[Walk], dice: random.Random) -> None:
        """Carry boxes through the gate together, strongly heard by both antennas."""
        self.walks += walks
        slow = dice.uniform(1.0, 1.5)
        outward = walks[0].out is not False
        near, far = ("gate-in", "gate-out") if outward else ("gate-out", "gate-in")
        tags = [box(number(walk.item))["tags"][1] for walk in walks]

        def heard(reader: str, rssi: int | None) -> None:
            for tag in tags:
                if rssi is None:
                    self.room.happens("gate-1", reader, "leave", epc=tag)
                else:
                    self.room.happens("gate-1", reader, "enter", epc=tag, rssi=rssi)

        heard(near, -46)
        pause(0.4 * slow)
        if walks[0].out is not None:
            heard(far, -60)
            heard(near, -52)
            pause(0.2 * slow)
            heard(far, -46)
        heard(near, None)
        if walks[0].out is not None:
            pause(0.7 * slow)
            heard(far, None)

    # -- the office --------------------------------------------------------------------------------

    def in_the_office(self) -> None:
        """Returns are inspected, a box is registered, somebody asks for a slip."""
        dice = random.Random(f"office {self.seed}")
        for item in self._inspected:
            pause(dice.uniform(0.0, 1.2))
            body = {"item": item, "condition": "good"}
            self.room.office.ask("return.inspect", "arch", body, "note")
        for n in range(2):
            pause(dice.uniform(0.0, 1.0))
            row = made(f"N-{self.seed:04d}-{n}", self.seed * 10 + n)
            self.room.office.ask("item.register", "arch", {"row": row}, "why")
        pause(dice.uniform(0.0, 0.8))
        item = self.archive.fresh()[0]["id"]
        self.room.office.ask("slip.request", "hu", {"items": [item]}, "purpose")

    # -- all of it ---------------------------------------------------------------------------------

    def stolen_while_the_disk_refuses(self) -> str:
        """Carry a box out; return its id."""
        (one,) = self.archive.fresh()
        self.carry([Walk(one["id"], True)], random.Random(f"disk {self.seed}"))
        return str(one["id"])

    def may_have_been(self, item: str) -> Where:
        """Return where an item was on record before the round."""
        at_home = Where(None, "safe" if item.startswith("D-") else "hall")
        return self.before.get(item, at_home)


_PLACES = ("@holder", "@outside", "@returning", "@inspection")


def _tag(item: str) -> str:
    return str(box(number(item))["tags"][0])
