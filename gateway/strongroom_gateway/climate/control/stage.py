"""Several machines of a kind come and go one after the other, and take turns.

One big machine that is on or off moves the air more than the day may swing; two small ones follow
the load. The next joins when the value is still beyond its mark after `plan.stage`, or when it is
half-way from there to the limit. Half-way back one leaves, further ones at that pace, the last at the end of the
demand: so what is needed all the time stays on.
"""

from collections.abc import Mapping

from .assign import Want
from .demand import Edges
from .plan import KINDS, Kind, Machine, Plan
from .state import Air, Run


def staged(
    wants: Mapping[Kind, Want],
    air: Air | None,
    felt: Air | None,
    found: Edges,
    runs: Mapping[str, Run],
    now: int,
    plan: Plan,
) -> set[str]:
    """Return the names of the machines that are to be on; none with no air to go by."""
    chosen: set[str] = set()
    if felt is None or air is None:
        return chosen
    for kind in KINDS:
        kin = [machine for machine in plan.machines if machine.kind == kind]
        want = wants.get(kind)
        if want is not None:
            edge = found.of(want.demand)
            near = (edge.begin + edge.limit) / 2.0
            pace = 0 if _beyond(want, air, near) else plan.stage
            more = _beyond(want, felt, edge.begin)
            halfway = not _beyond(want, air, (edge.begin + edge.end) / 2.0)
            if halfway and sum(m.name in runs and runs[m.name].on for m in kin) > 1:
                chosen |= _leaving(kin, runs, now, plan.stage)
            else:
                chosen |= _joining(kin, runs, now, more=more, pace=pace)
        elif len(kin) > 1:
            chosen |= _leaving(kin, runs, now, plan.stage)
    return chosen


def _joining(
    kin: list[Machine], runs: Mapping[str, Run], now: int, *, more: bool, pace: int
) -> set[str]:
    on, off = _parted(kin, runs)
    names = {machine.name for machine in on}
    changed = max((_since(machine, runs) for machine in kin), default=0)
    if off and (not on or (more and now - changed >= pace)):
        names.add(min(off, key=lambda machine: _since(machine, runs)).name)
    return names


def _leaving(kin: list[Machine], runs: Mapping[str, Run], now: int, pace: int) -> set[str]:
    on, off = _parted(kin, runs)
    if len(on) < 2:
        return set()
    left = max((_since(machine, runs) for machine in off), default=0)
    came = max(_since(machine, runs) for machine in on)
    if left > came and now - left < pace:
        return {machine.name for machine in on}
    first = min(on, key=lambda machine: _since(machine, runs))
    return {machine.name for machine in on if machine is not first}


def _beyond(want: Want, air: Air, mark: float) -> bool:
    """Return whether the value of a demand is past a mark."""
    if want.demand in ("hot", "wet"):
        return (air.t if want.demand == "hot" else air.rh) > mark
    return (air.t if want.demand == "cold" else air.rh) < mark


def _parted(kin: list[Machine], runs: Mapping[str, Run]) -> tuple[list[Machine], list[Machine]]:
    on = [m for m in kin if m.name in runs and runs[m.name].on]
    return on, [m for m in kin if m not in on]


def _since(machine: Machine, runs: Mapping[str, Run]) -> int:
    run = runs.get(machine.name)
    return 0 if run is None or run.since is None else run.since
