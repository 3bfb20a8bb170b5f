"""The archive of the fault rounds: its people, boxes and deeds, and the gateway's configuration."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

ROOM = "room-1"
KINDS = ("desk", "safe", "gate")
NODES = tuple(f"{kind}-1" for kind in KINDS)

BOXES = 900
DEEDS = 3
IDLE_S = 2.0
REPEAT_S = 0.8
TOGETHER_S = 2.0
SETTLE_S = 0.5
PERSONS = 2

_ROLES = {
    "arch": ["archivist"],
    "gao": ["general_manager"],
    "chen": ["chairman"],
    "han": ["handler_a"],
    "hu": ["handler_b"],
    "zhou": ["certificate_custodian"],
    "wu": ["certificate_custodian"],
}
PEOPLE = tuple(_ROLES)
DIRECT = ("gao", "chen")
KEEPERS = ("arch", "zhou", "wu")
CUSTODIANS = ("zhou", "wu")
BADGE = {person: f"04ba{n:010x}" for n, person in enumerate(PEOPLE)}


def box(n: int) -> dict[str, Any]:
    """Return the n-th box of the register."""
    return {"id": f"B-{n:04d}", "name": f"Box {n}", "tags": [f"04b0{n:010x}", f"e2{n:022x}"]}


def made(name: str, n: int) -> dict[str, Any]:
    """Return a box that is registered by an act."""
    return {"id": name, "name": name, "home": "hall", "tags": [f"04b1{n:010x}"]}


def deed(n: int) -> dict[str, Any]:
    """Return the n-th deed, which belongs in the safe."""
    return {
        "id": f"D-{n}",
        "name": f"Deed {n}",
        "kind": "certificate",
        "certificate": "other_right",
        "home": "safe",
        "tags": [f"04de{n:010x}"],
    }


def sections() -> dict[str, Any]:
    """Return the register and the places, as sections of the configuration."""
    return {
        "person": [
            {"id": person, "name": person.title(), "badges": [BADGE[person]], "roles": roles}
            for person, roles in _ROLES.items()
        ],
        "place": [
            {"id": "hall", "name": "Hall", "kind": "room", "custodian": "arch"},
            {"id": "safe", "name": "Safe", "kind": "safe", "custodian": "zhou"},
        ],
        "item": [box(n) | {"home": "hall"} for n in range(BOXES)] + [deed(n) for n in range(DEEDS)],
    }


def configuration(mqtt_port: int, api_port: int, transport: str) -> str:
    """Return gateway.toml."""
    settings: dict[str, Any] = {
        "room": {"id": ROOM, "name": "Faults", "language": "en"},
        "mqtt": {"host": "127.0.0.1", "port": mqtt_port, "transport": transport},
        "ledger": {"path": "ledger.db"},
        "api": {"port": api_port, "admin_socket": "admin.sock"},
        "desk": [
            {
                "id": "desk",
                "name": "Desk",
                "node": "desk-1",
                "reader": "desk",
                "signal": "lamp",
                "idle_s": IDLE_S,
                "repeat_s": REPEAT_S,
            }
        ],
        "safe": [
            {
                "id": "safe",
                "name": "Safe",
                "node": "safe-1",
                "input": "safe-door",
                "hours": ["mon-sun 00:00-23:59"],
                "readers": ["safe-reader"],
                "persons": PERSONS,
                "together_s": TOGETHER_S,
                "settle_s": SETTLE_S,
            }
        ],
        "gate": [{"id": "exit", "name": "Exit", "node": "gate-1", "reader": "gate"}],
        **sections(),
    }
    return "\n".join(
        line
        for name, section in settings.items()
        for one in (section if isinstance(section, list) else [section])
        for line in (
            f"[[{name}]]" if isinstance(section, list) else f"[{name}]",
            *_lines(one),
        )
    )


def _lines(section: Mapping[str, Any] | Sequence[Any]) -> list[str]:
    assert isinstance(section, Mapping)
    return [f"{key} = {json.dumps(value)}" for key, value in section.items()]
