"""What a zone has to hold it with, and how far it may go. Configuration, resolved."""

from typing import Final, Literal

import msgspec

from ...profiles import Band

Kind = Literal["dehumidifier", "humidifier", "cooling", "heating", "fan"]
Demand = Literal["hot", "cold", "wet", "dry"]

KINDS: Final[tuple[Kind, ...]] = ("dehumidifier", "humidifier", "cooling", "heating", "fan")
OPPOSITE: Final[dict[Kind, Kind]] = {
    "dehumidifier": "humidifier",
    "humidifier": "dehumidifier",
    "cooling": "heating",
    "heating": "cooling",
}
"""Machines that undo each other's work: never on together, and a rest between them."""


class Machine(msgspec.Struct, frozen=True):
    """A machine on a relay. Times in ms.

    `lease`: how long the relay stays on without a renewal. `min_on`, `min_off`: shortest run and
    rest. `max_on`: longest run, `rest` the pause after it. `respond`: after how long the room has
    to follow. `coil`: dew point in °C below which a dehumidifier's coil takes no water out.
    """

    kind: Kind
    node: str
    relay: str
    lease: int = 120_000
    min_on: int = 300_000
    min_off: int = 300_000
    max_on: int = 6 * 3_600_000
    rest: int = 600_000
    respond: int = 3_600_000
    coil: float = 5.0

    @property
    def name(self) -> str:
        """Return `node/relay`."""
        return f"{self.node}/{self.relay}"


class Tolerance(msgspec.Struct, frozen=True):
    """How near to each limit something is done about it, and how far back it is brought. K, %RH."""

    hot: float = 0.7
    cold: float = 0.7
    wet: float = 2.5
    dry: float = 2.5
    recover_t: float = 0.5
    recover_rh: float = 1.0


class Plan(msgspec.Struct, frozen=True):
    """Everything a decision about a zone goes by. `swing_t`, `swing_rh`: greatest span of 24 hours.

    `hold_after`, `hold_most`: a door that is open longer than the one and shorter than the other
    holds the machines. `changeover`: rest between opposite machines.
    """

    zone: str
    temperature: Band
    humidity: Band
    machines: tuple[Machine, ...]
    tolerance: Tolerance = Tolerance()
    swing_t: float | None = None
    swing_rh: float | None = None
    changeover: int = 900_000
    stage: int = 1_200_000
    settle: int = 60_000
    settle_base: int = 600_000
    stale: int = 300_000
    step: int = 0
    sensor: str | None = None
    hold_after: int = 300_000
    hold_most: int = 1_200_000

    def has(self, kind: Kind) -> bool:
        """Return whether the zone has a machine of a kind."""
        return any(machine.kind == kind for machine in self.machines)
