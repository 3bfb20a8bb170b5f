"""Which machine answers which need, by what moist air does.

- Outdoor air is the cheapest machine where it helps and harms nothing.
- A dehumidifier whose coil is above the dew point only heats; then warmth lowers the humidity.
- A cold coil also dries: it stands in where there is no dehumidifier.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from .demand import Edges
from .moist import dew_point, humidity, vapour
from .plan import Kind, Plan
from .state import Air, Run

_PRESSURE: Final = 150.0  # Pa between indoors and outdoors that are worth a fan
_WARMTH: Final = 3.0  # K
_DRIP: Final = 2.0  # K that outdoor dew point must stay below the room
_STAYS: Final = 0.5  # share of the advantage at which a fan that runs goes on
_CLEAR: Final = 0.4  # K from an edge at which a side effect is not welcome


_DEMANDS: Final = {
    "cool": "hot",
    "heat": "cold",
    "dry": "wet",
    "dry_by_warmth": "wet",
    "dry_by_coil": "wet",
    "moisten": "dry",
}


def demand_of(aim: str) -> str | None:
    """Return the demand that a machine with this aim was on for; None for a person's word."""
    return aim.removeprefix("air_") if aim.startswith("air_") else _DEMANDS.get(aim)


class Want(msgspec.Struct, frozen=True):
    """A machine is wanted for an aim, on the ground of a demand."""

    kind: Kind
    aim: str
    demand: str


def assigned(
    demands: tuple[str, ...],
    air: Air,
    outdoor: Air | None,
    found: Edges,
    plan: Plan,
    runs: Mapping[str, Run],
) -> dict[Kind, Want]:
    """Return the machines that are wanted."""
    wants: dict[Kind, Want] = {}
    airing = any(runs[m.name].on for m in plan.machines if m.kind == "fan" and m.name in runs)
    for demand in demands:
        if plan.has("fan") and outdoor is not None and _airing(demand, air, outdoor, found, airing):
            wants["fan"] = Want("fan", f"air_{demand}", demand)
    aired = wants["fan"].demand if "fan" in wants else ""
    if "hot" in demands and aired != "hot" and plan.has("cooling"):
        wants["cooling"] = Want("cooling", "cool", "hot")
    if "cold" in demands and aired != "cold" and plan.has("heating"):
        wants["heating"] = Want("heating", "heat", "cold")
    if "wet" in demands and aired != "wet":
        _drying(wants, air, found, plan)
    if "dry" in demands and aired != "dry" and plan.has("humidifier"):
        wants["humidifier"] = Want("humidifier", "moisten", "dry")
    return wants


def _drying(wants: dict[Kind, Want], air: Air, found: Edges, plan: Plan) -> None:
    dew = dew_point(air.t, air.rh)
    able = any(m.kind == "dehumidifier" and dew > m.coil for m in plan.machines)
    if able:
        wants["dehumidifier"] = Want("dehumidifier", "dry", "wet")
    elif plan.has("heating") and air.t < found.hot.end - _CLEAR and "cooling" not in wants:
        wants["heating"] = Want("heating", "dry_by_warmth", "wet")
    elif plan.has("cooling") and air.t > found.cold.end + _CLEAR and "heating" not in wants:
        wants["cooling"] = Want("cooling", "dry_by_coil", "wet")


def _airing(demand: str, air: Air, outdoor: Air, found: Edges, running: bool) -> bool:
    """Return whether outdoor air helps with a demand without making another."""
    worth = _STAYS if running else 1.0
    inside, outside = vapour(air.t, air.rh), vapour(outdoor.t, outdoor.rh)
    warmer = outdoor.t - air.t
    if dew_point(outdoor.t, outdoor.rh) > air.t - _DRIP:
        return False
    if demand in ("wet", "dry"):
        helps = inside - outside if demand == "wet" else outside - inside
        return helps > _PRESSURE * worth and _mild(warmer, air, found)
    helps = -warmer if demand == "hot" else warmer
    if helps <= _WARMTH * worth:
        return False
    # Moisture stays in the paper for days: what comes in has to suit the band at this warmth.
    settled = humidity(air.t, outside)
    if settled > air.rh:
        return air.rh < found.wet.end
    return air.rh > found.dry.end


def _mild(warmer: float, air: Air, found: Edges) -> bool:
    """Return whether air that much warmer may come in for the sake of its vapour.

    Air that is far colder takes more warmth out of a cool room than the water is worth, and the
    other way round: it is welcome in the half of the band that it leads out of.
    """
    if abs(warmer) > _WARMTH:
        middle = (found.hot.end + found.cold.end) / 2.0
        return (air.t > middle) == (warmer < 0)
    if warmer < 0:
        return air.t > found.cold.begin + _CLEAR
    return air.t < found.hot.begin - _CLEAR
