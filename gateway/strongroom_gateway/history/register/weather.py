"""Whether the air outside pushed a room over its limit: the same limit, held against the weather."""

from collections.abc import Sequence

from ...climate.compliance.excursions import HIGH, Excursion
from ...climate.science.psychrometrics import absolute_humidity
from ...climate.science.ranges import OutOfRangeError
from ..query import HistoryReader
from ..rollup import HOUR, Bucket
from .stretches import Fact


def weather(
    history: HistoryReader, sensor: str, outdoor: str, name: str, one: Excursion
) -> Fact | None:
    """Return that it was warmer, colder, damper or drier outside than the limit that was passed.

    Damp and dry by g/m3, at the temperature of the room: what air brings in is its water. None
    where it was not so, or is not known.
    """
    since, until = one.start - one.start % HOUR, one.end
    outside = history.hours(outdoor, since, until)
    t = _mean([hour.t.mean for hour in outside])
    if t is None:
        return None
    if name == "t":
        pushed = t > one.limit if one.side == HIGH else t < one.limit
        told = {"value": round(t, 1), "unit": Fact("register.unit.t", {}), "limit": one.limit}
        return Fact("register.fact.weather", told) if pushed else None
    found, bound = _water(outside, history.hours(sensor, since, until), one.limit)
    if found is None or bound is None:
        return None
    pushed = found > bound if one.side == HIGH else found < bound
    told = {"value": round(found, 1), "unit": "g/m3", "limit": round(bound, 1)}
    return Fact("register.fact.weather", told) if pushed else None


def _water(
    outside: Sequence[Bucket], inside: Sequence[Bucket], limit: float
) -> tuple[float | None, float | None]:
    """Return the water of the air outside, and that of the room's air at the limit, in g/m3."""
    t_out, rh_out = _mean([h.t.mean for h in outside]), _mean([h.rh.mean for h in outside])
    t_in = _mean([h.t.mean for h in inside])
    if t_out is None or rh_out is None or t_in is None:
        return None, None
    try:
        return absolute_humidity(t_out, rh_out), absolute_humidity(t_in, limit)
    except OutOfRangeError:
        return None, None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
