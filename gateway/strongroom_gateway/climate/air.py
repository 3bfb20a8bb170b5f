"""climate.air: each reading is judged; what is believed is told to the rules that go by it.

A refused reading stays on record as it came. Why it was refused is an entry that lists its number:
one entry for up to an hour or fifty runs of numbers of a sensor, so it is bounded whatever breaks.
"""

from typing import Any, Final

import msgspec

from ..contract import Climate, Sensed
from ..room.context import Context
from ..room.effects import NONE, Clear, Effect, Effects, Raise, Record, Start, Tell, Tick
from ..room.registry import RuleState, rule
from .believed import ZoneAir
from .setup import OTHER, Setup, setup_of
from .validity import Reading, Tally, Track, Trust, fused, judge, judged_together, tallied
from .validity.family import fresh
from .validity.judge import in_range
from .validity.limits import NO_CORRECTION

RULE: Final = "climate.air"
FAULT: Final = "climate.sensor_fault"
APART: Final = "climate.sensors_disagree"
BLIND: Final = "climate.blind"
_ODD: Final = 10  # refused in a row, and for so long: the sensor is at fault, not the air
_ODD_MS: Final = 60_000
_SAID: Final = {
    "frozen": "sensor.fault_frozen",
    "out_of_family": "sensor.fault_out_of_family",
    "unbelievable": "sensor.fault_unbelievable",
}


class Sensors(RuleState, frozen=True):
    """What is remembered of the sensors of a zone, and which alarms were raised about them."""

    tracks: dict[str, Track] = msgspec.field(default_factory=dict)
    tallies: dict[str, Tally] = msgspec.field(default_factory=dict)
    faults: dict[str, str] = msgspec.field(default_factory=dict)
    apart: int | None = None
    disagree: bool = False
    blind: bool = False


