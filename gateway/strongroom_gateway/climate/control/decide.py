"""(state, inputs, now) -> (state, orders): what is switched, and why. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from .assign import Want, assigned, demand_of
from .demand import Edges, demanded, edges
from .draught import coming
from .follow import judged
from .moist import dew_point
from .plan import OPPOSITE, Kind, Machine, Plan
from .settle import felt, settled
from .stage import staged
from .state import Air, Control, Inputs, Order, Override, Run, Settled

RULE = "climate.control"
_HEARD = 4
"""A fresh start waits for this part of `plan.settle` before anything is switched on."""


def decide(state: Control, inputs: Inputs, now: int, plan: Plan) -> tuple[Control, list[Order]]:
    """Return the state and the orders that follow from what is known at `now` (Unix ms).

    With no fresh air everything goes off at once. Otherwise demands name machines; a person's
    override goes before them, an open door holds them, and then each machine's own times and its
    opposite decide whether it may change now.
    """
    state, _ = lapsed(state, now)
    air = inputs.air
    demands: tuple[str, ...] = ()
    found = edges(plan, state.demands, inputs.extremes)
    steady: Settled | None = None
    going: Air | None = None
    wants: dict[Kind, Want] = {}
    if air is not None:
        steady = settled(state.settled, air, plan)
        found = edges(plan, state.demands, inputs.extremes, steady.ripple)
        going = felt(steady, found.cold.begin, found.hot.begin)
        demands = demanded(state.demands, going, found)
        if inputs.door is not None and inputs.outdoor is not None:
            ahead = coming(air, going, inputs.outdoor, found)
            demands += tuple(name for name in ahead if name not in demands)
        if steady.at - steady.since >= plan.settle // _HEARD or state.runs:
            # Not by the first word of the first sensor: the others are about to speak.
            wants = assigned(demands, going, inputs.outdoor, found, plan, state.runs)
    runs, orders = dict(state.runs), []
    chosen = staged(wants, air, going, found, runs, now, plan)
    for machine in sorted(plan.machines, key=lambda machine: machine.name in chosen):
        run = runs.get(machine.name, Run())
        wish = _wish(machine, chosen, wants, inputs, now, found=found, plan=plan, aim=run.aim)
        new, order = _apply(machine, run, wish, runs, now, plan=plan)
        if order is not None:
            orders.append(order)
        if new != run or (machine.name not in runs and new != Run()):
            runs[machine.name] = new
    runs = judged(runs, wants, going, found, now, plan)
    if (steady, demands, runs) == (state.settled, state.demands, state.runs):
        return state, orders
    return Control(steady, demands, runs), orders


def lapsed(state: Control, now: int) -> tuple[Control, list[str]]:
    """Return the state without the leases that ran out, and whose they were.

    The node has switched those machines off, whoever could reach it.
    """
    gone = [name for name, run in state.runs.items() if run.on and now >= run.until]
    if not gone:
        return state, gone
    runs = {
        name: _off(run, run.until, run.blocked) if name in gone else run
        for name, run in state.runs.items()
    }
    return msgspec.structs.replace(state, runs=runs), gone


class Wish(msgspec.Struct, frozen=True):
    """Whether a machine should be on, for what, and what says so. `safety` waits for nothing."""

    on: bool
    aim: str
    why: Mapping[str, Any]
    safety: bool = False


def _wish(
    machine: Machine,
    chosen: Collection[str],
    wants: Mapping[Kind, Want],
    inputs: Inputs,
    now: int,
    *,
    found: Edges,
    plan: Plan,
    aim: str,
) -> Wish:
    air, override = inputs.air, inputs.overrides.get(machine.name)
    if air is None:
        return Wish(False, "", {"rule": RULE, "because": "stale", "reads": []}, safety=True)
    base: dict[str, Any] = {"rule": RULE, "reads": [_read(air)]}
    if inputs.door is not None:
        base["door"] = inputs.door
        if inputs.outdoor is not None:
            base["reads"].append(_read(inputs.outdoor) | {"where": "outdoor"})
    if override is not None and now < override.until:
        return _overridden(override, base)
    if _outvoted(machine, inputs, now, plan):
        return Wish(False, "", base | {"because": "override_of_opposite"})
    if inputs.door is not None and _held(now - inputs.door, plan):
        return Wish(False, "", base | {"because": "door_open", "since": inputs.door})
    want = wants.get(machine.kind)
    return _by_demand(machine, chosen, want, inputs.outdoor, base, found=found, aim=aim)


def _by_demand(
    machine: Machine,
    chosen: Collection[str],
    want: Want | None,
    outdoor: Air | None,
    base: dict[str, Any],
    *,
    found: Edges,
    aim: str,
) -> Wish:
    if machine.name not in chosen:
        because: dict[str, Any] = {"because": "enough" if want is None else "turns"}
        demand = demand_of(aim) if aim else None
        if demand is not None:
            because |= {"demand": demand, "limit": _limit(found, demand)}
        return Wish(False, "", base | because)
    if want is None:
        return Wish(True, "ease", base | {"because": "ease"})
    limit = _limit(found, want.demand)
    why = base | {"because": want.aim, "demand": want.demand, "limit": limit}
    if outdoor is not None and machine.kind == "fan" and "door" not in base:
        why["reads"] = [*base["reads"], _read(outdoor) | {"where": "outdoor"}]
    return Wish(True, want.aim, why)


def _limit(found: Edges, demand: str) -> dict[str, Any]:
    """Return where a demand begins and ends, the limit it keeps from, and who set that."""
    edge = found.of(demand)
    return {
        "begin": round(edge.begin, 2),
        "end": round(edge.end, 2),
        "value": edge.limit,
        "source": edge.source,
    }


def _held(open_for: int, plan: Plan) -> bool:
    """Return whether a door that stays open holds the machines: they would treat the air of outside.

    A short opening holds nothing, and one that is left open holds nothing for ever.
    """
    return plan.hold_after <= open_for < plan.hold_most


def _outvoted(machine: Machine, inputs: Inputs, now: int, plan: Plan) -> bool:
    """Return whether a person has the opposite machine on."""
    rival = OPPOSITE.get(machine.kind)
    for other in plan.machines:
        override = inputs.overrides.get(other.name)
        if other.kind == rival and override is not None and override.on and now < override.until:
            return True
    return False


def _overridden(override: Override, base: dict[str, Any]) -> Wish:
    why = base | {
        "because": "override",
        "by": override.by,
        "comment": override.comment,
        "until": override.until,
    }
    return Wish(override.on, "override", why)


def _apply(
    machine: Machine,
    run: Run,
    wish: Wish,
    runs: Mapping[str, Run],
    now: int,
    *,
    plan: Plan,
) -> tuple[Run, Order | None]:
    """Return the machine's next state, under its own times, and the order that makes it so."""
    if not run.on:
        if not wish.on or not _may_start(machine, run, runs, now, plan):
            return run, None
        new = msgspec.structs.replace(
            run, on=True, since=now, until=now + machine.lease, aim=wish.aim
        )
        return new, Order(machine, True, machine.lease, wish.why)
    ran = now - (run.since or 0)
    if not wish.on and (wish.safety or ran >= machine.min_on):
        return _off(run, now, run.blocked), Order(machine, False, 0, wish.why)
    if ran >= machine.max_on:
        why = {"rule": RULE, "because": "max_on", "ran_s": ran // 1000, "reads": wish.why["reads"]}
        return _off(run, now, now + machine.rest), Order(machine, False, 0, why)
    return _kept(machine, run, wish, now)


def _kept(machine: Machine, run: Run, wish: Wish, now: int) -> tuple[Run, Order | None]:
    """Return a machine that stays on, its lease renewed when half of it is over."""
    aim = wish.aim or run.aim
    if run.until - now > machine.lease // 2:
        return (run if aim == run.aim else msgspec.structs.replace(run, aim=aim)), None
    renewed = msgspec.structs.replace(run, until=now + machine.lease, aim=aim)
    return renewed, Order(machine, True, machine.lease, wish.why, renewal=True)


def _off(run: Run, now: int, blocked: int) -> Run:
    return msgspec.structs.replace(run, on=False, since=now, until=0, aim="", blocked=blocked)


def _may_start(machine: Machine, run: Run, runs: Mapping[str, Run], now: int, plan: Plan) -> bool:
    if now < run.blocked or (run.since is not None and now - run.since < machine.min_off):
        return False
    rival = OPPOSITE.get(machine.kind)
    for other in plan.machines:
        against = runs.get(other.name)
        if other.kind != rival or against is None or against.since is None:
            continue
        if against.on or now - against.since < plan.changeover:
            return False
    return True


def _read(air: Air) -> dict[str, Any]:
    read: dict[str, Any] = {
        "t": round(air.t, 2),
        "rh": round(air.rh, 1),
        "dew_point": round(dew_point(air.t, air.rh), 1),
        "received": air.at,
    }
    if air.sensors:
        read["sensors"] = list(air.sensors)
    return read
