"""Messages of nodes, made by hand: what the pure core is fed in tests."""

from typing import Any

import msgspec
from strongroom_gateway.assembly import open_room
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.contract import Decoder, Info, Sensed, Status
from strongroom_gateway.room.core import Room

T0 = 1_800_000_000_000
"""A Friday, 16:00 in Shanghai (2027-01-15), in Unix ms."""

PLAIN: dict[str, Any] = {
    "room": {"id": "r1", "name": "Room 1", "language": "en"},
    "ledger": {"path": "/nowhere/ledger.db"},
    "climate": {
        "delay_s": 60,
        "zone": [
            {"id": "north", "name": "North aisle", "sensors": ["c1/t1", "c1/t2"]},
            {
                "id": "south",
                "name": "South aisle",
                "sensors": ["c2/t1"],
                "dehumidifier": {
                    "node": "c2",
                    "relay": "dryer",
                    "on_above": 58,
                    "off_below": 53,
                    "lease_s": 60,
                },
            },
        ],
    },
    "safe": [
        {
            "id": "deeds",
            "name": "Deed safe",
            "node": "s1",
            "input": "door",
            "hours": ["mon-fri 08:30-17:30"],
            "open_max_s": 86_400,
        }
    ],
    "gate": [{"id": "exit", "name": "Exit", "node": "g1", "reader": "gate"}],
    "desk": [{"id": "front", "name": "Desk", "node": "d1", "reader": "desk", "signal": "buzzer"}],
    "person": [
        {
            "id": "li",
            "name": "Li Wen",
            "badges": ["04aabbccdd0001"],
            "roles": ["deputy_manager"],
        },
        {
            "id": "wang",
            "name": "Wang Fang",
            "badges": ["04aabbccdd0002"],
            "roles": ["deputy_manager"],
        },
    ],
    "item": [
        {"id": "HX-H-01", "name": "Box 1", "tags": ["e2000001", "04110001"], "home": "A-1"},
        {"id": "HX-H-02", "name": "Box 2", "tags": ["e2000002", "04110002"], "home": "A-2"},
    ],
}


def room(states: dict[str, str] | None = None, **sections: Any) -> Room:
    """Return a room of the plain configuration, with some sections put in place of its own."""
    return open_room(settings(typed(PLAIN | sections, Config)), states)


class Nodes:
    """Makes messages as nodes would, with their counters; everything passes the real decoder."""

    def __init__(self, boot: int = 1) -> None:
        self._decoder = Decoder("r1")
        self._seq: dict[tuple[str, str], int] = {}
        self.boot = boot

    def say(
        self,
        node: str,
        lane: str,
        kind: str,
        body: dict[str, Any],
        at: int = T0,
        ts: int | None = None,
        mono: int | None = None,
        clocked: bool = True,
    ) -> Sensed:
        """Return one message received at `at` (Unix ms) and made at `ts`, else at the same time."""
        key = (node, lane)
        self._seq[key] = self._seq.get(key, 0) + 1
        made = at if ts is None else ts
        envelope = {
            "boot": self.boot,
            "seq": self._seq[key],
            "mono": made - T0 + 10**11 if mono is None else mono,
            "ts": made if clocked else None,
            "clk": "ntp" if clocked else "none",
        }
        payload = msgspec.json.encode(envelope | body)
        found = self._decoder.decode(f"strongroom/v1/r1/{node}/{lane}/{kind}", payload, at)
        assert isinstance(found, Sensed)
        return found

    def climate(self, where: str, t: float, rh: float, at: int, **more: Any) -> Sensed:
        """A reading of `node/sensor`."""
        node, _, sensor = where.partition("/")
        body = {"sensor": sensor, "t": t, "rh": rh}
        return self.say(node, "telemetry", "climate", body, at, **more)

    def tag(
        self, where: str, tag: str, at: int, act: str = "seen", tech: str = "hf", **more: Any
    ) -> Sensed:
        """A badge or box at `node/reader`, one without antennas."""
        node, _, reader = where.partition("/")
        body = {"reader": reader, "id": tag, "act": act, "tech": tech, "ant": None, "rssi": None}
        return self.say(node, "event", "tag", body | {"n": 1, "span": 0}, at, **more)

    def tap(self, tag: str, at: int, act: str = "seen", **more: Any) -> Sensed:
        """A badge or box at the desk reader."""
        return self.tag("d1/desk", tag, at, act, **more)

    def read(
        self,
        tag: str,
        ant: str,
        at: int,
        rssi: int | None = -50,
        n: int = 1,
        act: str = "more",
        span: int = 0,
        **more: Any,
    ) -> Sensed:
        """A report of the gate reader."""
        body = {
            "reader": "gate",
            "id": tag,
            "act": act,
            "tech": "uhf",
            "ant": ant,
            "rssi": rssi,
            "n": n,
            "span": span,
        }
        return self.say("g1", "event", "tag", body, at, **more)

    def door(self, is_open: bool, at: int, **more: Any) -> Sensed:
        """The contact of the safe."""
        body = {"input": "door", "open": is_open, "edges": 1}
        return self.say("s1", "event", "contact", body, at, **more)

    def node_event(self, node: str, what: str, at: int, **fields: Any) -> Sensed:
        """What a node says about itself."""
        return self.say(node, "event", "node", {"what": what, **fields}, at)

    def status(self, node: str, online: bool, at: int) -> Status:
        """The word of the broker."""
        return Status("r1", node, online, at)

    def info(self, node: str, at: int, firmware: str = "1.0") -> Info:
        """A node's description of itself."""
        body = {
            "room": "r1",
            "node": node,
            "firmware": firmware,
            "board": "esp32-sim",
            "boot": self.boot,
            "cause": "power",
            "mono": 1,
            "config": 1,
            "capabilities": [{"id": "t1", "type": "sht4x", "role": "climate"}],
        }
        found = self._decoder.decode(f"strongroom/v1/r1/{node}/info", msgspec.json.encode(body), at)
        assert isinstance(found, Info)
        return found
