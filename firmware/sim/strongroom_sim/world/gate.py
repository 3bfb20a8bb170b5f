"""What the two antennas of the exit gate hear of a tag that is carried through, turns back, or
lies near by.

The inner antenna stands half a metre inside the opening, the outer one half a metre outside.
Signal strength falls with the logarithm of the distance, with 3 dB of noise from bodies and
reflections. Each antenna looks away from the other: a tag behind it is 15 dB weaker. Below the
reader's sensitivity nothing is heard. The figures are assumptions of the simulation, to be
replaced by a site's own survey.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, log10
from random import Random

SENSITIVITY = -65.0  # dBm
AT_ONE_METRE = -47.0  # dBm
NOISE = 3.0  # dB
EVERY_MS = 100
REACH_BESIDE = 0.6  # m between the walker and the antenna when level with it
BEHIND = 15.0  # dB
ANTENNAS = (("inner", -0.5, -1), ("outer", 0.5, 1))  # name, place in m, the side it looks to


@dataclass(frozen=True)
class Heard:
    """At `at` ms after the start an antenna hears the tag at rssi dBm; None when it stops hearing
    it."""

    at: int
    antenna: str
    rssi: int | None


def strength(place: float, antenna: float, side: int, noise: float = 0.0) -> float:
    """Return the signal in dBm of a tag at a place in m (inside < 0) at an antenna that looks to
    a side."""
    distance = max(hypot(place - antenna, REACH_BESIDE), 0.3)
    behind = min(1.0, max(0.0, -side * (place - antenna)))  # grows to its full size over a metre
    return AT_ONE_METRE - 35.0 * log10(distance) - BEHIND * behind + noise


def walk(rng: Random, speed: float = 1.2, outward: bool = True, span: float = 3.0) -> list[Heard]:
    """Return what is heard while a tag is carried right through the gate at some m/s."""
    duration = 2 * span / speed

    def position(seconds: float) -> float:
        return (-span + speed * seconds) * (1 if outward else -1)

    return _listen(rng, position, duration)


def turn_back(rng: Random, speed: float = 1.0, span: float = 3.0) -> list[Heard]:
    """Return what is heard while a tag is carried up to the inner antenna and back into the
    room."""
    reach = span - 0.9

    def position(seconds: float) -> float:
        walked = speed * seconds
        return -span + (walked if walked <= reach else 2 * reach - walked)

    return _listen(rng, position, 2 * reach / speed)


def lie(rng: Random, seconds: float, metres_inside: float = 1.6) -> list[Heard]:
    """Return what is heard of a tag put down inside near the gate: the inner antenna now and
    then, the outer never."""
    return [
        heard
        for heard in _listen(rng, lambda _: -0.5 - metres_inside, seconds)
        if heard.antenna == "inner"
    ]


def _listen(rng: Random, position: Callable[[float], float], duration: float) -> list[Heard]:
    """Sample both antennas until the walk is over; report a change of strength, and the moment of
    silence."""
    heard: list[Heard] = []
    last: dict[str, int | None] = {antenna: None for antenna, _, _ in ANTENNAS}
    end = int(duration * 1000)
    for at in range(0, end, EVERY_MS):
        for antenna, stands, side in ANTENNAS:
            level = strength(position(at / 1000.0), stands, side, rng.gauss(0.0, NOISE))
            rssi = round(level) if level >= SENSITIVITY else None
            if rssi != last[antenna]:
                heard.append(Heard(at, antenna, rssi))
                last[antenna] = rssi
    heard.extend(Heard(end, antenna, None) for antenna, rssi in last.items() if rssi is not None)
    return heard
