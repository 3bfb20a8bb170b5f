"""One quantity of one sensor on its way through time."""

from .excursions import Crossings, Edge, Excursion, Excursions
from .limits import Definition, keeps, swing_of
from .swing import Judged, RollingMeter
from .tally import Count, Period, Quantity

LEAST_KNOWN = 0.5
"""A day, or 24 rolling hours, of which less is known is not judged for its swing."""


class Track:
    """Temperature ("t") or humidity ("rh"): its band, its swing, its excursions, its crossings."""

    def __init__(self, name: str, definition: Definition) -> None:
        warm = name == "t"
        band = definition.temperature if warm else definition.humidity
        self.name = name
        self.low, self.high = band.low, band.high
        self.swing = definition.temperature_swing if warm else definition.humidity_swing
        self.found: list[Excursion] = []
        plain, edge = Edge(band.low, band.high), Edge(band.low, band.high, band.deadband)
        self._excursions = Excursions(edge, band.delay)
        self._counts = (Crossings(plain), Crossings(edge), Crossings(edge, band.delay))
        self._rolling: RollingMeter | None = None
        if self.swing is not None and self.swing.window == "rolling":
            self._rolling = RollingMeter(self.swing, LEAST_KNOWN)

    @property
    def crossings(self) -> Count:
        """How often it went outside so far."""
        return Count(*(one.count for one in self._counts))

    def side(self, value: float) -> int:
        """Return where a value lies: -1 below, 0 inside, 1 above the band."""
        return 1 if value > self.high else -1 if value < self.low else 0

    def of(self, period: Period) -> Quantity:
        """Return this quantity's part of a record."""
        return period.t if self.name == "t" else period.rh

    def add(self, start: int, end: int, value: float | None) -> list[Judged]:
        """Take a stretch; return the time whose rolling swing can be judged now."""
        self.found += self._excursions.add(start, end, value)
        if value is None:
            return []
        for count in self._counts:
            count.add(start, end, value)
        return [] if self._rolling is None else self._rolling.add(start, end - start, value)

    def close(self) -> list[Judged]:
        """End the last excursion; return the rest of the judged time."""
        self.found += self._excursions.close()
        return [] if self._rolling is None else self._rolling.close()

    def judge_day(self, period: Period) -> None:
        """Judge the swing of a whole calendar day, when that is the definition."""
        quantity = self.of(period)
        if self.swing is None or self._rolling is not None:
            return
        if quantity.low is None or quantity.high is None:
            return
        if quantity.known >= LEAST_KNOWN * (period.end - period.start):
            swing = swing_of(self.swing, quantity.low, quantity.high)
            quantity.swung(quantity.known, swing, keeps(self.swing, swing))
