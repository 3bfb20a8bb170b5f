"""The register as tables with headings, in one language: the same for a text, a workbook, a page."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ...climate.compliance.excursions import Excursion
from ...climate.compliance.limits import Swing
from ...climate.compliance.tally import Quantity
from ...climate.science import moisture, mould, preservation
from .model import Line, Part, Register

Cell = str | int | float | None
Say = Callable[[str, Mapping[str, Any]], str]
_HOUR = 3_600_000


class Table(NamedTuple):
    """A heading, the names of the columns, the rows. `kind` is a stable word; `sensor` may be ''."""

    kind: str
    sensor: str
    title: str
    head: list[str]
    rows: list[list[Cell]]


def tables(register: Register, say: Say) -> list[Table]:
    """Return all tables of the register."""
    found = [_cover(register, say), _summary(register, say)]
    for part in register.parts:
        found.append(_definition(part, say))
        for kind in ("years", "months", "days"):
            lines: list[Line] = getattr(part, kind)
            found.append(_periods(kind, part, lines, say))
        found.append(_derived(part, say))
        found.append(_excursions(part, register, say))
        found.append(_gaps(part, register, say))
    found.append(_calibrations(register, say))
    found.append(_sources(register, say))
    found.append(_formulas(say))
    return found


def _t(say: Say, key: str, **params: Any) -> str:
    return say(f"register.{key}", params)


def _heads(say: Say, *keys: str) -> list[str]:
    return [_t(say, f"head.{key}") for key in keys]


def local(at: int, zone: tzinfo) -> str:
    """Return a moment (Unix ms) as it was on the room's clock."""
    return datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def _cover(register: Register, say: Say) -> Table:
    zone = ZoneInfo(register.time_zone)
    compared = register.sealed
    sealed = _t(say, "compared", **compared) if compared else _t(say, "not_compared")
    rows: list[list[Cell]] = [
        [_t(say, "room"), f"{register.room_name} ({register.room})"],
        [_t(say, "period"), f"{register.first} - {register.last}"],
        [_t(say, "zone"), register.time_zone],
        [_t(say, "limits"), register.profile],
        [_t(say, "made"), f"{local(register.made, zone)}, Strongroom {register.version}"],
        [_t(say, "ledger"), sealed],
        [_t(say, "no_certificate_head"), _t(say, "no_certificate")],
    ]
    return Table("cover", "", _t(say, "title"), _heads(say, "what", "value"), rows)


def _summary(register: Register, say: Say) -> Table:
    rows: list[list[Cell]] = []
    for part in register.parts:
        whole, result = part.whole.period, part.result
        rows.append(
            [
                part.sensor,
                whole.readings,
                _percent(whole.share_known),
                _percent(whole.t.share_inside),
                _percent(whole.rh.share_inside),
                _percent(whole.share_inside),
                _kept(whole.t),
                _kept(whole.rh),
                len(result.gaps),
                _hours(whole.longest_gap),
                whole.duplicates,
                whole.conflicting,
                part.refused,
                " / ".join(map(str, result.crossings["t"])),
                " / ".join(map(str, result.crossings["rh"])),
                len(part.from_minutes),
            ]
        )
    head = _heads(
        say,
        "sensor",
        "readings",
        "known",
        "t_inside",
        "rh_inside",
        "both_inside",
        "t_swing_kept",
        "rh_swing_kept",
        "gaps",
        "longest_gap",
        "duplicates",
        "conflicting",
        "refused",
        "t_crossings",
        "rh_crossings",
        "from_minutes",
    )
    return Table("summary", "", _t(say, "summary"), head, rows)


