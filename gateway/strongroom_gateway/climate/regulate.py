"""climate.control: the machines of a zone on their leases, and an entry for every switching."""

from typing import Any, Final

import msgspec

from ..contract import Answer, RelayChanged, RelayCommand, RelayExpired, Sensed
from ..room.context import Context, evidence
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Record, Send, Start, Tell, Tick
from ..room.registry import RuleState, rule
from .acts import Word
from .air import RULE as AIR
from .air import Sensors
from .believed import ZoneAir
from .control import (
    Air,
    Control,
    Inputs,
    Machine,
    Order,
    Override,
    Plan,
    Run,
    decide,
    lapsed,
)
from .control.moist import humidity
from .control.state import Extremes
from .door import RULE as DOOR
from .door import Door
from .setup import OTHER, setup_of
from .trend import RULE as TREND
from .trend import Trend

RULE: Final = "climate.control"
MUTE: Final = "climate.equipment"
_EXPIRY: Final = 10_000  # ms a command may travel
_AGAIN: Final = 60_000  # after a node refused a command
_OWN_RULES: Final = ("sensor", "max_on")  # why a node switches a relay off unasked
_SAID: Final = {
    "dehumidifier": "machine.dehumidifier",
    "humidifier": "machine.humidifier",
    "cooling": "machine.cooling",
    "heating": "machine.heating",
    "fan": "machine.fan",
}


class Held(RuleState, frozen=True):
    """The controller's memory of a zone, and when it decided last (Unix ms)."""

    control: Control = Control()
    at: int = 0


