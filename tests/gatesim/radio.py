"""What two antennas beside an opening read of a tag, read by read.

x is the way out in metres (the room is x < 0), y along the wall; the opening is |y| < 0.6. Strength
falls by 35 dB for ten times the distance; on top come the antenna's pattern, the tag's own weakness
(metal or paper behind it), slow shadowing, interference of a few reflections, the body of the
carrier, the wall, and short paths by way of a reflection that make a far tag loud for a moment. Below
the sensitivity a read is unlikely. All figures are assumptions of this model, not a survey.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from math import atan2, cos, exp, hypot, log10, pi, sin, sqrt
from random import Random
from typing import NamedTuple

AT_ONE_METRE = -48.0  # dBm
FALL = 35.0  # dB per tenfold distance
SENSITIVITY = -73.0  # dBm
STEEPNESS = 1.2  # dB
READ_AT_BEST = 0.9  # of the looks at a tag that is loud enough
LOOKS_PER_S = 25.0  # at one tag alone
READS_PER_S = 130.0  # of all tags together
WALL = 10.0  # dB
OPENING = 0.6  # m to either side
SHADOW, SHADOW_M = 3.5, 0.4  # dB, and the way in m over which it changes
WAVE = 0.162  # m: a half of 0.324, there and back
SWAY = 0.04  # m/s of somebody who stands


class Spot(NamedTuple):
    """Where a tag is, how fast it moves, and which way its carrier looks (None: nobody does)."""

    x: float
    y: float
    speed: float = 0.0
    heading: float | None = None


class Read(NamedTuple):
    """One read: ms, antenna, tag, dBm."""

    at: int
    ant: str
    tag: str
    rssi: int | None


class Path:
    """A way as corners (seconds, x, y); stays where two corners are at the same place."""

    def __init__(self, corners: list[tuple[float, float, float]]) -> None:
        """Take the corners in the order of time."""
        self.corners = corners
        self._times = [corner[0] for corner in corners]

    @property
    def end(self) -> float:
        """Return the seconds it takes."""
        return self._times[-1]

    def at(self, seconds: float) -> Spot:
        """Return where it is then."""
        n = min(max(bisect_right(self._times, seconds), 1), len(self.corners) - 1)
        (t0, x0, y0), (t1, x1, y1) = self.corners[n - 1], self.corners[n]
        part = min(1.0, (seconds - t0) / (t1 - t0)) if t1 > t0 else 1.0
        way = hypot(x1 - x0, y1 - y0)
        speed = way / (t1 - t0) if t1 > t0 else 0.0
        heading = self._heading(n)
        return Spot(x0 + part * (x1 - x0), y0 + part * (y1 - y0), speed, heading)

    def _heading(self, n: int) -> float | None:
        for m in range(n, 0, -1):
            (_, x0, y0), (_, x1, y1) = self.corners[m - 1], self.corners[m]
            if (x0, y0) != (x1, y1):
                return atan2(y1 - y0, x1 - x0)
        return None


@dataclass
class Antenna:
    """Its place and which way it looks (radians; 0 is outwards), and how deep its back is."""

    name: str
    x: float
    y: float
    looks: float
    back: float = 18.0

    def gain(self, dx: float, dy: float) -> float:
        """Return the pattern in dB for a tag in that direction: 3 dB down at 35 degrees."""
        off = abs((atan2(dy, dx) - self.looks + pi) % (2 * pi) - pi)
        return -min(self.back, 12.0 * (off / 1.134) ** 2)


def antennas(apart: float = 0.6) -> tuple[Antenna, Antenna]:
    """Return the inner and the outer one at one post, looking across and away from each other."""
    return (
        Antenna("inner", -apart, 0.8, -3 * pi / 4),
        Antenna("outer", apart, 0.8, -pi / 4),
    )


@dataclass
class Link:
    """What changes slowly between one tag and one antenna."""

    shadow: float
    waves: list[tuple[float, float, float]]  # share, radians per metre of x and of y
    boosts: list[tuple[float, float, float]] = field(default_factory=list)  # from, to, dB


@dataclass
class Carried:
    """A tag on its way: its own weakness in dB, the carrier's body in dB, where it is held."""

    tag: str
    path: Path
    weakness: float = 0.0
    body: float = 0.0
    side: float = 0.0  # radians from straight ahead of the carrier
    rssi: bool = True