def _definition(part: Part, say: Say) -> Table:
    definition = part.definition
    rows: list[list[Cell]] = [[_t(say, "store"), part.store, ""]]
    for name, band, swing in (
        ("t", definition.temperature, definition.temperature_swing),
        ("rh", definition.humidity, definition.humidity_swing),
    ):
        unit = _t(say, f"unit.{name}")
        limits = _t(say, "band", low=_end(band.low), high=_end(band.high), unit=unit)
        rows.append([_t(say, f"band.{name}"), limits, band.source])
        manner = _t(
            say, "manner", deadband=f"{band.deadband:g}", unit=unit, delay=f"{band.delay / 1000:g}"
        )
        rows.append([_t(say, f"manner.{name}"), manner, ""])
        told = _t(say, "swing.none") if swing is None else _swing(swing, unit, say)
        rows.append([_t(say, f"swing.{name}"), told, "" if swing is None else swing.source])
    for source, seconds in part.hold_s.items():
        rows.append(
            [_t(say, "hold"), _t(say, "hold.text", source=source, seconds=f"{seconds:g}"), ""]
        )
    for key in ("weighting", "gap", "duplicate", "excursion", "crossing"):
        rows.append([_t(say, f"rule.{key}.head"), _t(say, f"rule.{key}"), ""])
    if part.from_minutes:
        days = f"{part.from_minutes[0]} - {part.from_minutes[-1]} ({len(part.from_minutes)})"
        rows.append([_t(say, "rule.minutes.head"), _t(say, "rule.minutes", days=days), ""])
    seasonal = part.seasonal
    if seasonal.below is None or seasonal.above is None:
        params = {"known": f"{seasonal.known_days:.0f}", "needed": seasonal.needed_days}
        band_told = _t(say, "seasonal.none", **params)
    else:
        band_told = _t(
            say, "seasonal", below=f"{seasonal.below:.1f}", above=f"{seasonal.above:.1f}"
        )
        if seasonal.widened:
            band_told += " " + _t(say, "seasonal.widened")
    rows.append([_t(say, "seasonal.head"), band_told, "EN 15757:2010"])
    title = _t(say, "definition", sensor=part.sensor)
    return Table("definition", part.sensor, title, _heads(say, "what", "value", "source"), rows)


def _swing(swing: Swing, unit: str, say: Say) -> str:
    key = f"swing.{swing.measure}.{swing.window}"
    return _t(say, key, limit=f"{swing.limit:g}", unit=unit)


def _periods(kind: str, part: Part, lines: Sequence[Line], say: Say) -> Table:
    rows: list[list[Cell]] = []
    for line in lines:
        period = line.period
        rows.append(
            [
                period.name,
                period.readings,
                _percent(period.share_known),
                *_values(period.t),
                *_values(period.rh),
                _percent(period.share_inside),
                period.gaps,
                _hours(period.longest_gap),
                period.duplicates,
            ]
        )
    head = _heads(
        say,
        kind,
        "readings",
        "known",
        "t_mean",
        "t_low",
        "t_high",
        "t_inside",
        "t_swing",
        "rh_mean",
        "rh_low",
        "rh_high",
        "rh_inside",
        "rh_swing",
        "both_inside",
        "gaps",
        "longest_gap",
        "duplicates",
    )
    return Table(kind, part.sensor, _t(say, f"title.{kind}", sensor=part.sensor), head, rows)


def _values(quantity: Quantity) -> list[Cell]:
    return [
        _round(quantity.mean, 2),
        _round(quantity.low, 2),
        _round(quantity.high, 2),
        _percent(quantity.share_inside),
        _round(quantity.worst_swing, 2),
    ]


def _derived(part: Part, say: Say) -> Table:
    rows: list[list[Cell]] = []
    whole = Line(part.whole.period, part.whole.derived)
    for name, line in [*((m.period.name, m) for m in part.months), (_t(say, "whole"), whole)]:
        one = line.derived
        rows.append(
            [
                name,
                round(one.seconds / 3600, 1),
                _round(one.dew.mean, 1),
                _round(one.dew.low, 1),
                _round(one.dew.high, 1),
                _round(one.water.mean, 2),
                _round(one.twpi, 0),
                _round(one.lifetime, 2),
                _round(one.moisture.mean, 1),
                _round(one.moisture.low, 1),
                _round(one.moisture.high, 1),
                _round(one.mould, 2),
                one.left_out,
            ]
        )
    head = _heads(
        say,
        "months",
        "hours",
        "dew_mean",
        "dew_low",
        "dew_high",
        "water",
        "twpi",
        "lifetime",
        "emc_mean",
        "emc_low",
        "emc_high",
        "mould",
        "left_out",
    )
    return Table("derived", part.sensor, _t(say, "title.derived", sensor=part.sensor), head, rows)


