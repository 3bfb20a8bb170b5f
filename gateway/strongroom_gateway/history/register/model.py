"""The register as data, before it is written as a table, a workbook or a page."""

from typing import Any

import msgspec

from ...climate.compliance.excursions import Excursion
from ...climate.compliance.limits import Definition
from ...climate.compliance.tally import Period, Result
from ...profiles import Band
from ..levels import Channel
from .derived import Derived
from .facts import Told, Written


class Line(msgspec.Struct):
    """A day, a month, a year or the whole time, with what is derived for it."""

    period: Period
    derived: Derived


class Seasonal(msgspec.Struct):
    """The seasonal band of relative humidity; None where too little is known for one."""

    below: float | None = None
    above: float | None = None
    widened: bool = False
    known_days: float = 0.0
    needed_days: int = 0


class Part(msgspec.Struct):
    """One sensor of the register."""

    sensor: str
    store: str
    definition: Definition
    result: Result
    whole: Line
    years: list[Line]
    months: list[Line]
    days: list[Line]
    seasonal: Seasonal
    hold_s: dict[str, float]
    """For how long readings hold, by where they come from."""
    from_minutes: list[str]
    """Days whose readings have been pruned: their compliance is that of the means of minutes."""
    refused: int
    """Readings that the gateway did not believe, and that no figure is made from."""
    chart: list[tuple[Any, ...]]
    """(Unix ms, t mean, low, high, rh mean, low, high) by the hour or by the day."""
    chart_step: str
    told: list[tuple[str, Excursion, Told]] = []
    """Each excursion by its beginning, with its quantity ("t", "rh") and what is known about it."""


class AirPart(msgspec.Struct):
    """One channel of the register. In `result` and `chart` its values are those of "t"."""

    channel: Channel
    limit: Band
    result: Result
    told: list[tuple[str, Excursion, Told]]
    refused: int
    chart: list[tuple[Any, ...]]
    chart_step: str


class Register(msgspec.Struct):
    """The whole register. `first` and `last` are local dates, both included; `made` is Unix ms."""

    room: str
    room_name: str
    time_zone: str
    first: str
    last: str
    made: int
    version: str
    profile: str
    parts: list[Part]
    sources: list[dict[str, Any]]
    sealed: dict[str, int] | None = None
    """How the days compare with the ledger: days, minutes_only, unsealed, findings; None: not
    compared.
    """
    air: list[AirPart] = []
    """The channels of air and light."""
    notes: list[Written] = []
    """What people wrote about excursions of this time, also what was replaced since."""
    calibrations: list[dict[str, Any]] = []
    """What is known of the sensors' calibrations: sensor, certificate, due ..."""
