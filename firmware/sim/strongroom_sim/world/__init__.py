"""The simulated archive room: people, boxes, doors and carriages by a seeded script, air by the
weather.

`step(world, now_ms, outputs)` is pure: the same world, times and relay states give the same
stimuli, however often it is called in between. What happens, happens in real time; only the air
runs faster (`air_speed`), so that a damp hour passes in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from ..script import Stimulus
from . import props
from .air import Conditions, RoomAir, RoomShape, advance, room_at
from .scenes import Ask, Beat, Expect, Scene
from .storyline import CARRIAGES, MINUTE_MS, minute
from .weather import Weather, weather

TICK_MS = 500
START_OF_STORY = 1_781_762_400  # 18 June 2026, 14:00 at UTC+8: the rainy season
DEHUMIDIFIER = (props.CLIMATE, "dehumidifier")
CLIMATE_SENSORS = (("t1", 0.05, 0.3), ("t2", 0.2, 1.0))  # device, its noise in K and in % RH


@dataclass(frozen=True)
class World:
    """The room at one moment. `now_ms` counts from the start of the run, `air_speed` is room
    seconds per second."""

    seed: int
    weather: Weather
    air: RoomAir
    shape: RoomShape
    air_speed: float = 120.0
    now_ms: int = -1
    aired_ms: int = 0

    @property
    def room_unix_s(self) -> float:
        """The time of the room's weather, Unix seconds."""
        return START_OF_STORY + self.aired_ms / 1000.0 * self.air_speed


def new_world(seed: int, air_speed: float = 120.0, climate: str = "humid-subtropical") -> World:
    """Return the room of a seed before anything has happened."""
    return World(
        seed, weather(seed, climate), room_at(19.5, 54.0), RoomShape(), air_speed=air_speed
    )


def beginnings() -> list[Stimulus]:
    """Return where doors and carriages stand at the start."""
    carriages = [props.carriage(0, number, mm) for number, mm in enumerate(CARRIAGES)]
    return [props.door(0, props.SAFE, "safe-door", False), *carriages]


def step(
    world: World, now_ms: int, outputs: Mapping[tuple[str, str], bool]
) -> tuple[World, list[Stimulus]]:
    """Return the room at `now_ms` and what happened since; `outputs` are the relays by (node,
    device)."""
    happened = beginnings() if world.now_ms < 0 <= now_ms else []
    for scene in _minutes(world.seed, world.now_ms, now_ms):
        happened += [item for item in scene.stimuli if world.now_ms < item.at <= now_ms]
    air, aired = world.air, world.aired_ms
    dehumidifier = bool(outputs.get(DEHUMIDIFIER))
    while aired + TICK_MS <= now_ms:
        conditions = Conditions(
            world.weather.at(START_OF_STORY + aired / 1000.0 * world.air_speed),
            door_open=is_airing(world.seed, aired),
            dehumidifier=dehumidifier,
        )
        air = advance(world.shape, air, TICK_MS / 1000.0 * world.air_speed, conditions)
        aired += TICK_MS
        happened += _sensed(world.seed, aired, air)
    happened.sort(key=lambda item: item.at)
    return replace(world, air=air, now_ms=now_ms, aired_ms=aired), happened


def told(seed: int, after_ms: int, until_ms: int) -> list[Beat]:
    """Return the lines for the onlooker of (after_ms, until_ms]."""
    return [
        beat
        for scene in _minutes(seed, after_ms, until_ms)
        for beat in scene.beats
        if after_ms < beat.at <= until_ms
    ]


def asked(seed: int, after_ms: int, until_ms: int) -> list[Ask]:
    """Return what people ask the gateway for in (after_ms, until_ms]."""
    return [
        ask
        for scene in _minutes(seed, after_ms, until_ms)
        for ask in scene.asks
        if after_ms < ask.at <= until_ms
    ]


def expected(seed: int, until_ms: int) -> list[Expect]:
    """Return the alarms that must have been raised for causes up to some ms after the start."""
    return [
        expect
        for scene in _minutes(seed, -1, until_ms)
        for expect in scene.expects
        if expect.at <= until_ms
    ]


def is_airing(seed: int, at_ms: int) -> bool:
    """Return whether the loading door stands open at some ms after the start."""
    return any(
        begin <= at_ms < end
        for scene in _minutes(seed, at_ms - 1, at_ms)
        for begin, end in scene.airing
    )


def _minutes(seed: int, after_ms: int, until_ms: int) -> list[Scene]:
    """The scenes that may reach into (after_ms, until_ms]; a scene may run over into the next
    minute."""
    first = max(0, after_ms // MINUTE_MS - 1)
    return [minute(seed, number) for number in range(first, max(0, until_ms) // MINUTE_MS + 1)]


def _sensed(seed: int, at: int, air: RoomAir) -> list[Stimulus]:
    noise = Random(f"sensors {seed} {at}")
    return [
        props.air(
            at,
            device,
            air.temperature + noise.gauss(0.0, kelvin),
            min(100.0, max(0.0, air.humidity + noise.gauss(0.0, percent))),
        )
        for device, kelvin, percent in CLIMATE_SENSORS
    ]