def _key(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    zone = ctx.zone_of.get((event.node, body.sensor))
    if zone is not None:
        return zone
    name = f"{event.node}/{body.sensor}"
    return f"{OTHER}{name}" if name in setup_of(ctx).others else None


@rule(RULE, state=Sensors, on=("telemetry/climate",), key=_key)
def climate_air(
    state: Sensors | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Sensors | None, Effects]:
    """Judge a reading, keep account of those refused, and tell what the zone's air is.

    A reading that arrives late says nothing about now; only its range is judged.
    """
    setup = setup_of(ctx)
    if not isinstance(event, Sensed):
        if isinstance(event, Start):
            return _restarted(state, event.key, now, setup, ctx)
        return (state, NONE) if state is None else _passed(state, event.key, now, ctx)
    body, key = event.body, _key(ctx, event)
    if not isinstance(body, Climate) or key is None:
        return state, NONE
    was = state or Sensors()
    name, reading = f"{event.node}/{body.sensor}", Reading(body.t, body.rh, now)
    number = (event.boot, event.seq)
    if event.ts is not None and now - event.ts > ctx.stale:
        if in_range(reading, setup.trust):
            return state, NONE
        return _refused(was, name, "range", number, reading, key)
    track = was.tracks.get(name)
    correction = setup.corrections.get(name, NO_CORRECTION)
    new, verdict = judge(track, reading, setup.trust, correction)
    found = was
    effects: list[Effect] = []
    if new is not track:
        tracks = {**was.tracks, name: new}
        found, effects = _changed(was, judged_together(tracks, now, setup.trust), key, now, ctx)
    if verdict.reason:
        found, more = _refused(found, name, verdict.reason, number, reading, key)
        effects += more
    elif not key.startswith(OTHER):
        air = ZoneAir(now, name, verdict.t, verdict.rh, found.tracks, setup.trust)
        effects.append(Tell("air", key, air))
    return (state if found is was else found), effects


def _changed(
    was: Sensors, tracks: dict[str, Track], key: str, now: int, ctx: Context
) -> tuple[Sensors, list[Effect]]:
    """Return the state with new tracks, and the alarms about sensors that come and go with them."""
    setup = setup_of(ctx)
    effects: list[Effect] = []
    faults = dict(was.faults)
    for name, track in sorted(tracks.items()):
        fault = _fault(track, now)
        if fault == faults.get(name, ""):
            continue
        node, _, device = name.partition("/")
        why = {"rule": RULE, "reads": [_last(name, track)], "limit": _limit(fault, setup.trust)}
        if fault:
            params = {"sensor": name, "fault": ctx.say(_SAID[fault], {})}
            effects.append(Raise(FAULT, f"{node}.{device}", why, params))
            faults[name] = fault
        else:
            effects.append(Clear(FAULT, f"{node}.{device}", why))
            faults.pop(name, None)
    found = msgspec.structs.replace(was, tracks=tracks, faults=faults)
    if key.startswith(OTHER):
        return _scheduled(found, ctx.stale), effects
    if was.blind:
        found = msgspec.structs.replace(found, blind=False)
        effects.append(Clear(BLIND, key, {"rule": RULE, "because": "a sensor is heard again"}))
    found, more = _spread(found, key, now, setup, ctx)
    return _scheduled(found, ctx.stale), [*effects, *more]


def _spread(
    found: Sensors, key: str, now: int, setup: Setup, ctx: Context
) -> tuple[Sensors, list[Effect]]:
    """Raise when the sensors of a zone are far apart for long, clear when they are half as far."""
    trust, together = setup.trust, fused(found.tracks, now, setup.trust)
    if together is None:
        return found, []
    scale = 0.5 if found.disagree else 1.0
    apart = (0 < trust.disagree_t * scale < together.spread_t) or (
        0 < trust.disagree_rh * scale < together.spread_rh
    )
    if not apart:
        if found.apart is None and not found.disagree:
            return found, []
        effects: list[Effect] = []
        if found.disagree:
            effects.append(Clear(APART, key, {"rule": RULE, "because": "near enough again"}))
        return msgspec.structs.replace(found, apart=None, disagree=False), effects
    since = now if found.apart is None else found.apart
    if found.disagree or now - since < trust.family:
        return msgspec.structs.replace(found, apart=since), []
    reads = [_last(name, t) for name, t in fresh(found.tracks, now, trust).items()]
    limit = {
        "t": trust.disagree_t,
        "rh": trust.disagree_rh,
        "source": "climate.trust.disagree_t, disagree_rh",
    }
    why = {"rule": RULE, "reads": reads, "since": since, "limit": limit}
    params = {
        "zone": ctx.zones[key].section.name,
        "t": round(together.spread_t, 1),
        "rh": round(together.spread_rh, 1),
    }
    found = msgspec.structs.replace(found, apart=since, disagree=True)
    return found, [Raise(APART, key, why, params)]


def _refused(
    was: Sensors, name: str, reason: str, number: tuple[int, int], reading: Reading, key: str
) -> tuple[Sensors, list[Effect]]:
    values = (reading.t, reading.rh)
    tally = tallied(was.tallies.get(name), reading.at, reason, number, values)
    effects: list[Effect] = []
    tallies = {**was.tallies, name: tally}
    if tally.full:
        effects.append(_account(name, key, tally))
        del tallies[name]
    due = min([t.due for t in tallies.values()], default=None)
    if was.due is not None:
        due = was.due if due is None else min(due, was.due)
    return msgspec.structs.replace(was, tallies=tallies, due=due), effects


def _account(name: str, key: str, tally: Tally) -> Effect:
    why = {"rule": RULE, "because": "refused", "limit": {"source": "climate.trust"}}
    zone = None if key.startswith(OTHER) else key
    body = {"sensor": name, "zone": zone, **tally.body(), "why": why}
    return Record("climate.refused", body)


def _passed(state: Sensors, key: str, now: int, ctx: Context) -> tuple[Sensors, Effects]:
    """Write down accounts that are due, and say when nothing is heard of a zone any more."""
    setup = setup_of(ctx)
    due = {name: tally for name, tally in state.tallies.items() if tally.due <= now}
    effects: list[Effect] = [_account(name, key, tally) for name, tally in sorted(due.items())]
    tallies = {name: tally for name, tally in state.tallies.items() if name not in due}
    found = msgspec.structs.replace(state, tallies=tallies)
    if not key.startswith(OTHER) and not fresh(state.tracks, now, setup.trust):
        effects.append(Tell("air", key, ZoneAir(now, None, 0.0, 0.0, {}, setup.trust)))
        if not state.blind and key in ctx.zones:
            reads = [_last(name, track) for name, track in sorted(state.tracks.items())]
            limit = {"value": ctx.stale / 1000, "unit": "s", "source": "climate.stale_s"}
            why = {"rule": RULE, "reads": reads, "limit": limit}
            effects.append(Raise(BLIND, key, why, {"zone": ctx.zones[key].section.name}))
            found = msgspec.structs.replace(found, blind=True)
    return _scheduled(found, ctx.stale, after=now), effects


def _restarted(
    state: Sensors | None, key: str, now: int, setup: Setup, ctx: Context
) -> tuple[Sensors | None, Effects]:
    """Let go of sensors that the configuration no longer has; give the others time to be heard."""
    mine = {f"{n}/{d}" for (n, d), z in ctx.zone_of.items() if z == key}
    if key.startswith(OTHER):
        mine = {key.removeprefix(OTHER)} & setup.others
    if state is None:
        return (Sensors(due=now + ctx.stale) if mine else None), NONE
    because = {"rule": RULE, "because": "no longer configured"}
    effects: list[Effect] = [
        Clear(FAULT, name.replace("/", "."), because)
        for name in sorted(state.faults)
        if name not in mine
    ]
    if not mine:
        effects += [Clear(code, key, because) for code in (APART, BLIND)]
        return None, effects
    apart = state.disagree and len(state.tracks.keys() & mine) > 1
    if state.disagree and not apart:
        effects.append(Clear(APART, key, because))
    found = msgspec.structs.replace(
        state,
        disagree=apart,
        tracks={n: t for n, t in state.tracks.items() if n in mine},
        tallies={n: t for n, t in state.tallies.items() if n in mine},
        faults={n: f for n, f in state.faults.items() if n in mine},
        due=now + ctx.stale,
    )
    return (state if found == state else found), effects


def _scheduled(found: Sensors, stale: int, after: int = -1) -> Sensors:
    """Return the state with its next deadline: a zone gone silent, an account to be written."""
    dues = [tally.due for tally in found.tallies.values()]
    heard = max((track.at for track in found.tracks.values() if not track.fault), default=0)
    if heard + stale > after and heard:
        dues.append(heard + stale)
    return msgspec.structs.replace(found, due=min(dues, default=None))


def _fault(track: Track, now: int) -> str:
    if track.fault:
        return track.fault
    if track.odd >= _ODD and now - track.odd_since >= _ODD_MS:
        return "unbelievable"
    return ""


def _last(name: str, track: Track) -> dict[str, Any]:
    return {"sensor": name, "t": track.t, "rh": track.rh, "received": track.at}


def _limit(fault: str, trust: Trust) -> dict[str, Any]:
    if fault == "frozen":
        return {"value": trust.frozen / 3_600_000, "unit": "h", "source": "climate.trust.frozen_h"}
    if fault == "out_of_family":
        both = {"t": trust.family_t, "rh": trust.family_rh}
        return both | {"source": "climate.trust.family_t, family_rh"}
    return {"source": "climate.trust"}
