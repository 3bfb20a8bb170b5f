"""climate.dehumidifier: a relay on a lease while the zone is humid."""

from typing import Any, cast

from ..contract import Climate, RelayCommand, Sensed
from ..room.context import Context, evidence
from ..room.effects import NONE, Effect, Effects, Record, Send, Start, Tick
from ..room.registry import RuleState, rule
from ..sections import DehumidifierSection, ZoneSection

RULE = "climate.dehumidifier"
_EXPIRY = 10_000  # ms a command may travel


class Running(RuleState, frozen=True):
    """There while the relay is meant to be on; `until` is the end of the lease it was given (Unix
    ms).
    """

    until: int
    node: str
    relay: str


def _zone(ctx: Context, event: Sensed) -> str | None:
    body: Any = event.body
    zone = ctx.zone_of.get((event.node, body.sensor))
    if zone is None:
        return None
    section = ctx.zones[zone].section
    dryer = section.dehumidifier
    if dryer is None:
        return None
    sensor = dryer.sensor or section.sensors[0]
    return zone if sensor == f"{event.node}/{body.sensor}" else None


@rule(RULE, state=Running, on=("telemetry/climate",), key=_zone)
def dehumidifier(
    state: Running | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Running | None, Effects]:
    """Switch on above one humidity, off below a lower one; renew at half the lease.

    Only a fresh reading renews: when readings stop the lease runs out at the node, and the relay is
    off whether or not anybody can still reach it.
    """
    if not isinstance(event, Sensed):
        return _lapsed(state, event, now)
    late = event.ts is not None and now - event.ts > ctx.stale
    zone = ctx.zones[ctx.zone_of[event.node, cast(Climate, event.body).sensor]].section
    if late or zone.dehumidifier is None:
        return state, NONE
    return _driven(state, zone, zone.dehumidifier, event, now)


def _lapsed(state: Running | None, event: Start | Tick, now: int) -> tuple[Running | None, Effects]:
    if state is None or (isinstance(event, Start) and state.until > now):
        return state, NONE
    why = {"rule": RULE, "because": "no fresh reading renewed the lease", "until": state.until}
    return None, [_record("lapsed", event.key, state.node, state.relay, why)]


def _driven(
    state: Running | None, zone: ZoneSection, dryer: DehumidifierSection, event: Sensed, now: int
) -> tuple[Running | None, Effects]:
    rh = cast(Climate, event.body).rh
    lease = int(dryer.lease_s * 1000)
    if state is None and rh > dryer.on_above:
        limit = {"value": dryer.on_above, "source": "climate.zone.dehumidifier.on_above"}
        return _running(dryer, now + lease), [
            _relay(dryer, event, now, on=True, lease=lease),
            _record("on", zone.id, dryer.node, dryer.relay, _why(event, rh, limit)),
        ]
    if state is not None and rh < dryer.off_below:
        limit = {"value": dryer.off_below, "source": "climate.zone.dehumidifier.off_below"}
        return None, [
            _relay(dryer, event, now, on=False, lease=0),
            _record("off", zone.id, dryer.node, dryer.relay, _why(event, rh, limit)),
        ]
    if state is not None and state.until - now <= lease // 2:
        return _running(dryer, now + lease), [_relay(dryer, event, now, on=True, lease=lease)]
    return state, NONE


def _running(dryer: DehumidifierSection, until: int) -> Running:
    return Running(until=until, node=dryer.node, relay=dryer.relay, due=until)


def _relay(dryer: DehumidifierSection, event: Sensed, now: int, *, on: bool, lease: int) -> Effect:
    # The id follows from the reading, so that deciding again does not switch again.
    body = RelayCommand(
        id=f"dry-{event.boot}-{event.seq}-{int(on)}",
        exp=now + _EXPIRY,
        relay=dryer.relay,
        on=on,
        lease=lease,
    )
    return Send(dryer.node, body)


def _why(event: Sensed, rh: float, limit: dict[str, Any]) -> dict[str, Any]:
    return {"rule": RULE, "reads": [{**evidence(event), "rh": rh}], "limit": limit}


def _record(what: str, zone: str, node: str, relay: str, why: dict[str, Any]) -> Effect:
    body = {"zone": zone, "node": node, "relay": relay, "what": what, "why": why}
    return Record("climate.relay", body)


__all__ = ["RULE", "Running", "dehumidifier"]
