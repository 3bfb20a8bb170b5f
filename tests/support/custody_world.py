"""A room on a disk of its own, as random tests drive it: what it says is told to a model at once.

Everything is checked after each decision: the disk has what the memory has, the rows are those that
follow from the entries alone, and a decision that is taken back leaves nothing behind.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from strongroom_gateway.assembly import open_room
from strongroom_gateway.config import Config, Settings, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.contract import Sensed
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.ingest.port import NOTHING, Decision
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.verify import projections as verifier
from strongroom_gateway.ledger.verify.report import Report
from strongroom_gateway.room.core import Room
from strongroom_gateway.room.projections import projected
from strongroom_gateway.room.row_source import MemoryRows
from strongroom_gateway.room.rows import PREFIX, Rows

from .custody_judge import Judge
from .lending import BADGE, ITEMS, PEOPLE, TAG
from .safes import SAFE
from .sensing import PLAIN, T0, Nodes

SECOND = 1_000
MINUTE = 60 * SECOND
DONE = "04ffffffffffff"
SLOTS = [f"a-01a-01-01-0{n}" for n in range(1, 5)]
EXTRA: list[dict[str, Any]] = [
    {
        "id": "cora",
        "name": "Cora",
        "badges": ["04aa0000000008"],
        "roles": ["certificate_custodian"],
    },
    {
        "id": "carl",
        "name": "Carl",
        "badges": ["04aa0000000009"],
        "roles": ["certificate_custodian"],
    },
    {"id": "sid", "name": "Sid", "badges": ["04aa000000000a"], "roles": ["security"]},
    {"id": "audit", "name": "Aud", "roles": ["auditor"]},
]
DEED: dict[str, Any] = {
    "id": "C2",
    "name": "Deed 2",
    "kind": "certificate",
    "certificate": "other_right",
    "tags": ["04110032"],
    "home": "deeds",
}
BADGES = BADGE | {p["id"]: p["badges"][0] for p in EXTRA if "badges" in p}
TAGS = TAG | {"C2": "04110032"}
EPC = {"B1": "e2000001", "B2": "e2000002", "B3": "e2000003"}
PLACES: list[dict[str, Any]] = [
    {"id": "hall", "name": "Hall", "kind": "room"},
    *({"id": name, "name": name, "parent": "hall"} for name in ("A-1", "A-2", "A-3", "A-4")),
    *({"id": slot, "name": slot, "kind": "slot", "parent": "hall"} for slot in SLOTS),
    {"id": "deeds", "name": "Deed safe", "kind": "safe", "custodian": "cora"},
    {"id": "board", "name": "Key board", "kind": "cabinet"},
]
SECTIONS: dict[str, Any] = {
    "room": PLAIN["room"] | {"custodian": "arch"},
    "person": [*PEOPLE, *EXTRA],
    "item": [*ITEMS, DEED],
    "place": PLACES,
    "desk": [PLAIN["desk"][0] | {"done_tags": [DONE], "done_input": "button"}],
    "safe": [SAFE | {"day_end": "18:00"}],
    "shelf_bank": [{"id": "a", "name": "A", "carriages": ["h1/b/1"], "travel_mm": 900}],
    "keys": {"back_by": "18:30"},
}


def made() -> Settings:
    """Return the settings of the room."""
    return settings(typed(PLAIN | SECTIONS, Config))


class World:
    """The room, its disk and its record."""

    def __init__(self) -> None:
        self.settings = made()
        self.disk = MemoryRows()
        self.states: dict[str, str] = {}
        self.waiting: list[tuple[str, str | None]] = []
        self.entries: list[tuple[int, str, Any]] = []
        self.replayed = Rows(MemoryRows())
        self.alarms: dict[str, str] = {}
        self.model = Judge()
        self.nodes = Nodes()
        self.now = T0
        self.room = self._open()
        self.take(self.room.start(self.now))

    def _open(self) -> Room:
        return open_room(self.settings, self.states, rows=self.disk)

    # -- what happens --------------------------------------------------------------------------

    def restart(self) -> None:
        """All that was decided is on the disk, and the gateway begins anew from there."""
        self.commit()
        self.room = self._open()
        self.take(self.room.start(self.now))

    def commit(self) -> None:
        """What was decided comes to the disk."""
        for key, value in self.waiting:
            of = self.disk.held if key.startswith(PREFIX) else self.states
            if value is None:
                of.pop(key, None)
            elif not key.startswith("w/"):
                of[key] = value
        self.waiting.clear()
        self.room.settled()
        assert self.disk.held | self.states == self.room.rows(), "the disk has what the memory has"

    def wait(self, ms: int) -> None:
        """Let time pass; what is due on the way is due at its time, to the minute."""
        end = self.now + ms
        while self.now < end:
            self.now = min(end, self.now + max(MINUTE, ms // 20))
            self.tick()

    def tick(self) -> None:
        """What is due now, and what follows from that."""
        for _ in range(5):
            decision = self.room.tick(self.now)
            if decision is NOTHING:
                return
            self.take(decision)

    def hear(self, *events: Sensed, doubt: bool = False) -> list[tuple[str, Any]]:
        """Messages come in; return the entries they led to. `doubt`: each is first decided on and
        taken back, as one that cannot be kept.
        """
        before = len(self.entries)
        for event in events:
            self.now = max(self.now, event.received)
            self.tick()
            if doubt:
                self._taken_back(event)
            self.take(self.room.decide(event, self.now))
        return [(kind, body) for _, kind, body in self.entries[before:]]

    def _taken_back(self, event: Sensed) -> None:
        before = _without_sounds(self.room.rows())
        self.room.decide(event, self.now)
        self.take(self.room.unkept(self.now))
        assert _without_sounds(self.room.rows()) == before

    def act(self, kind: str, by: str, body: dict[str, Any]) -> list[tuple[str, Any]] | None:
        """Somebody asks for something; return the entries, None when it is refused."""
        self.tick()
        before, rows = len(self.entries), self.room.rows()
        try:
            decision = self.room.act(kind, by, body, self.now)
        except RefusedActError:
            assert self.room.rows() == rows, "what is refused leaves nothing"
            return None
        self.take(decision)
        found = [(kind, body) for _, kind, body in self.entries[before:]]
        assert any(body.get("by") == by for _, body in found), "an act names who did it"
        return found

    def take(self, decision: Decision) -> None:
        """Keep a decision, and tell the model what it says."""
        self.waiting += decision.states
        raised = {e.body["alarm"] for e in decision.entries if e.kind == "alarm.raised"}
        assert not [e for e in decision.entries if e.kind == "gateway.rule_failed"], decision
        for entry in decision.entries:
            body = json.loads(canonical(entry.body))
            self.entries.append((self.now, entry.kind, body))
            for change in tuple(projected(entry.kind, body, self.now, self.replayed)):
                self.replayed.change(change)
            self.model.told(entry.kind, body, self.now, raised)
        for change in decision.alarms:
            if change.alarm is None:
                self.alarms.pop(change.id, None)
            else:
                self.alarms[change.id] = change.alarm.state

    # -- what must be true -------------------------------------------------------------------------

    def check(self) -> None:
        """Compare rows, record and model."""
        rows = self.room.ctx.rows.held()
        assert rows == self.replayed.held(), "the rows follow from the record"
        _indexes(rows)
        where = {
            k.removeprefix("r/where/"): json.loads(v) for k, v in rows.items() if "/where/" in k
        }
        told = {item: (w.get("holder"), w["place"]) for item, w in where.items()}
        assert told == self.model.where, "each item in one place, with one holder"
        for item in told:
            assert self.room.ctx.accountable(item) is not None, item
        assert self._named() == _custodians_who_left(rows)
        open_loans = {k.removeprefix("r/loan_open/") for k in rows if k.startswith("r/loan_open/")}
        assert open_loans == {loan.id for loan in self.model.loans.values() if not loan.closed}
        self.model.check(self.now, self.alarms)

    def _named(self) -> set[str]:
        """Return whose places an alarm says are without a custodian."""
        there = {key for key, state in self.alarms.items() if state != "RTNUN"}
        code = "custody.custodian_left:"
        return {key.removeprefix(code) for key in there if key.startswith(code)}

    def verify(self) -> None:
        """Let the separate verifier add the entries up, and a fresh replay."""
        self.commit()
        connection = sqlite3.connect(":memory:")
        connection.text_factory = bytes
        connection.execute("CREATE TABLE room_state (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        connection.executemany("INSERT INTO room_state VALUES (?, ?)", self.disk.held.items())
        other, again = verifier.Rows(), Rows(MemoryRows())
        for idx, (at, kind, body) in enumerate(self.entries):
            if other.wanted[kind.encode()]:
                other.take(idx, at, kind.encode(), body)
            for change in tuple(projected(kind, body, at, again)):
                again.change(change)
        report = Report()
        other.compare(connection, report)
        connection.close()
        assert report.problems == []
        assert again.held() == self.disk.held


def _without_sounds(rows: Mapping[str, str]) -> dict[str, str]:
    """Return rows without what stays of a message that was taken back: what it lets sound."""
    stay = ("alarm/", "rule/exit.not_readable/", "rule/ledger.not_readable/")
    return {key: row for key, row in rows.items() if not key.startswith(stay)}


def _custodians_who_left(rows: Mapping[str, str]) -> set[str]:
    """Return who is no longer active and has places in their name."""
    kept = {key: json.loads(raw) for key, raw in rows.items() if key.startswith("r/p")}
    people = [kept[key] for key in kept if key.startswith("r/person/")]
    places = [kept[key] for key in kept if key.startswith("r/place/")]
    named = {place.get("custodian") for place in places} | {SECTIONS["room"]["custodian"]}
    return {one["id"] for one in people if not one.get("active", True)} & named


def _indexes(rows: Mapping[str, str]) -> None:
    """Every index has a row for each row it leads to, and no other."""
    wanted: dict[str, str] = {}
    for key, raw in rows.items():
        table, _, name = key.removeprefix("r/").partition("/")
        if table not in ("item", "person", "where"):
            continue
        row = json.loads(raw)
        if table == "where":
            wanted[f"r/at/{row['place']}/{name}"] = ""
            if row.get("holder"):
                wanted[f"r/held/{row['holder']}/{name}"] = ""
            continue
        for tag in row.get("tags", []) + row.get("badges", []):
            assert f"r/tag/{tag}" not in wanted, f"{tag} belongs to two"
            wanted[f"r/tag/{tag}"] = f"{table}/{name}"
        if row.get("home"):
            wanted[f"r/home/{row['home']}/{name}"] = ""
        if row.get("parent"):
            wanted[f"r/in/{row['parent']}/{name}"] = ""
        if row.get("number"):
            wanted[f"r/number/{row['number']}"] = name
    prefixes = tuple(f"r/{index}/" for index in ("at", "held", "tag", "home", "in", "number"))
    found = {k: json.loads(v) for k, v in rows.items() if k.startswith(prefixes)}
    assert found == wanted
