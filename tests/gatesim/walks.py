"""People and boxes near a gate: what they do, and what is true of it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from random import Random
from typing import Literal

from gatesim.radio import Air, Carried, Path, Read, antennas

Truth = Literal["out", "in", "stays"]

FAR = 4.0  # m from the opening: begin and end of a walk


@dataclass(frozen=True)
class Passage:
    """One thing somebody does with tags: where they end, and all that was read of them."""

    kind: str
    tags: dict[str, tuple[bool, Truth]]
    """Tag -> whether the item was inside before, and what happened to it."""
    reads: list[Read]


Kind = Callable[["People"], Passage]


class People:
    """Draws passages. Tags are named anew in each."""

    def __init__(self, rng: Random) -> None:
        """Take the chance."""
        self.rng = rng
        self._named = 0

    def name(self) -> str:
        """Return the EPC of a tag that nobody had before."""
        self._named += 1
        return f"e280{self._named:020x}"

    def carry(self, path: Path, tags: int = 1, rssi: bool = True) -> list[Carried]:
        """Return a stack of tags in somebody's hands."""
        rng = self.rng
        side = rng.choice([0.0, 0.0, 0.0, pi / 2, -pi / 2])  # before the belly or under an arm
        body = rng.uniform(4, 14)
        return [Carried(self.name(), path, self.weakness(), body, side, rssi) for _ in range(tags)]

    def weakness(self) -> float:
        """Return how much weaker than a good one a tag is, in dB: one in twelve is badly placed."""
        rng = self.rng
        return rng.uniform(8, 30) if rng.random() < 1 / 12 else rng.gauss(0, 2.5)

    def hear(self, kind: str, carried: list[Carried], inside: bool, truth: Truth) -> Passage:
        """Let the antennas listen to it."""
        air = Air(self.rng, antennas(self.rng.uniform(0.5, 0.75)))
        tags = {one.tag: (inside, truth) for one in carried}
        return Passage(kind, tags, air.reads(carried))

    def through(self, speed: float, out: bool, stop: float = 0.0, pause: float = 0.0) -> Path:
        """Return a way right through, with a pause at x = `stop` if there is one."""
        rng = self.rng
        y = rng.uniform(-0.35, 0.35)
        slant = rng.uniform(-1.5, 1.5)
        way = 1 if out else -1
        corners = [(0.0, -way * FAR, y + slant)]
        self._go(corners, -way * 1.2, y, speed)
        if pause:
            self._go(corners, stop, y, speed)
            corners.append((corners[-1][0] + pause, stop, y))
        self._go(corners, way * 1.2, y, speed)
        self._go(corners, way * FAR, y + rng.uniform(-1.5, 1.5), speed)
        return Path(corners)

    def back_from(self, speed: float, reach: float, inside: bool, pause: float) -> Path:
        """Return a way up to `reach` m before the opening and back to where it came from."""
        rng = self.rng
        side = -1 if inside else 1
        y = rng.uniform(-0.5, 0.5)
        corners = [(0.0, side * FAR, y + rng.uniform(-1.5, 1.5))]
        self._go(corners, side * reach, y, speed)
        corners.append((corners[-1][0] + pause, side * reach, y))
        self._go(corners, side * FAR, y + rng.uniform(-1.5, 1.5), speed)
        return Path(corners)

    def along(self, speed: float, away: float, inside: bool) -> Path:
        """Return a way along the wall, so many metres away from it."""
        rng = self.rng
        side, way = (-1 if inside else 1), rng.choice([-1, 1])
        corners = [(0.0, side * away, -way * 5.0)]
        self._go(corners, side * (away + rng.uniform(-0.2, 0.2)), way * 5.0, speed)
        return Path(corners)

    @staticmethod
    def _go(corners: list[tuple[float, float, float]], x: float, y: float, speed: float) -> None:
        at, x0, y0 = corners[-1]
        way = ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5
        corners.append((at + max(way, 0.01) / speed, x, y))


