"""Telemetry messages: readings, kept in the node's memory while the link is up."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from .envelope import Envelope
from .types import Count, Dbm, Millis, Name


class Climate(Envelope):
    """Air temperature in degrees Celsius and relative humidity in per cent."""

    sensor: Name
    t: Annotated[float, Meta(ge=-60, le=150)]
    rh: Annotated[float, Meta(ge=0, le=100)]


def _need_one(record: Envelope, *names: str) -> None:
    if all(getattr(record, name) is UNSET for name in names):
        raise ValueError(f"missing required field: one of {', '.join(names)}")


class Air(Envelope):
    """Air quality: CO2 in ppm, PM2.5 and TVOC in ug/m3, formaldehyde in mg/m3; what there is."""

    sensor: Name
    co2: Annotated[float, Meta(ge=0, le=100_000)] | UnsetType = UNSET
    pm25: Annotated[float, Meta(ge=0, le=100_000)] | UnsetType = UNSET
    tvoc: Annotated[float, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET
    hcho: Annotated[float, Meta(ge=0, le=1_000)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        _need_one(self, "co2", "pm25", "tvoc", "hcho")


class Power(Envelope):
    """Volts, amperes, watts; what there is."""

    sensor: Name
    v: Annotated[float, Meta(ge=-1_000, le=1_000)] | UnsetType = UNSET
    a: Annotated[float, Meta(ge=-1_000, le=1_000)] | UnsetType = UNSET
    w: Annotated[float, Meta(ge=-1_000_000, le=1_000_000)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        _need_one(self, "v", "a", "w")


class LaneCounts(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A count for each lane."""

    event: Count
    telemetry: Count


class Health(Envelope):
    """How the node fares: free heap in bytes, Wi-Fi dBm, uptime in s, worst loop gap in ms."""

    heap: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None
    rssi: Dbm | None
    up: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    queued: LaneCounts
    dropped: LaneCounts
    resets: Count
    loop: Millis