def _key(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    relay = getattr(body, "relay", None)
    if isinstance(body, Answer):
        relay = body.id.partition("~")[0]
    return None if relay is None else setup_of(ctx).machines.get((event.node, relay))


def _zones(ctx: Context) -> list[str]:
    return list(setup_of(ctx).plans)


@rule(
    RULE,
    state=Held,
    on=("tell:air", "event/command", "event/node"),
    key=_key,
    keys=_zones,
)
def climate_control(
    state: Held | None, event: Sensed | Tell | Start | Tick, now: int, ctx: Context
) -> tuple[Held | None, Effects]:
    """Decide on what the air of the zone asks for.

    Only fresh air renews a lease: with nothing to go by the machines are ordered off, and go off by
    themselves where the order does not reach them.
    """
    setup = setup_of(ctx)
    if isinstance(event, Sensed):
        return _heard(state, event, now, ctx)
    plan = setup.plans.get(event.key)
    if plan is None:
        return None, NONE
    held = state or Held()
    if isinstance(event, Start):
        return _started(state, held, plan, now, ctx)
    if isinstance(event, Tick):
        return _lapsed(held, plan, now)
    air: ZoneAir = event.body
    if air.sensor is not None and now - held.at < plan.step:
        return state, NONE
    return _decided(held, _seen(air, plan), plan, now, ctx)


def _decided(
    held: Held, seen: Air | None, plan: Plan, now: int, ctx: Context
) -> tuple[Held, Effects]:
    effects: list[Effect] = []
    if any(run.on and run.until <= now for run in held.control.runs.values()):
        held, gone = _lapsed(held, plan, now)
        effects += gone
    inputs = Inputs(
        seen, _outdoor(ctx, now), _door(ctx, plan), _extremes(ctx, plan), _words(ctx, plan)
    )
    control, orders = decide(held.control, inputs, now, plan)
    for order in orders:
        effects += _ordered(order, plan.zone, now)
    effects += _followed(held.control, control, plan, now, ctx)
    return _scheduled(Held(control=control, at=now)), effects


def _seen(air: ZoneAir, plan: Plan) -> Air | None:
    if plan.sensor is not None:
        found = air.by(plan.sensor)
        return None if found is None else Air(found[0], found[1], air.at, (plan.sensor,))
    heard = air.together()
    return None if heard is None else Air(heard.t, heard.rh, air.at, heard.sensors)


def _outdoor(ctx: Context, now: int) -> Air | None:
    name = setup_of(ctx).outdoor
    state: Sensors | None = ctx.state_of(AIR, f"{OTHER}{name}") if name else None
    track = None if state is None or name is None else state.tracks.get(name)
    if track is None or track.fault or now - track.at >= ctx.stale:
        return None
    return Air(track.t, track.rh, track.at, (str(name),))


def _extremes(ctx: Context, plan: Plan) -> Extremes | None:
    trend: Trend | None = ctx.state_of(TREND, plan.zone)
    return None if trend is None or plan.swing_t is None else trend.extremes()


def _words(ctx: Context, plan: Plan) -> dict[str, Override]:
    words = {}
    for machine in plan.machines:
        word = ctx.rows.get(Word, machine.name)
        if word is not None:
            words[machine.name] = Override(word.on, word.until, word.by, word.comment)
    return words


def _door(ctx: Context, plan: Plan) -> int | None:
    name = ctx.zones[plan.zone].section.control.door
    door: Door | None = ctx.state_of(DOOR, name) if name else None
    return None if door is None else door.since


def _ordered(order: Order, zone: str, now: int) -> list[Effect]:
    machine = order.machine
    body = RelayCommand(
        id=f"{machine.relay}~{now:x}",
        exp=now + _EXPIRY,
        relay=machine.relay,
        on=order.on,
        lease=order.lease,
    )
    send = Send(machine.node, body)
    if order.renewal:
        return [send]
    return [send, _record("on" if order.on else "off", zone, machine, dict(order.why))]


def _record(what: str, zone: str, machine: Machine, why: dict[str, Any]) -> Effect:
    body = {
        "zone": zone,
        "kind": machine.kind,
        "node": machine.node,
        "relay": machine.relay,
        "what": what,
        "why": why,
    }
    return Record("climate.relay", body)


def _lapsed(held: Held, plan: Plan, now: int) -> tuple[Held, list[Effect]]:
    control, gone = lapsed(held.control, now)
    why = {"rule": RULE, "because": "no fresh reading renewed the lease"}
    effects = [
        _record(
            "lapsed", plan.zone, machine, why | {"until": held.control.runs[machine.name].until}
        )
        for machine in plan.machines
        if machine.name in gone
    ]
    return _scheduled(msgspec.structs.replace(held, control=control)), effects


def _started(
    state: Held | None, held: Held, plan: Plan, now: int, ctx: Context
) -> tuple[Held | None, Effects]:
    """Let go of machines that the configuration no longer has; see which leases ran out meanwhile.

    A person's word wakes the rule in the same way, and is followed at once.
    """
    names = {machine.name for machine in plan.machines}
    control = held.control
    if set(control.runs) - names:
        runs = {name: run for name, run in control.runs.items() if name in names}
        control = msgspec.structs.replace(control, runs=runs)
    kept = msgspec.structs.replace(held, control=control)
    if any(run.on and run.until <= now for run in control.runs.values()):
        return _lapsed(kept, plan, now)
    words = [ctx.rows.get(Word, machine.name) for machine in plan.machines]
    sensors: Sensors | None = ctx.state_of(AIR, plan.zone)
    if sensors is not None and any(w is not None and w.at == now for w in words):
        air = ZoneAir(now, None, 0.0, 0.0, sensors.tracks, setup_of(ctx).trust)
        return _decided(kept, _seen(air, plan), plan, now, ctx)
    return (state if kept == held else kept), NONE


def _heard(
    state: Held | None, event: Sensed, now: int, ctx: Context
) -> tuple[Held | None, Effects]:
    """Take note that a node refused an order, or switched a machine off by its own rules."""
    body: Any = event.body
    zone = _key(ctx, event)
    if state is None or zone is None or (event.ts is not None and now - event.ts > ctx.stale):
        return state, NONE
    if isinstance(body, Answer):
        relay, because = body.id.partition("~")[0], body.why or "refused"
        if body.ok:
            return state, NONE
    elif isinstance(body, RelayExpired):
        relay, because = body.relay, "lease"
    elif isinstance(body, RelayChanged) and body.why in _OWN_RULES:
        relay, because = body.relay, body.why
    else:
        return state, NONE
    name = f"{event.node}/{relay}"
    run = state.control.runs.get(name)
    if run is None or not run.on:
        return state, NONE
    off = msgspec.structs.replace(run, on=False, since=now, until=0, aim="", blocked=now + _AGAIN)
    control = msgspec.structs.replace(state.control, runs={**state.control.runs, name: off})
    machine = next(m for m in setup_of(ctx).machines_of(zone) if m.name == name)
    why = {"rule": RULE, "reads": [evidence(event)], "because": because}
    found = msgspec.structs.replace(state, control=control)
    return _scheduled(found), [_record("off_at_node", zone, machine, why)]


def _followed(before: Control, after: Control, plan: Plan, now: int, ctx: Context) -> list[Effect]:
    """Raise for a machine that works and the room does not follow; clear when it does again."""
    effects: list[Effect] = []
    for machine in plan.machines:
        was, run = before.runs.get(machine.name, Run()), after.runs.get(machine.name, Run())
        if was.mute == run.mute:
            continue
        subject = f"{machine.node}.{machine.relay}"
        began = run.began or was.began
        reads = [] if began is None else [{"t": began.t, "rh": began.rh, "received": began.at}]
        settled = after.settled
        if settled is not None:
            rh = humidity(settled.base, settled.pressure)
            reads.append({"t": round(settled.t, 2), "rh": round(rh, 1), "received": now})
        limit = {
            "value": machine.respond // 1000,
            "unit": "s",
            "source": "climate.zone.machine.respond_s",
        }
        why = {"rule": RULE, "reads": reads, "since": run.since, "limit": limit}
        if not run.mute:
            effects.append(Clear(MUTE, subject, why))
            continue
        params = {
            "zone": ctx.zones[plan.zone].section.name,
            "machine": ctx.say(_SAID[machine.kind], {}),
            "relay": machine.name,
            "minutes": 0 if began is None else (now - began.at) // 60_000,
        }
        effects.append(Raise(MUTE, subject, why, params))
    return effects


def _scheduled(held: Held) -> Held:
    due = min((run.until for run in held.control.runs.values() if run.on), default=None)
    return held if due == held.due else msgspec.structs.replace(held, due=due)
