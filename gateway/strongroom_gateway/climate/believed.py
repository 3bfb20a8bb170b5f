"""What climate.air tells the rules that go by the air of a zone."""

import msgspec

from .validity import Track, Trust, fused
from .validity.family import Fused, fresh


class ZoneAir:
    """The air of a zone as it is believed at `at` (Unix ms): the sensor whose reading came (None:
    none did) with its corrected values, and what all of them say, worked out when somebody asks.
    """

    __slots__ = ("_tracks", "_trust", "at", "rh", "sensor", "t")

    def __init__(
        self,
        at: int,
        sensor: str | None,
        t: float,
        rh: float,
        tracks: dict[str, Track],
        trust: Trust,
    ) -> None:
        self.at = at
        self.sensor = sensor
        self.t = t
        self.rh = rh
        self._tracks = tracks
        self._trust = trust

    def together(self) -> Fused | None:
        """Return the median of the sensors that are heard; None when there is nothing to go by."""
        return fused(self._with_mine(), self.at, self._trust)

    def by(self, sensor: str) -> tuple[float, float] | None:
        """Return what one sensor says; None when it is not heard or not believed."""
        track = fresh(self._with_mine(), self.at, self._trust).get(sensor)
        return None if track is None else (track.t, track.rh)

    def _with_mine(self) -> dict[str, Track]:
        """Return the tracks with the reading that came, which need not have been kept."""
        mine = None if self.sensor is None else self._tracks.get(self.sensor)
        if mine is None or self.sensor is None or mine.at == self.at:
            return self._tracks
        new = msgspec.structs.replace(mine, t=self.t, rh=self.rh, at=self.at)
        return {**self._tracks, self.sensor: new}
