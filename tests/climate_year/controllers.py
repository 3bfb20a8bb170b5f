"""The controllers that are compared: ours, and a plain hygrostat with a thermostat."""

from collections.abc import Callable
from dataclasses import dataclass

from strongroom_gateway.climate.control import Air, Control, Inputs, Plan, decide
from strongroom_gateway.climate.control.state import Extremes

On = dict[str, bool]
"""Machines that are on: `heating`, or `heating-1` and `heating-2` where there are two halves."""


@dataclass(frozen=True)
class Seen:
    """What a controller sees: measured air, outdoor air, whether the door is open, 24 h extremes."""

    air: Air
    outdoor: Air
    door: int | None
    extremes: Extremes | None


Controller = Callable[[Seen, int], On]


@dataclass(frozen=True)
class Switch:
    """An on/off controller: on beyond one value, off beyond another."""

    kind: str
    quantity: str
    on: float
    off: float


def plain(switches: tuple[Switch, ...]) -> Controller:
    """Return a thermostat and a hygrostat that know nothing of each other."""
    on: On = {}

    def control(seen: Seen, _now: int) -> On:
        for switch in switches:
            value = seen.air.t if switch.quantity == "t" else seen.air.rh
            mark = switch.off if on.get(switch.kind) else switch.on
            upward = switch.on > switch.off
            on[switch.kind] = value > mark if upward else value < mark
        return dict(on)

    return control


def middle() -> Controller:
    """The usual setting: the middle of the band, 19 °C and 52 %, a kelvin and three per cent."""
    return plain(
        (
            Switch("heating", "t", 18.0, 19.0),
            Switch("cooling", "t", 20.0, 19.0),
            Switch("dehumidifier", "rh", 55.0, 52.0),
            Switch("humidifier", "rh", 49.0, 52.0),
        )
    )


def edge(plan: Plan) -> Controller:
    """The thrifty setting: the marks our controller has without its knowledge of moist air."""
    t, rh, tol = plan.temperature, plan.humidity, plan.tolerance
    hot, cold = t.high - tol.hot, t.low + tol.cold
    wet, dry = rh.high - tol.wet, rh.low + tol.dry
    return plain(
        (
            Switch("heating", "t", cold, cold + tol.recover_t),
            Switch("cooling", "t", hot, hot - tol.recover_t),
            Switch("dehumidifier", "rh", wet, wet - tol.recover_rh),
            Switch("humidifier", "rh", dry, dry + tol.recover_rh),
        )
    )


class Ours:
    """Strongroom's controller; leases, renewals and all. Counts runs that the room did not follow."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._state = Control()
        self._doubted: set[tuple[str, int | None]] = set()

    @property
    def doubted(self) -> int:
        """Return how many runs of machines would have raised an alarm that they do nothing."""
        return len(self._doubted)

    def __call__(self, seen: Seen, now: int) -> On:
        """Return the machines that are to be on."""
        inputs = Inputs(seen.air, seen.outdoor, seen.door, seen.extremes)
        self._state, _ = decide(self._state, inputs, now, self._plan)
        on = {}
        for machine in self._plan.machines:
            run = self._state.runs.get(machine.name)
            if run is None:
                continue
            on[machine.relay] = run.on
            if run.mute:
                self._doubted.add((machine.name, run.began.at if run.began else None))
        return on
