"""What the routes about the climate history answer with. Times are Unix milliseconds."""

from typing import Annotated, Any, Literal

from pydantic import Field

from .models import Millis, _Model

_GAP_EXAMPLE = [[1800000000000, 1800003600000]]


class SeriesView(_Model):
    """The rows of one sensor by the names of their columns, oldest first, and its gaps."""

    sensor: str
    columns: Annotated[
        list[str],
        Field(
            description="Times and lengths in ms; lowest, highest and mean in the unit of the"
            " quantity; null where nothing is known.",
            examples=[["at", "t", "rh"]],
        ),
    ]
    rows: list[list[float | None]]
    gaps: Annotated[
        list[tuple[int, int]],
        Field(description="From and to, where nothing is known.", examples=[_GAP_EXAMPLE]),
    ]
    next: Annotated[
        int | None, Field(description="`from` of the rest, where not all readings are here.")
    ]


class HistoryView(_Model):
    """The history of some sensors over a span of time."""

    resolution: Literal["raw", "1min", "1h", "1d"]
    time_zone: Annotated[str, Field(description="Whose days the days are.")]
    start: Annotated[Millis, Field(alias="from")]
    end: Annotated[Millis, Field(alias="to")]
    quantity: Annotated[str, Field(examples=["climate", "co2"])]
    units: Annotated[dict[str, str], Field(examples=[{"t": "°C", "rh": "%RH"}])]
    sensors: list[SeriesView]


class QuantityView(_Model):
    """Temperature or humidity of a period. Times in ms; a share is 0 to 1, of the known time."""

    known_ms: int
    inside_ms: int
    above_ms: int
    below_ms: int
    share_inside: float | None
    mean: Annotated[float | None, Field(description="Weighted by time.")]
    low: float | None
    high: float | None
    swing_judged_ms: int
    swing_kept_ms: int
    worst_swing: float | None


class PeriodView(_Model):
    """A day, month or year as far as it was asked for; `known` and `inside` are of both quantities."""

    name: Annotated[str, Field(examples=["2027-01"])]
    start: Millis
    end: Millis
    readings: int
    duplicates: int
    gaps: int
    gap_ms: int
    longest_gap_ms: int
    known_ms: int
    inside_ms: int
    share_inside: float | None
    t: QuantityView
    rh: QuantityView


class ComplianceView(_Model):
    """How a sensor kept to its limits, and the definition that this depends on."""

    sensor: str
    store: Annotated[str, Field(description="Kind of store.", examples=["paper"])]
    profile: str
    definition: Annotated[
        dict[str, Any], Field(description="Bands, swings with their sources, hold time, rules.")
    ]
    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to", description="Included.")]
    whole: PeriodView
    periods: list[PeriodView]
    excursions: Annotated[
        dict[str, int], Field(description="How many, with deadband and delay, by quantity.")
    ]
    from_minutes: Annotated[
        list[str], Field(description="Days whose readings are gone: judged by minutes' means.")
    ]
