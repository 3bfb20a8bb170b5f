"""What a zone needs: too hot, cold, wet or dry, each with its own tolerance and way back."""

import msgspec

from ...profiles import Band
from .plan import Plan
from .state import Air, Extremes

_SPARE = 0.5
"""How much of the tolerance of a hot room is kept while it is wet. A dry one that is cold is not made
to wait: a door in the frost takes more kelvins at once than there would be left.
"""
_PEAK = 1.2
"""The peak of what goes up and down, over its mean distance."""
_LEAST = 0.5
"""Share of the swing that has to be left for the band to be narrowed to it."""


class Edge(msgspec.Struct, frozen=True):
    """Where one demand begins and ends, and the limit and source it comes from."""

    begin: float
    end: float
    limit: float
    source: str


class Edges(msgspec.Struct, frozen=True):
    """The four edges of a zone."""

    hot: Edge
    cold: Edge
    wet: Edge
    dry: Edge

    def of(self, demand: str) -> Edge:
        """Return the edge of a demand."""
        return {"hot": self.hot, "cold": self.cold, "wet": self.wet, "dry": self.dry}[demand]


def edges(
    plan: Plan, demands: tuple[str, ...], extremes: Extremes | None, ripple: float = 0.0
) -> Edges:
    """Return the edges that hold now.

    Air whose humidity goes up and down by `ripple` %RH around what is settled is kept that much
    further from the limits.

    The swing of the last 24 hours narrows the band: at 3.5 K of 4 K, what is left is half a kelvin
    either way. While the room is wet cooling waits longer, because it would make it worse.
    """
    tolerance = plan.tolerance
    warm = (extremes.t_low, extremes.t_high) if extremes is not None else None
    damp = (extremes.rh_low, extremes.rh_high) if extremes is not None else None
    t_low, t_high = _narrowed(plan.temperature, plan.swing_t, warm)
    rh_low, rh_high = _narrowed(plan.humidity, plan.swing_rh, damp)
    hot = tolerance.hot * (_SPARE if "wet" in demands else 1.0)
    upper, lower = _pair(t_low, t_high, hot, tolerance.cold, tolerance.recover_t, plan.temperature)
    wet, dry = _pair(
        rh_low,
        rh_high,
        max(tolerance.wet, _PEAK * ripple),
        max(tolerance.dry, _PEAK * ripple),
        tolerance.recover_rh,
        plan.humidity,
    )
    return Edges(upper, lower, wet, dry)


def demanded(was: tuple[str, ...], air: Air, found: Edges) -> tuple[str, ...]:
    """Return what is asked for; a demand stands until the value is back beyond its end."""
    now = []
    for name, value, up in (
        ("hot", air.t, True),
        ("cold", air.t, False),
        ("wet", air.rh, True),
        ("dry", air.rh, False),
    ):
        edge = found.of(name)
        mark = edge.end if name in was else edge.begin
        if (value > mark) if up else (value < mark):
            now.append(name)
    return tuple(now)


def _pair(
    low: float, high: float, near_high: float, near_low: float, recover: float, band: Band
) -> tuple[Edge, Edge]:
    """Return the upper and the lower edge; both ways back end in the middle at the latest."""
    room = high - low
    # Tolerances that do not fit into what is left of the band are shrunk in proportion.
    squeeze = min(1.0, 0.8 * room / (near_high + near_low)) if near_high + near_low > 0 else 1.0
    near_high, near_low = near_high * squeeze, near_low * squeeze
    back = min(recover, (room - near_high - near_low) / 2.0)
    upper = Edge(high - near_high, high - near_high - back, high, band.source)
    lower = Edge(low + near_low, low + near_low + back, low, band.source)
    return upper, lower


def _narrowed(
    band: Band, span: float | None, seen: tuple[float, float] | None
) -> tuple[float, float]:
    """Return the band cut down to what the swing leaves.

    Where little is left the whole band holds: the day is lost, and holding a hair's breadth would
    only wear the machines. It grows again as the extremes grow old.
    """
    if span is None or seen is None:
        return band.low, band.high
    lowest, highest = seen
    low, high = max(band.low, highest - span), min(band.high, lowest + span)
    if high - low < _LEAST * span:
        return band.low, band.high
    return low, high
