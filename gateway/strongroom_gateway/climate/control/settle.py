"""The air without its short ups and downs: what a decision can go by without chasing gusts.

A heater that comes on warms the air by two kelvins in a quarter of an hour, and its relative
humidity falls by six per cent although no water has gone. The paper, which is as warm as the walls,
feels nothing of it. So humidity is judged at a temperature that follows slowly: the vapour there is
now over the saturation at that temperature.
"""

from math import exp

from .moist import humidity, vapour
from .plan import Plan
from .state import Air, Settled


def settled(last: Settled | None, air: Air, plan: Plan) -> Settled:
    """Return the settled air after a reading; a gap in the readings begins it anew."""
    pressure = vapour(air.t, air.rh)
    if last is None or air.at < last.at or air.at - last.at > plan.stale:
        return Settled(air.at, air.at, air.t, air.t, pressure, sensors=air.sensors)
    if air.sensors != last.sensors:
        # A sensor that joins or leaves moves the median, not the air.
        return Settled(air.at, last.since, air.t, air.t, pressure, last.ripple, air.sensors)
    passed = air.at - last.at
    quick, slow = 1.0 - exp(-passed / plan.settle), 1.0 - exp(-passed / plan.settle_base)
    base = last.base + slow * (air.t - last.base)
    water = last.pressure + quick * (pressure - last.pressure)
    off = abs(air.rh - humidity(base, water))
    return Settled(
        air.at,
        last.since,
        last.t + quick * (air.t - last.t),
        base,
        water,
        last.ripple + slow * (off - last.ripple),
        last.sensors,
    )


def felt(found: Settled, cold: float, hot: float) -> Air:
    """Return what demands go by: the temperature of minutes, and the humidity that will be.

    A room above `hot` °C is going to be cooled to it, and below `cold` warmed: what counts is the
    humidity that its vapour has there. So a hot room is dried while it is cooled, before it is too
    damp, and a cold one that feels damp is not dried when warmth alone will do.
    """
    going = min(max(found.base, cold), hot)
    return Air(found.t, humidity(going, found.pressure), found.at)