def crossing(kind: str, people: People, out: bool) -> Passage:
    """Return one walk through the gate of some kind."""
    rng = people.rng
    tags, pause, stop, rssi = 1, 0.0, 0.0, True
    speed = rng.uniform(0.8, 1.6)
    match kind:
        case "fast":
            speed = rng.uniform(1.8, 3.2)
        case "slow":
            speed = rng.uniform(0.25, 0.7)
        case "stop":
            pause, stop = rng.uniform(2, 25), rng.uniform(-0.9, 0.9)
        case "two":
            tags = 2
        case "stack":
            tags = rng.randint(3, 8)
        case "mute":
            rssi = False
    path = people.through(speed, out, stop, pause)
    carried = people.carry(path, tags, rssi)
    truth: Truth = "out" if out else "in"
    return people.hear(f"{kind} {truth}", carried, out, truth)


def lay_then_left(people: People) -> Passage:
    """Return a box that lay near the gate for minutes and was then carried out."""
    rng = people.rng
    x, y, lay = -rng.uniform(0.9, 2.5), rng.uniform(-1.0, 0.6), rng.uniform(20, 240)
    corners = [(0.0, x, y), (lay, x, y)]
    speed = rng.uniform(0.7, 1.8)
    people._go(corners, 0.0, rng.uniform(-0.3, 0.3), speed)
    people._go(corners, FAR, rng.uniform(-1, 1), speed)
    return people.hear("lay, then out", people.carry(Path(corners)), True, "out")


def turned_back(people: People, inside: bool = True) -> Passage:
    """Return one that comes up to the gate, not into the middle of it, and turns back."""
    rng = people.rng
    path = people.back_from(
        rng.uniform(0.4, 1.6), rng.uniform(0.4, 2.2), inside, rng.choice([0.1, rng.uniform(0.5, 9)])
    )
    word = "inside" if inside else "outside"
    return people.hear(f"turned back {word}", people.carry(path), inside, "stays")


def carried_past(people: People, inside: bool = True) -> Passage:
    """Return one that is carried along the wall with the gate in it."""
    rng = people.rng
    path = people.along(rng.uniform(0.6, 1.8), rng.uniform(0.9, 3.0), inside)
    word = "inside" if inside else "outside"
    return people.hear(f"carried past {word}", people.carry(path), inside, "stays")


def meeting(people: People) -> Passage:
    """Return two people who meet in the gate, one with a box out, one with a box in."""
    rng = people.rng
    out = people.carry(people.through(rng.uniform(0.8, 1.6), True))
    back = people.carry(people.through(rng.uniform(0.8, 1.6), False))
    air = Air(rng, antennas())
    tags: dict[str, tuple[bool, Truth]] = {
        out[0].tag: (True, "out"),
        back[0].tag: (False, "in"),
    }
    return Passage("two meet", tags, air.reads([*out, *back]))


def _crossings(kind: str, out: bool) -> Kind:
    return lambda people: crossing(kind, people, out)


CROSSINGS: list[tuple[float, Kind]] = [
    *((0.12, _crossings(kind, True)) for kind in ("normal", "fast", "slow", "stop", "two")),
    (0.05, _crossings("stack", True)),
    (0.05, _crossings("mute", True)),
    (0.06, lay_then_left),
    *((0.04, _crossings(kind, False)) for kind in ("normal", "fast", "slow", "stop", "two")),
    (0.04, meeting),
]
"""Ways through the gate, with their shares."""

STAYS: list[tuple[float, Kind]] = [
    (0.4, turned_back),
    (0.1, lambda people: turned_back(people, inside=False)),
    (0.35, carried_past),
    (0.15, lambda people: carried_past(people, inside=False)),
]
"""Ways near the gate that do not lead through it."""


def draw(people: People, kinds: list[tuple[float, Kind]]) -> Passage:
    """Return one of these kinds."""
    weights = [share for share, _ in kinds]
    return people.rng.choices(kinds, weights)[0][1](people)