class Air:
    """The radio of one passage. Each link draws its own shadows and reflections."""

    def __init__(self, rng: Random, gate: tuple[Antenna, ...], stray_per_h: float = 6.0) -> None:
        """Take the chance and the antennas."""
        self._rng = rng
        self._gate = gate
        self._stray = stray_per_h

    def reads(self, tags: list[Carried], ends: float | None = None) -> list[Read]:
        """Return every read of these tags together, in the order of time."""
        found: list[Read] = []
        rate = min(LOOKS_PER_S, READS_PER_S / len(tags))
        for one in tags:
            end = one.path.end if ends is None else ends
            for antenna in self._gate:
                found += self._listen(one, antenna, rate, end)
        found.sort(key=lambda read: read.at)
        return found

    def link(self, seconds: float) -> Link:
        """Draw a link that lasts so long."""
        rng = self._rng
        waves = [
            (rng.uniform(0.1, 0.45), rng.uniform(-1, 1) * 2 * pi / WAVE, rng.uniform(0, 2 * pi))
            for _ in range(3)
        ]
        link = Link(rng.gauss(0, SHADOW), waves)
        at = rng.expovariate(self._stray / 3600)
        while at < seconds:
            link.boosts.append((at, at + rng.uniform(0.1, 1.0), rng.uniform(6, 20)))
            at += rng.expovariate(self._stray / 3600)
        return link

    def _listen(self, one: Carried, antenna: Antenna, rate: float, end: float) -> list[Read]:
        rng = self._rng
        link = self.link(end)
        found = []
        gap = 1.0 / rate
        at = rng.uniform(0, gap)
        while at < end:
            spot = one.path.at(at)
            self.drift(link, max(spot.speed, SWAY) * gap)
            level = self.level(one, antenna, link, spot, at)
            margin = (level - SENSITIVITY) / STEEPNESS
            if margin > -6 and rng.random() < READ_AT_BEST / (1 + exp(-margin)):
                rssi = round(level + rng.gauss(0, 0.8)) if one.rssi else None
                found.append(Read(int(at * 1000), antenna.name, one.tag, rssi))
            at += gap * rng.uniform(0.7, 1.3)
        return found

    def drift(self, link: Link, way: float) -> None:
        """Let the shadow change as over so many metres."""
        keep = exp(-way / SHADOW_M)
        link.shadow = link.shadow * keep + self._rng.gauss(0, SHADOW) * sqrt(1 - keep * keep)

    def level(self, one: Carried, antenna: Antenna, link: Link, spot: Spot, at: float) -> float:
        """Return the strength in dBm before the noise of a single read."""
        dx, dy = spot.x - antenna.x, spot.y - antenna.y
        level = AT_ONE_METRE - FALL * log10(max(hypot(dx, dy), 0.3)) + antenna.gain(dx, dy)
        level += link.shadow - one.weakness
        real, imaginary = 1.0, 0.0
        for share, per_metre, phase in link.waves:
            turn = per_metre * (spot.x + 0.6 * spot.y) + phase
            real += share * cos(turn)
            imaginary += share * sin(turn)
        level += 20 * log10(max(hypot(real, imaginary), 0.05))
        if spot.heading is not None:
            ahead = cos(atan2(-dy, -dx) - spot.heading - one.side)
            level -= one.body * min(1.0, max(0.0, -ahead * 1.5))
        if (spot.x < 0) != (antenna.x < 0):
            across = antenna.y + (spot.y - antenna.y) * antenna.x / (antenna.x - spot.x)
            level -= WALL if abs(across) > OPENING + 0.25 else 0.0
        for begins, ends, gain in link.boosts:
            if begins <= at < ends:
                level += gain
        return level
