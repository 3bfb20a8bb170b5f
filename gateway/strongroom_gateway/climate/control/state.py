"""What the controller remembers, sees and orders."""

from collections.abc import Mapping
from typing import Any

import msgspec

from .plan import Machine


class Air(msgspec.Struct, frozen=True, omit_defaults=True):
    """Air as it is believed to be: °C, %RH, received at (Unix ms), and which sensors say so."""

    t: float
    rh: float
    at: int = 0
    sensors: tuple[str, ...] = ()


class Extremes(msgspec.Struct, frozen=True):
    """Lowest and highest of the last 24 hours."""

    t_low: float
    t_high: float
    rh_low: float
    rh_high: float


class Override(msgspec.Struct, frozen=True):
    """A person's word on one machine, until a time (Unix ms)."""

    on: bool
    until: int
    by: str = ""
    comment: str = ""


class Settled(msgspec.Struct, frozen=True):
    """The air without its short ups and downs, at `at` (Unix ms).

    `t` and `pressure`: °C and Pa of vapour, of minutes. `base`: °C, of longer. `ripple`: by how
    many %RH the air goes up and down around what they make. `since`: when it began to be heard,
    `sensors`: by which.
    """

    at: int
    since: int
    t: float
    base: float
    pressure: float
    ripple: float = 0.0
    sensors: tuple[str, ...] = ()


class Inputs(msgspec.Struct, frozen=True):
    """What is known now. `air` is None when nothing fresh is; `door` is since when a door is open."""

    air: Air | None
    outdoor: Air | None = None
    door: int | None = None
    extremes: Extremes | None = None
    overrides: Mapping[str, Override] = {}


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """One machine. `since`: when it last changed (None: never); `until`: the end of its lease;
    `aim`: what it is on for; `blocked`: not before; `began`: the air when it began to work at
    a need that is not met; `mute`: the room did not follow.
    """

    on: bool = False
    since: int | None = None
    until: int = 0
    aim: str = ""
    blocked: int = 0
    began: Air | None = None
    mute: bool = False


class Control(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked for (`hot`, `cold`, `wet`, `dry`), the machines by name, and the settled air."""

    settled: Settled | None = None
    demands: tuple[str, ...] = ()
    runs: dict[str, Run] = msgspec.field(default_factory=dict)


class Order(msgspec.Struct, frozen=True):
    """A relay to be switched, or its lease renewed. `why` holds reads, rule and limit."""

    machine: Machine
    on: bool
    lease: int
    why: Mapping[str, Any]
    renewal: bool = False
