"""Does the room follow its machines? A relay that clicks is no proof that anything runs."""

from typing import Final

from .moist import dew_point
from .plan import Machine
from .state import Air, Run

_KELVIN: Final = 0.2
_PERCENT: Final = 0.5
_DEW: Final = 0.2


def follows(machine: Machine, run: Run, air: Air, now: int) -> bool | None:
    """Return whether the room went the machine's way since it came on; None while it is too early.

    A fan is never judged: what it does depends on the air outside.
    """
    if not run.on or run.began is None or run.since is None or machine.kind == "fan":
        return None
    began = run.began
    moved = _moved(machine.kind, began, air)
    if moved:
        return True
    return False if now - run.since >= machine.respond else None


def _moved(kind: str, began: Air, air: Air) -> bool:
    if kind == "heating":
        return air.t - began.t >= _KELVIN
    if kind == "cooling":
        return began.t - air.t >= _KELVIN
    damper = dew_point(air.t, air.rh) - dew_point(began.t, began.rh)
    if kind == "humidifier":
        return air.rh - began.rh >= _PERCENT or damper >= _DEW
    return began.rh - air.rh >= _PERCENT or -damper >= _DEW
