"""What is kept beside temperature and humidity: air quality and light, one quantity to a channel.

A channel is a sensor with a quantity, `node/device:co2`. Its values lie where temperatures do, and
nothing lies where humidity does: so days, rollups, digests and pruning are those of the climate.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, cast

from ..profiles import UNITS

LevelName = Literal["co2", "pm25", "tvoc", "hcho", "uv", "light"]


class Level(NamedTuple):
    """Unit in the history, what the wire's value is multiplied by for it, and what can be at all."""

    unit: str
    factor: float
    low: float
    high: float


LEVELS: Final[Mapping[str, Level]] = {
    # Outdoor air has 400 ppm; sensors that warm up or fail report 0 or all ones.
    "co2": Level(UNITS["co2"], 1.0, 250.0, 40_000.0),
    "pm25": Level(UNITS["pm25"], 1.0, 0.0, 5_000.0),
    "tvoc": Level(UNITS["tvoc"], 1.0, 0.0, 60_000.0),
    # Rolled-up values are kept to 0.01: milligrams would lose what counts.
    "hcho": Level("µg/m³", 1_000.0, 0.0, 10_000.0),
    "uv": Level(UNITS["uv"], 1.0, 0.0, 10_000.0),
    "light": Level(UNITS["light"], 1.0, 0.0, 200_000.0),
}
AIR: Final = ("co2", "pm25", "tvoc", "hcho")
"""Those of telemetry/air; the others are inputs that measure."""


class Channel(NamedTuple):
    """A sensor and one of its quantities."""

    sensor: str
    quantity: LevelName

    @property
    def name(self) -> str:
        """Return the name under which the history has it."""
        return named(self.sensor, self.quantity)


def named(sensor: str, quantity: str) -> str:
    """Return the name of a channel in the history."""
    return f"{sensor}:{quantity}"


def channel(name: str) -> Channel | None:
    """Return what a name means; None for the name of a sensor."""
    sensor, colon, quantity = name.rpartition(":")
    return Channel(sensor, cast(LevelName, quantity)) if colon and quantity in LEVELS else None


def levels_of(body: Mapping[str, Any]) -> dict[str, float]:
    """Return the quantities of a message of telemetry/air, in the units of the history."""
    return {
        name: float(body[name]) * LEVELS[name].factor for name in AIR if body.get(name) is not None
    }


def is_possible(quantity: str, value: float) -> bool:
    """Whether a value (in the unit of the history) can be one of the air at all."""
    level = LEVELS[quantity]
    return level.low <= value <= level.high
