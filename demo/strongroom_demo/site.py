"""The demo's site on disk: the gateway's configuration with its register, and one folder for each
node."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strongroom_sim.fleet import make_board
from strongroom_sim.world import props
from strongroom_sim.world.cast import Cast

from .brokers import Broker
from .words import _

ROOM = "archive-1"
KINDS = {
    props.CLIMATE: "climate",
    props.DESK: "desk",
    props.GATE: "gate",
    props.SAFE: "safe",
    props.SHELF: "shelf",
}
ROLES = {
    "archivist": ["archivist"],
    "handler": ["handler_a"],
    "manager": ["general_manager"],
    "security": ["security"],
    "custodian": ["certificate_custodian"],
}
SOCKET = "admin.sock"
HALL = "hall"
SAFE_ID = "safe"
OFFLINE_AFTER_S = 3.0
CLIMATE_DELAY_S = 2.0
SAFE_TOGETHER_S = 2.0


@dataclass(frozen=True)
class Site:
    """Where everything of a run lies."""

    folder: Path
    config: Path
    ledger: Path
    boards: Mapping[str, Path]
    api_port: int


def make_site(folder: Path, who: Cast, broker: Broker, api_port: int, language: str) -> Site:
    """Write the gateway's configuration and the five nodes into a folder."""
    boards = {}
    for node, kind in KINDS.items():
        boards[node] = folder / "nodes" / node
        make_board(boards[node], ROOM, node, kind, broker.node_settings(node))
    config = folder / "gateway.toml"
    register = {
        "person": [
            {
                "id": person.id,
                "name": person.name,
                "badges": [person.badge],
                "roles": ROLES[person.role],
            }
            for person in who.people
        ],
        "item": [
            {
                "id": box.id,
                "name": box.title,
                "tags": [box.hf, box.uhf],
                "home": box.home,
                "pages": box.pages,
            }
            for box in who.boxes
        ],
        "place": places(who),
    }
    (folder / "register.toml").write_text(toml(register), encoding="utf-8")
    settings = gateway_settings(broker.gateway_settings(), api_port, language, datetime.now(UTC))
    config.write_text(toml(settings), encoding="utf-8")
    return Site(folder, config, folder / "ledger.db", boards, api_port)


def places(who: Cast) -> list[dict[str, Any]]:
    """Return the places of the register: the room, its safe, its rolling shelf, and where boxes
    stand, each with somebody who answers for it.
    """
    keeper = next(person.id for person in who.people if person.role == "archivist")
    custodian = next(person.id for person in who.people if person.role == "custodian")
    hall = {"id": HALL, "name": _("Archive room"), "kind": "room", "custodian": keeper}
    safe = {"id": SAFE_ID, "name": _("Certificate safe"), "kind": "safe", "custodian": custodian}
    bank = {"id": props.BANK, "name": _("Rolling shelves"), "kind": "shelf", "parent": HALL}
    homes = [
        {"id": home, "name": home, "kind": "shelf", "parent": HALL, "order": n}
        for n, home in enumerate(dict.fromkeys(box.home for box in who.boxes), 1)
    ]
    return [hall, safe | {"parent": HALL}, bank, *homes]


def gateway_settings(
    mqtt: Mapping[str, Any], api_port: int, language: str, now: datetime
) -> dict[str, Any]:
    """Return the gateway's configuration; delays are those of a story told in a minute."""
    return {
        "room": {
            "id": ROOM,
            "name": _("Demo archive room"),
            "language": language,
            "time_zone": "UTC",
        },
        "ledger": {"path": "ledger.db"},
        "register": {"file": "register.toml"},
        "mqtt": dict(mqtt),
        "api": {"port": api_port, "admin_socket": SOCKET},
        "nodes": {
            "expected": list(KINDS),
            "offline_after_s": OFFLINE_AFTER_S,
            "start_grace_s": 20,
        },
        "alarms": {"quiet_s": 20},
        "epcis": {"base": "https://archive.example/"},
        "climate": {
            "profile": "cn-grade1",
            "store": "paper",
            "delay_s": CLIMATE_DELAY_S,
            "stale_s": 8,
            "view_s": 2,
            # The demo's air runs 120 times too fast for these.
            "trend": {"swing": False, "rate_t": 0, "rate_rh": 0, "warn_min": 0},
            "zone": [
                {
                    "id": "stacks",
                    "name": _("Stacks"),
                    "sensors": [f"{props.CLIMATE}/t1", f"{props.CLIMATE}/t2"],
                    "dehumidifier": {
                        "node": props.CLIMATE,
                        "relay": "dehumidifier",
                        "on_above": 58,
                        "off_below": 55,
                        "lease_s": 20,
                    },
                }
            ],
        },
        "safe": [
            {
                "id": SAFE_ID,
                "name": _("Certificate safe"),
                "node": props.SAFE,
                "input": "safe-door",
                "hours": [hours_without(now)],
                "readers": ["safe-reader"],
                "together_s": SAFE_TOGETHER_S,
                "settle_s": 1,
            }
        ],
        "shelf_bank": [
            {
                "id": props.BANK,
                "name": _("Rolling shelves"),
                "carriages": [f"{props.SHELF}/{props.BANK}/{n}" for n in (1, 2)],
                "travel_mm": 1800,
            }
        ],
        "gate": [
            {"id": "exit", "name": _("Exit gate"), "node": props.GATE, "reader": "gate"},
        ],
        "desk": [
            {
                "id": "desk",
                "name": _("Desk"),
                "node": props.DESK,
                "reader": "desk",
                "signal": "lamp",
                "repeat_s": 2,
                "idle_s": 12,
            }
        ],
    }


def hours_without(now: datetime) -> str:
    """Return opening hours of today that have nothing to do with now: the demo opens the safe."""
    return "mon-sun 20:00-22:00" if 6 <= now.hour < 18 else "mon-sun 08:30-17:00"


def toml(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML: values first, then sections, then lists of sections."""
    return "\n".join(_sections((), settings)) + "\n"


def _sections(path: tuple[str, ...], settings: Mapping[str, Any]) -> list[str]:
    lines = []
    later: list[str] = []
    for key, value in settings.items():
        name = ".".join((*path, key))
        if isinstance(value, Mapping):
            later += ["", f"[{name}]", *_sections((*path, key), value)]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for one in value:
                later += ["", f"[[{name}]]", *_sections((*path, key), one)]
        elif value is not None:
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    return lines + later
