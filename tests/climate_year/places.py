"""The rooms of the comparison, and the controllers each of them is given."""

from collections.abc import Callable

import msgspec
from strongroom_gateway.climate.control import Machine, Plan

from .controllers import Controller, Ours, edge, middle
from .simulate import plan_of

PLACES = ("chongqing", "guangzhou", "harbin", "kunming", "lhasa")
PAIRED = ("heating", "cooling", "dehumidifier", "humidifier")


def rested(plan: Plan) -> Plan:
    """Return the plan with the times that a machine of each kind has in a configuration."""
    short, fan = 120_000, 600_000

    def timed(machine: Machine) -> Machine:
        if machine.kind in ("humidifier", "heating"):
            return msgspec.structs.replace(machine, min_on=short, min_off=short)
        if machine.kind == "fan":
            return msgspec.structs.replace(machine, min_on=fan, min_off=fan)
        return machine

    return msgspec.structs.replace(plan, machines=tuple(timed(m) for m in plan.machines))


def returning(plan: Plan, kelvin: float, percent: float) -> Plan:
    """Return the plan with another way back from the marks, in K and %RH."""
    tolerance = msgspec.structs.replace(plan.tolerance, recover_t=kelvin, recover_rh=percent)
    return msgspec.structs.replace(plan, tolerance=tolerance)


ONE, TWO = rested(plan_of()), rested(plan_of(halved=PAIRED))
FANLESS = rested(plan_of(kinds=PAIRED, halved=PAIRED))
WIDE, MILD, TIGHT = returning(ONE, 1.0, 2.0), returning(ONE, 0.6, 1.2), returning(ONE, 0.3, 0.5)

CONTROLLERS: dict[str, Callable[[], tuple[Controller, Plan]]] = {
    "plain, middle of the band": lambda: (middle(), ONE),
    "plain, 1 K and 2 %RH back": lambda: (edge(WIDE), WIDE),
    "plain, 0.6 K and 1.2 %RH back": lambda: (edge(MILD), MILD),
    "plain, our 0.5 K and 1 %RH back": lambda: (edge(ONE), ONE),
    "plain, 0.3 K and 0.5 %RH back": lambda: (edge(TIGHT), TIGHT),
    "ours, one of each": lambda: (Ours(ONE), ONE),
    "ours, two halves": lambda: (Ours(TWO), TWO),
    "ours, two halves, no fan": lambda: (Ours(FANLESS), FANLESS),
}
"""Name -> a new controller with its plan. The plain ones have no use for a fan."""
