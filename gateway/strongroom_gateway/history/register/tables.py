"""The register as tables with headings, in one language: the same for a text, a workbook, a page."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ...climate.compliance.limits import Swing
from ...climate.compliance.tally import Quantity
from .air import air_tables
from .cells import (
    Cell,
    Say,
    Table,
    end_of_band,
    heads,
    hours,
    kept_share,
    local,
    percent,
    rounded,
    said,
)
from .lists import calibrations_table, formulas_table, gaps_table, sources_table
from .model import Line, Part, Register
from .outside import excursions_table, notes_table


def tables(register: Register, say: Say) -> list[Table]:
    """Return all tables of the register."""
    found = [_cover(register, say), _summary(register, say)]
    for part in register.parts:
        found.append(_definition(part, say))
        for kind in ("years", "months", "days"):
            lines: list[Line] = getattr(part, kind)
            found.append(_periods(kind, part, lines, say))
        found.append(_derived(part, say))
        found.append(excursions_table(part, register, say))
        found.append(gaps_table(part, register, say))
    found += air_tables(register.air, register.time_zone, say)
    found.append(notes_table(register, say))
    found.append(calibrations_table(register, say))
    found.append(sources_table(register, say))
    found.append(formulas_table(say))
    return found


def _cover(register: Register, say: Say) -> Table:
    zone = ZoneInfo(register.time_zone)
    compared = register.sealed
    sealed = said(say, "compared", **compared) if compared else said(say, "not_compared")
    rows: list[list[Cell]] = [
        [said(say, "room"), f"{register.room_name} ({register.room})"],
        [said(say, "period"), f"{register.first} - {register.last}"],
        [said(say, "zone"), register.time_zone],
        [said(say, "limits"), register.profile],
        [said(say, "made"), f"{local(register.made, zone)}, Strongroom {register.version}"],
        [said(say, "ledger"), sealed],
        [said(say, "no_certificate_head"), said(say, "no_certificate")],
    ]
    return Table("cover", "", said(say, "title"), heads(say, "what", "value"), rows)


def _summary(register: Register, say: Say) -> Table:
    rows: list[list[Cell]] = []
    for part in register.parts:
        whole, result = part.whole.period, part.result
        rows.append(
            [
                part.sensor,
                whole.readings,
                percent(whole.share_known),
                percent(whole.t.share_inside),
                percent(whole.rh.share_inside),
                percent(whole.share_inside),
                kept_share(whole.t),
                kept_share(whole.rh),
                len(result.gaps),
                hours(whole.longest_gap),
                whole.duplicates,
                whole.conflicting,
                part.refused,
                " / ".join(map(str, result.crossings["t"])),
                " / ".join(map(str, result.crossings["rh"])),
                len(part.from_minutes),
            ]
        )
    head = heads(
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
    return Table("summary", "", said(say, "summary"), head, rows)


def _definition(part: Part, say: Say) -> Table:
    definition = part.definition
    rows: list[list[Cell]] = [[said(say, "store"), part.store, ""]]
    for name, band, swing in (
        ("t", definition.temperature, definition.temperature_swing),
        ("rh", definition.humidity, definition.humidity_swing),
    ):
        unit = said(say, f"unit.{name}")
        limits = said(
            say, "band", low=end_of_band(band.low), high=end_of_band(band.high), unit=unit
        )
        rows.append([said(say, f"band.{name}"), limits, band.source])
        manner = said(
            say, "manner", deadband=f"{band.deadband:g}", unit=unit, delay=f"{band.delay / 1000:g}"
        )
        rows.append([said(say, f"manner.{name}"), manner, ""])
        told = said(say, "swing.none") if swing is None else _swing(swing, unit, say)
        rows.append([said(say, f"swing.{name}"), told, "" if swing is None else swing.source])
    for source, seconds in part.hold_s.items():
        rows.append(
            [said(say, "hold"), said(say, "hold.text", source=source, seconds=f"{seconds:g}"), ""]
        )
    for key in ("weighting", "gap", "duplicate", "excursion", "crossing", "cause"):
        rows.append([said(say, f"rule.{key}.head"), said(say, f"rule.{key}"), ""])
    if part.from_minutes:
        days = f"{part.from_minutes[0]} - {part.from_minutes[-1]} ({len(part.from_minutes)})"
        rows.append([said(say, "rule.minutes.head"), said(say, "rule.minutes", days=days), ""])
    seasonal = part.seasonal
    if seasonal.below is None or seasonal.above is None:
        params = {"known": f"{seasonal.known_days:.0f}", "needed": seasonal.needed_days}
        band_told = said(say, "seasonal.none", **params)
    else:
        band_told = said(
            say, "seasonal", below=f"{seasonal.below:.1f}", above=f"{seasonal.above:.1f}"
        )
        if seasonal.widened:
            band_told += " " + said(say, "seasonal.widened")
    rows.append([said(say, "seasonal.head"), band_told, "EN 15757:2010"])
    title = said(say, "definition", sensor=part.sensor)
    return Table("definition", part.sensor, title, heads(say, "what", "value", "source"), rows)


def _swing(swing: Swing, unit: str, say: Say) -> str:
    key = f"swing.{swing.measure}.{swing.window}"
    return said(say, key, limit=f"{swing.limit:g}", unit=unit)


def _periods(kind: str, part: Part, lines: Sequence[Line], say: Say) -> Table:
    rows: list[list[Cell]] = []
    for line in lines:
        period = line.period
        rows.append(
            [
                period.name,
                period.readings,
                percent(period.share_known),
                *_values(period.t),
                *_values(period.rh),
                percent(period.share_inside),
                period.gaps,
                hours(period.longest_gap),
                period.duplicates,
            ]
        )
    head = heads(
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
    return Table(kind, part.sensor, said(say, f"title.{kind}", sensor=part.sensor), head, rows)


def _values(quantity: Quantity) -> list[Cell]:
    return [
        rounded(quantity.mean, 2),
        rounded(quantity.low, 2),
        rounded(quantity.high, 2),
        percent(quantity.share_inside),
        rounded(quantity.worst_swing, 2),
    ]


def _derived(part: Part, say: Say) -> Table:
    rows: list[list[Cell]] = []
    whole = Line(part.whole.period, part.whole.derived)
    for name, line in [*((m.period.name, m) for m in part.months), (said(say, "whole"), whole)]:
        one = line.derived
        rows.append(
            [
                name,
                round(one.seconds / 3600, 1),
                rounded(one.dew.mean, 1),
                rounded(one.dew.low, 1),
                rounded(one.dew.high, 1),
                rounded(one.water.mean, 2),
                rounded(one.twpi, 0),
                rounded(one.lifetime, 2),
                rounded(one.moisture.mean, 1),
                rounded(one.moisture.low, 1),
                rounded(one.moisture.high, 1),
                rounded(one.mould, 2),
                one.left_out,
            ]
        )
    head = heads(
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
    return Table("derived", part.sensor, said(say, "title.derived", sensor=part.sensor), head, rows)
