"""The whole room, message by message, in simulated air: it holds the band and knows a dead machine."""

from random import Random

import pytest
from strongroom_sim.world.air import Conditions, advance, room_at
from strongroom_sim.world.weather import weather
from support.climate_room import KINDS, held
from support.outcome import Outcome
from support.sensing import T0, Nodes

from climate_year.simulate import ROOMS

EVERY_S = 60
SENSORS = {"t1": (0.0, 0.0), "t2": (0.2, -0.8), "t3": (-0.1, 0.5)}
"""What each sensor is off by, K and %RH."""


def lived(place, hours, dead=(), start=(19.0, 52.0), month=5):
    """Let a room live for some hours; return the outcome and (t, rh) by the minute."""
    year, noise, nodes = weather(1, place), Random("room"), Nodes()
    air, out, on, trace = room_at(*start), Outcome(held()), {}, []
    out.take(out.room.start(T0))
    ordered = 0
    for minute in range(hours * 60):
        now = T0 + minute * EVERY_S * 1000
        outside = year.at(T0 / 1000 + month * 30.44 * 86_400 + minute * EVERY_S)
        shares = {k: on.get(k, 0) > now for k in KINDS if k not in dead}
        air = advance(ROOMS[place], air, EVERY_S, Conditions(outside, **shares))
        trace.append((air.temperature, air.humidity))
        for name, (off_t, off_rh) in SENSORS.items():
            t = air.temperature + off_t + noise.gauss(0, 0.05)
            rh = air.humidity + off_rh + noise.gauss(0, 0.3)
            out.feed(nodes.climate(f"c1/{name}", round(t, 2), round(rh, 2), now))
        for decision in out.decisions[ordered:]:
            for command in decision.commands:
                body = command.body
                on[body.relay] = now + body.lease if body.on else 0
        ordered = len(out.decisions)
    return out, trace


@pytest.mark.parametrize("place", ["chongqing", "harbin"])
def test_a_room_that_starts_outside_comes_into_the_band_and_stays(place):
    start = (24.8, 62.0) if place == "chongqing" else (13.2, 43.0)
    month = 5 if place == "chongqing" else 0
    out, trace = lived(place, 72, start=start, month=month)
    late = trace[36 * 60 :]
    inside = sum(14 <= t <= 24 and 45 <= rh <= 60 for t, rh in late) / len(late)
    assert inside >= 0.99
    assert out.room.ctx.counters.get("room.rule_failed") is None
    kinds = {body["kind"] for _, body in out.entries("climate.relay")}
    assert kinds >= ({"cooling", "dehumidifier"} if place == "chongqing" else {"heating"})
    standing = {alarm.partition(":")[0] for alarm in out.alarms()}
    assert not standing & {"climate.equipment", "climate.sensor_fault", "climate.blind"}


def test_a_heater_that_is_dead_is_known_within_two_hours_of_being_asked():
    out, _ = lived("harbin", 30, dead=("heating",), start=(15.0, 50.0), month=0)
    asked = next(
        at
        for at, decision in enumerate(out.decisions)
        if any(c.body.relay == "heating" for c in decision.commands)
    )
    known = next(
        at
        for at, decision in enumerate(out.decisions)
        if any(a.id == "climate.equipment:c1.heating" for a in decision.alarms)
    )
    minutes = (known - asked) / 6  # three sensors a minute, and a tick for each
    assert 55 <= minutes <= 120
