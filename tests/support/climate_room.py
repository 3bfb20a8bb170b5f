"""A room with machines in one zone, for tests of climate control."""

from typing import Any

from strongroom_gateway.room.core import Room

from support.sensing import PLAIN, room

KINDS = ("dehumidifier", "humidifier", "cooling", "heating", "fan")


def held(states: dict[str, str] | None = None, **climate: Any) -> Room:
    """Return a room whose zone `store` has three sensors, one of each machine, a door, and a sensor
    outside; `climate` puts keys of [climate] in place, `zone` those of the zone.
    """
    zone: dict[str, Any] = {
        "id": "store",
        "name": "Store",
        "sensors": ["c1/t1", "c1/t2", "c1/t3"],
        "surfaces": ["c1/wall"],
        "air": ["c1/air"],
        "control": {"door": "c1/door"},
        "machine": [{"kind": kind, "node": "c1", "relay": kind} for kind in KINDS],
    }
    zone |= climate.pop("zone", {})
    section = {"delay_s": 60, "outdoor": "c1/out", "zone": [zone]} | climate
    return room(states, climate=section, **{"person": PLAIN["person"]})
