"""The lists of the register: gaps, calibrations, sources, formulas."""

from zoneinfo import ZoneInfo

from ...climate.science import moisture, mould, preservation
from .cells import Cell, Say, Table, heads, hours, local, said
from .model import Part, Register


def gaps_table(part: Part, register: Register, say: Say) -> Table:
    """Return the table of gaps."""
    zone = ZoneInfo(register.time_zone)
    rows: list[list[Cell]] = [
        [local(start, zone), local(end, zone), hours(end - start)]
        for start, end in part.result.gaps
    ]
    title = said(say, "title.gaps", sensor=part.sensor)
    return Table("gaps", part.sensor, title, heads(say, "start", "end", "duration"), rows)


def calibrations_table(register: Register, say: Say) -> Table:
    """Return the table of calibrations."""
    rows: list[list[Cell]] = [
        [str(one.get(key, "")) for key in ("sensor", "certificate", "calibrated", "due", "t", "rh")]
        for one in register.calibrations
    ] or [[said(say, "calibration.none"), "", "", "", "", ""]]
    head = heads(say, "sensor", "certificate", "calibrated", "due", "t_offset", "rh_offset")
    return Table("calibrations", "", said(say, "title.calibrations"), head, rows)


def sources_table(register: Register, say: Say) -> Table:
    """Return the table of sources."""
    rows: list[list[Cell]] = [
        [
            str(one["file"]) or said(say, "source.live") + str(one.get("said", "")),
            str(one["sha256"]),
            str(one["at"]),
        ]
        for one in register.sources
    ]
    head = heads(say, "file", "sha256", "imported")
    return Table("sources", "", said(say, "title.sources"), head, rows)


def formulas_table(say: Say) -> Table:
    """Return the table of formulas."""
    rows: list[list[Cell]] = [
        [
            said(say, "formula.dew"),
            "ASHRAE (PsychroLib)",
            "ASHRAE Handbook - Fundamentals 2017, ch. 1",
        ],
        [said(say, "formula.pi"), preservation.PI_FORMULA, preservation.PI_SOURCE],
        [said(say, "formula.twpi"), preservation.TWPI_FORMULA, preservation.PI_SOURCE],
        [
            said(say, "formula.lifetime"),
            f"{preservation.LIFETIME_FORMULA}; Ea = 100 kJ/mol",
            preservation.LIFETIME_SOURCE,
        ],
        [said(say, "formula.emc"), moisture.EMC_FORMULA, moisture.EMC_SOURCE],
        [
            said(say, "formula.mould"),
            f"{mould.MOULD_FORMULA}: {said(say, 'formula.mould.class')}",
            mould.MOULD_SOURCE,
        ],
        [
            said(say, "formula.seasonal"),
            said(say, "formula.seasonal.text"),
            "EN 15757:2010; Atmosphere 2022, 13 (9), 1344",
        ],
        [said(say, "formula.caveat.head"), said(say, "formula.caveat"), ""],
    ]
    return Table(
        "formulas", "", said(say, "title.formulas"), heads(say, "figure", "formula", "source"), rows
    )