def _excursions(part: Part, register: Register, say: Say) -> Table:
    zone = ZoneInfo(register.time_zone)
    rows: list[list[Cell]] = [
        [
            _t(say, f"quantity.{name}"),
            _t(say, "side.high" if one.side > 0 else "side.low"),
            local(one.start, zone),
            local(one.end, zone),
            _hours(one.ms),
            one.extreme,
            local(one.extreme_at, zone),
            one.limit,
            _marks(one, say),
            "",
            "",
        ]
        for name, found in part.result.excursions.items()
        for one in found
    ]
    rows.sort(key=lambda row: str(row[2]))
    head = _heads(
        say,
        "quantity",
        "side",
        "start",
        "end",
        "duration",
        "extreme",
        "extreme_at",
        "limit",
        "remark",
        "cause",
        "action",
    )
    title = _t(say, "title.excursions", sensor=part.sensor)
    return Table("excursions", part.sensor, title, head, rows)


def _marks(one: Excursion, say: Say) -> str:
    found = [(one.cut_start, "cut_start"), (one.cut_end, "cut_end"), (one.open, "open")]
    return "; ".join(_t(say, f"mark.{word}") for holds, word in found if holds)


def _gaps(part: Part, register: Register, say: Say) -> Table:
    zone = ZoneInfo(register.time_zone)
    rows: list[list[Cell]] = [
        [local(start, zone), local(end, zone), _hours(end - start)]
        for start, end in part.result.gaps
    ]
    title = _t(say, "title.gaps", sensor=part.sensor)
    return Table("gaps", part.sensor, title, _heads(say, "start", "end", "duration"), rows)


def _calibrations(register: Register, say: Say) -> Table:
    rows: list[list[Cell]] = [
        [str(one.get(key, "")) for key in ("sensor", "certificate", "calibrated", "due", "t", "rh")]
        for one in register.calibrations
    ] or [[_t(say, "calibration.none"), "", "", "", "", ""]]
    head = _heads(say, "sensor", "certificate", "calibrated", "due", "t_offset", "rh_offset")
    return Table("calibrations", "", _t(say, "title.calibrations"), head, rows)


def _sources(register: Register, say: Say) -> Table:
    rows: list[list[Cell]] = [
        [
            str(one["file"]) or _t(say, "source.live") + str(one.get("said", "")),
            str(one["sha256"]),
            str(one["at"]),
        ]
        for one in register.sources
    ]
    head = _heads(say, "file", "sha256", "imported")
    return Table("sources", "", _t(say, "title.sources"), head, rows)


def _formulas(say: Say) -> Table:
    rows: list[list[Cell]] = [
        [
            _t(say, "formula.dew"),
            "ASHRAE (PsychroLib)",
            "ASHRAE Handbook - Fundamentals 2017, ch. 1",
        ],
        [_t(say, "formula.pi"), preservation.PI_FORMULA, preservation.PI_SOURCE],
        [_t(say, "formula.twpi"), preservation.TWPI_FORMULA, preservation.PI_SOURCE],
        [
            _t(say, "formula.lifetime"),
            f"{preservation.LIFETIME_FORMULA}; Ea = 100 kJ/mol",
            preservation.LIFETIME_SOURCE,
        ],
        [_t(say, "formula.emc"), moisture.EMC_FORMULA, moisture.EMC_SOURCE],
        [
            _t(say, "formula.mould"),
            f"{mould.MOULD_FORMULA}: {_t(say, 'formula.mould.class')}",
            mould.MOULD_SOURCE,
        ],
        [
            _t(say, "formula.seasonal"),
            _t(say, "formula.seasonal.text"),
            "EN 15757:2010; Atmosphere 2022, 13 (9), 1344",
        ],
        [_t(say, "formula.caveat.head"), _t(say, "formula.caveat"), ""],
    ]
    return Table(
        "formulas", "", _t(say, "title.formulas"), _heads(say, "figure", "formula", "source"), rows
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _kept(quantity: Quantity) -> float | None:
    judged = quantity.swing_judged
    return round(100 * quantity.swing_kept / judged, 2) if judged else None


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _hours(ms: int) -> float:
    return round(ms / _HOUR, 2)


def _end(value: float) -> str:
    return "-" if value in (float("inf"), float("-inf")) else f"{value:g}"
