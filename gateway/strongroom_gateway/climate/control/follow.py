"""Does the room follow its machines? A relay that clicks is no proof that anything runs.

Judged only while all machines of a kind work at a need that is not met: one that holds the room
where it should be moves nothing either. After `respond` ms of that the room must have come nearer;
a machine is doubted when it has gone the other way, or stays outside the limit. Of two of which one
is dead nothing is seen as long as the other is enough.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from .assign import Want
from .demand import Edges
from .plan import Kind, Machine, Plan
from .state import Air, Run

_NEARER: Final = {"hot": 0.2, "cold": 0.2, "wet": 0.5, "dry": 0.5}  # K and %RH that are no chance


def judged(
    runs: Mapping[str, Run],
    wants: Mapping[Kind, Want],
    felt: Air | None,
    found: Edges,
    now: int,
    plan: Plan,
) -> dict[str, Run]:
    """Return the runs with `began` and `mute` as they are now."""
    return {
        machine.name: _judged(machine, runs, wants.get(machine.kind), felt, found, now, plan=plan)
        for machine in plan.machines
        if machine.name in runs
    }


def _judged(
    machine: Machine,
    runs: Mapping[str, Run],
    want: Want | None,
    felt: Air | None,
    found: Edges,
    now: int,
    *,
    plan: Plan,
) -> Run:
    run = runs[machine.name]
    if felt is None or want is None or not _labours(machine, runs, want, felt, found, plan):
        if run.began is None:
            return run
        # It was on and the need is met: whatever was thought of it, it works.
        met = run.on and felt is not None
        return msgspec.structs.replace(run, began=None, mute=run.mute and not met)
    if run.began is None:
        return msgspec.structs.replace(run, began=Air(felt.t, felt.rh, now))
    nearer = _nearer(want.demand, run.began, felt)
    enough = _NEARER[want.demand]
    if nearer >= enough:
        return msgspec.structs.replace(run, began=Air(felt.t, felt.rh, now), mute=False)
    if run.mute or now - run.began.at < machine.respond:
        return run
    outside = _beyond(want.demand, felt, found.of(want.demand).limit)
    return msgspec.structs.replace(run, mute=True) if outside or nearer <= -enough else run


def _labours(
    machine: Machine,
    runs: Mapping[str, Run],
    want: Want,
    felt: Air,
    found: Edges,
    plan: Plan,
) -> bool:
    if machine.kind == "fan":  # what it does depends on the air outside
        return False
    kin = [runs.get(m.name) for m in plan.machines if m.kind == machine.kind]
    if not all(run is not None and run.on for run in kin):
        return False
    return _beyond(want.demand, felt, found.of(want.demand).begin)


def _nearer(demand: str, began: Air, felt: Air) -> float:
    if demand in ("hot", "cold"):
        return (began.t - felt.t) * (1 if demand == "hot" else -1)
    return (began.rh - felt.rh) * (1 if demand == "wet" else -1)


def _beyond(demand: str, felt: Air, mark: float) -> bool:
    value = felt.t if demand in ("hot", "cold") else felt.rh
    return value > mark if demand in ("hot", "wet") else value < mark
