"""What a climate profile holds: bands, daily swings and air limits, each with the clause it comes
from.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Delay = Annotated[float, Meta(ge=0, le=86_400)]
Width = Annotated[float, Meta(ge=0, le=50)]
Margin = Annotated[float, Meta(gt=0, le=50)]
Source = Annotated[str, Meta(min_length=3, max_length=400)]
Quantity = Literal["co2", "pm25", "tvoc", "hcho", "uv", "light"]

UNITS: dict[str, str] = {
    "t": "°C",
    "rh": "%RH",
    "co2": "ppm",
    "pm25": "µg/m³",
    "tvoc": "µg/m³",
    "hcho": "mg/m³",
    "uv": "µW/lm",
    "light": "lx",
}
"""Unit of each quantity, as the wire contract has it."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all parts of a profile: unknown keys are errors."""


class Manner(Part, frozen=True):
    """How a limit is watched: deadband and worse_by in the unit of the limit, delay in seconds."""

    deadband: Width
    delay_s: Delay
    worse_by: Margin


class Swing(Part, frozen=True):
    """How much a quantity may move in a day, and what is meant by that.

    `measure`: plus-minus counts half the distance between highest and lowest, peak-to-peak the
    whole. `window`: the calendar day of the room, or any 24 hours (rolling).
    """

    limit: Margin
    measure: Literal["plus-minus", "peak-to-peak"]
    window: Literal["calendar-day", "rolling"]
    source: Source

    @property
    def span(self) -> float:
        """Return the greatest allowed distance between highest and lowest."""
        return self.limit * 2 if self.measure == "plus-minus" else self.limit


class Swings(Part, frozen=True):
    """The swing of temperature (K) and relative humidity (%RH)."""

    temperature: Swing
    humidity: Swing


class Defaults(Part, frozen=True):
    """What holds for every store that does not say otherwise."""

    temperature: Manner
    humidity: Manner
    swing: Swings | None = None


class Limits(Part, frozen=True):
    """A band in °C or %RH. What is left out is taken from the defaults; a band may have one end
    only.
    """

    low: float | None = None
    high: float | None = None
    deadband: Width | None = None
    delay_s: Delay | None = None
    worse_by: Margin | None = None
    source: Source | None = None


class Store(Part, frozen=True):
    """The limits of one kind of store. `source` holds for those that name none of their own."""

    temperature: Limits
    humidity: Limits
    name: dict[str, str] = {}
    source: Source | None = None
    swing: Swings | bool = True


class AirLimit(Part, frozen=True):
    """A ceiling for something in the air, or for light. Its unit is that of `UNITS`."""

    high: Annotated[float, Meta(gt=0, le=1e6)]
    source: Source
    deadband: Annotated[float, Meta(ge=0, le=1e6)] = 0.0
    delay_s: Delay = 600.0
    worse_by: Annotated[float, Meta(gt=0, le=1e6)] | None = None


class Profile(Part, frozen=True):
    """All kinds of store of one set of rules."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    defaults: Defaults
    stores: dict[str, Store]
    air: dict[Quantity, AirLimit] = {}


class Shell(Part, frozen=True):
    """A profile whose stores and air limits are still to be read one by one, so that a fault in one
    of them can be named with its place.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    defaults: Defaults
    stores: dict[str, Any]
    air: dict[str, Any] = {}


class Band(msgspec.Struct, frozen=True):
    """One quantity of one store, ready to be compared with. Delay in ms; an open end is infinite."""

    low: float
    high: float
    deadband: float
    delay: int
    worse_by: float
    source: str
