"""Hours near a gate in which nobody goes through with a box: boxes that lie there, a desk with boxes
coming and going, people in the way, doors that reflect. Every read of it is a stray one.
"""

from collections.abc import Iterator
from math import exp
from random import Random

from gatesim.radio import (
    LOOKS_PER_S,
    READ_AT_BEST,
    READS_PER_S,
    SENSITIVITY,
    STEEPNESS,
    Air,
    Antenna,
    Carried,
    Path,
    Read,
    Spot,
    antennas,
)

STEP_S = 0.25
DRIFT_M_PER_S = 0.003  # the room changes slowly though nothing moves
IN_THE_WAY_PER_H = 40.0
DEEPEST = 12.0


def hours(
    rng: Random, seconds: float, boxes: int = 12, desk: int = 3, stray_per_h: float = 6.0
) -> tuple[list[str], Iterator[Read]]:
    """Return the tags, and all reads of so many seconds in the order of time.

    `boxes` lie where they are, from right beside the inner antenna to six metres away; `desk` more
    are moved about on a desk two to four metres inside.
    """
    gate = antennas()
    air = Air(rng, gate, stray_per_h)
    names = [f"e281{n:020x}" for n in range(boxes + desk)]
    lying = [Carried(name, _place(rng), max(-3.0, rng.gauss(0, 4))) for name in names[:boxes]]
    lying += [Carried(name, _traffic(rng, seconds), rng.gauss(0, 3)) for name in names[boxes:]]
    return names, _reads(rng, air, gate, lying, seconds)


def _place(rng: Random) -> Path:
    x, y = -rng.uniform(0.7, 6.0), rng.uniform(-2.5, 2.0)
    return Path([(0.0, x, y), (1e9, x, y)])


def _traffic(rng: Random, seconds: float) -> Path:
    """A box that is put elsewhere on the desk every few minutes, and taken a metre nearer at times."""
    at, x, y = 0.0, -rng.uniform(2.0, 4.0), rng.uniform(-1.5, 1.5)
    corners = [(at, x, y)]
    while at < seconds:
        at += rng.expovariate(1 / 240)
        corners.append((at, x, y))
        x, y = -rng.uniform(1.5, 4.0), rng.uniform(-1.5, 1.5)
        at += rng.uniform(1.0, 4.0)
        corners.append((at, x, y))
    corners.append((at + 1e6, x, y))
    return Path(corners)


def _in_the_way(rng: Random, seconds: float) -> list[tuple[float, float, float]]:
    found = []
    at = rng.expovariate(IN_THE_WAY_PER_H / 3600)
    while at < seconds:
        found.append((at, at + rng.uniform(0.5, 6.0), rng.uniform(4.0, DEEPEST)))
        at += rng.expovariate(IN_THE_WAY_PER_H / 3600)
    return found


def _reads(
    rng: Random, air: Air, gate: tuple[Antenna, ...], boxes: list[Carried], seconds: float
) -> Iterator[Read]:
    looks = min(LOOKS_PER_S, READS_PER_S / len(boxes)) * STEP_S
    ends = [
        (one, antenna, air.link(seconds), _in_the_way(rng, seconds))
        for one in boxes
        for antenna in gate
    ]
    strays = [list(reversed(link.boosts)) for _, _, link, _ in ends]
    ways = [list(reversed(way)) for _, _, _, way in ends]
    for n in range(int(seconds / STEP_S)):
        at = n * STEP_S
        found: list[Read] = []
        for (one, antenna, link, _), boosts, way in zip(ends, strays, ways, strict=True):
            while boosts and boosts[-1][1] < at:
                boosts.pop()
            while way and way[-1][1] < at:
                way.pop()
            link.boosts = boosts[-1:]
            spot = one.path.at(at)
            air.drift(link, max(spot.speed, DRIFT_M_PER_S) * STEP_S)
            level = air.level(one, antenna, link, Spot(spot.x, spot.y), at)
            if way and way[-1][0] <= at:
                level -= way[-1][2]
            margin = (level - SENSITIVITY) / STEEPNESS
            if margin < -6:
                continue
            likely = READ_AT_BEST / (1 + exp(-margin))
            for _ in range(int(looks + rng.random())):
                if rng.random() < likely:
                    when = int((at + rng.random() * STEP_S) * 1000)
                    rssi = round(level + rng.gauss(0, 0.8))
                    found.append(Read(when, antenna.name, one.tag, rssi))
        found.sort(key=lambda read: read.at)
        yield from found
