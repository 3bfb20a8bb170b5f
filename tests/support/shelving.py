"""Rolling shelves for tests: a bank of three carriages, and the messages of its nodes."""

from typing import Any

import msgspec
from strongroom_gateway.contract import Sensed
from strongroom_gateway.room.core import Room
from strongroom_gateway.room.projections import projected
from strongroom_gateway.room.registry import discover
from strongroom_gateway.room.row_source import MemoryRows
from strongroom_gateway.room.rows import Rows

from support.outcome import Outcome
from support.sensing import T0, Nodes, room

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
LATE, MOVED, WRONG = (
    "shelf.aisle_open_too_long:a.1",
    "shelf.moved_while_locked:a",
    "shelf.positions_contradict:a",
)
BANK: dict[str, Any] = {
    "id": "a",
    "name": "Bank A",
    "carriages": ["h1/bank-a/1", "h1/bank-a/2", "h2/bank-b/1"],
    "travel_mm": 1800,
    "open_mm": 500,
    "open_max_s": 600,
    "badge_s": 120,
}
LI, WANG = "04aabbccdd0001", "04aabbccdd0002"
LIBRARIANS: dict[str, Any] = {
    "person": [
        {"id": "li", "name": "Li Wen", "badges": [LI], "roles": ["archivist"]},
        {"id": "wang", "name": "Wang Fang", "badges": [WANG], "roles": ["handler_a"]},
    ]
}


class Bank:
    """Says what the nodes of the bank say."""

    WIRES = (("h1", "bank-a", 1), ("h1", "bank-a", 2), ("h2", "bank-b", 1))

    def __init__(self, nodes: Nodes | None = None) -> None:
        self.nodes = nodes or Nodes()

    def at(self, carriage: int, mm: int, at: int, state: str = "stopped", **more: Any) -> Sensed:
        """A carriage (1, 2, 3 from the low end) stands or rolls at some mm."""
        node, device, number = self.WIRES[carriage - 1]
        body = {"bank": device, "carriage": number, "mm": mm, "state": state, "end": "none"}
        return self.nodes.say(node, "event", "shelf", body, at, **more)

    def standing(self, *ways: int, at: int = T0) -> list[Sensed]:
        """All carriages report where they stand, as after a start."""
        return [self.at(n, mm, at) for n, mm in enumerate(ways, 1)]

    def roll(self, carriage: int, way: list[int], at: int, **more: Any) -> list[Sensed]:
        """A carriage rolls by these positions, half a second each, and stops at the last."""
        times = [at + 500 * n for n in range(len(way))]
        rolling = [
            self.at(carriage, mm, t, "moving", **more) for mm, t in zip(way, times, strict=True)
        ]
        return [*rolling, self.at(carriage, way[-1], times[-1] + 1500, **more)]


def shelved(
    states: dict[str, str] | None = None, bank: dict[str, Any] | None = None, **more: Any
) -> Room:
    """Return a room with the bank, with some of the bank's settings put in place of its own."""
    made = room(states, shelf_bank=[BANK | (bank or {})], **more)
    made.start(T0 - 1000)
    return made


def registered(*entries: tuple[str, dict[str, Any]]) -> dict[str, str]:
    """Return the rows that follow from entries, (kind, body) each: a register made beforehand."""
    discover()  # the projections are in the same modules as the rules
    rows = Rows(MemoryRows())
    for kind, body in entries:
        for change in tuple(projected(kind, body, T0, rows)):
            rows.change(change)
    return rows.held()


def slot_rows(*slots: str, capacity: int | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Return the entries that register slots."""
    more = {} if capacity is None else {"capacity": capacity}
    return [
        ("place.registered", {"place": {"id": s, "name": s, "kind": "slot", **more}}) for s in slots
    ]


def item_row(item: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return the entry that registers an item."""
    return ("item.registered", {"item": {"id": item, "name": f"Box {item}", **more}})


def lend(room: Room, item: str, person: str | None, place: str = "@holder", at: int = T0) -> None:
    """Let somebody have an item, as the record would say it; nobody and a place: it is back."""
    body = {"item": item, "holder": person, "place": place}
    kind = "movement.return" if person is None else "movement.check_out"
    for change in tuple(projected(kind, body, at, room.ctx.rows)):
        room.ctx.rows.change(change)


def view(out: Outcome, bank: str = "a") -> Any:
    """Return the bank as it is shown now."""
    shown = [v for d in out.decisions for t, v in d.views if t == "shelves"]
    return msgspec.json.decode(shown[-1])["banks"][bank]


def aisle(out: Outcome, n: int) -> Any:
    """Return one aisle as it is shown now."""
    return view(out)["aisles"][n]
