"""Makes the register of a span of days, and writes it in the form that is asked for."""

from collections.abc import Sequence
from contextlib import closing, nullcontext
from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

from ...climate.compliance.limits import Definition
from ...config import Settings
from ...errors import StrongroomError
from ...i18n import speaker
from ...ledger.reader import Reader
from ...profiles import bands, swings
from ..bring import stamp
from ..query import HistoryReader
from ..verify import verify
from .air import air_parts
from .build import Held, build_part
from .csv_file import write_csv
from .facts import Facts, Surroundings, Written
from .model import AirPart, Part, Register
from .tables import tables

KINDS: Final = (".csv", ".xlsx", ".pdf")


class RegisterRefusedError(StrongroomError):
    """The register cannot be made like that; the text says why."""


class Wanted(NamedTuple):
    """What is asked for: local days, both included; sensors (none: all); the kind of store of
    sensors that no zone has; whether every day is compared with the ledger.
    """

    first: date
    last: date
    sensors: Sequence[str] = ()
    store: str | None = None
    compared: bool = True


def make_register(
    settings: Settings, history: HistoryReader, ledger: Path, wanted: Wanted, now: int
) -> Register:
    """Return the register as data; `now` in Unix ms.

    Raises RegisterRefusedError, HistoryError; without a ledger nothing is compared, and no cause
    is known.
    """
    if wanted.last < wanted.first:
        raise RegisterRefusedError(f"{wanted.last} is before {wanted.first}")
    sensors = wanted.sensors or history.sensors()
    if not sensors:
        raise RegisterRefusedError("the history holds no sensor yet")
    start = history.days.bounds(wanted.first)[0]
    end = history.days.bounds(wanted.last)[1]
    with closing(Reader(ledger)) if ledger.is_file() else nullcontext() as reader:
        facts = None if reader is None else Facts(reader, start)
        parts = [
            build_part(
                history,
                sensor,
                held_to(settings, sensor, wanted.store, history),
                wanted.first,
                wanted.last,
                facts,
            )
            for sensor in sensors
        ]
        air = air_parts(settings, history, wanted.sensors, wanted.first, wanted.last, facts)
        sealed = None
        if reader is not None and wanted.compared:
            found = verify(history, reader)
            sealed = {
                "days": found.days,
                "minutes_only": found.minutes_only,
                "unsealed": found.unsealed,
                "findings": len(found.findings),
            }
    return Register(
        room=settings.config.room.id,
        room_name=settings.config.room.name,
        time_zone=history.time_zone,
        first=wanted.first.isoformat(),
        last=wanted.last.isoformat(),
        made=now,
        version=version("strongroom"),
        profile=f"{settings.profile.title} ({settings.profile.id})",
        parts=parts,
        air=air,
        notes=[] if facts is None else _notes(facts, _met(parts, air), start, end),
        sources=_sources(history),
        calibrations=_calibrations(settings, sensors),
        sealed=sealed,
    )


def write_register(
    register: Register, kind: str, language: str, font: Path | None = None, days: bool = True
) -> bytes:
    """Return the register as a file of one of KINDS. `days`: with single days (PDF).

    Raises NoFontError.
    """
    say = speaker(language)
    found = tables(register, say)
    if kind == ".csv":
        return write_csv(found)
    # Half a second of imports each, on a small machine more: only who needs one waits for it.
    if kind == ".xlsx":
        workbook = import_module(f"{__package__}.workbook").write_workbook(register, found, say)
        return bytes(workbook)
    page = import_module(f"{__package__}.page").write_page(register, found, say, font, days)
    return bytes(page)


def held_to(settings: Settings, sensor: str, store: str | None, history: HistoryReader) -> Held:
    """Return what a sensor is held to: its zone's kind of store, or the one that was said."""
    climate = settings.config.climate
    zone = next((zone for zone in climate.zone if sensor in zone.sensors), None)
    chosen = (zone.store if zone is not None else store) or climate.store
    if chosen not in settings.profile.stores:
        known = ", ".join(settings.profile.stores)
        raise RegisterRefusedError(f"there is no kind of store {chosen!r}; there is {known}")
    warm, damp = bands(settings.profile, chosen, climate.delay_s)
    limits = swings(settings.profile, chosen)
    definition = Definition(
        warm,
        damp,
        min(history.holds().values()),
        history.time_zone,
        None if limits is None else limits.temperature,
        None if limits is None else limits.humidity,
    )
    outdoor = climate.outdoor if climate.outdoor in history.sensors() else None
    if zone is None:
        return Held(chosen, definition, Surroundings(sensor, "", {}, None), outdoor)
    machines = {f"{one.node}/{one.relay}": str(one.kind) for one in zone.machine}
    dryer = zone.dehumidifier
    if dryer is not None:
        machines[f"{dryer.node}/{dryer.relay}"] = "dehumidifier"
    there = Surroundings(sensor, zone.id, machines, zone.control.door)
    return Held(chosen, definition, there, outdoor)


def _met(parts: Sequence[Part], air: Sequence[AirPart]) -> set[str]:
    """Return the notes that an excursion of the register meets."""
    lists = [part.told for part in parts] + [part.told for part in air]
    return {note.note for found in lists for _, _, told in found for note in told.notes}


def _notes(facts: Facts, met: set[str], start: int, end: int) -> list[Written]:
    """Return the notes about times of the register, and those that its excursions meet."""
    return [
        note
        for note in facts.notes
        if note.note in met or (note.start < end and (note.end is None or note.end > start))
    ]


def _sources(history: HistoryReader) -> list[dict[str, Any]]:
    return [
        {
            "file": one.file,
            "sha256": one.sha256,
            "at": stamp(one.at) if one.kind == "import" else "",
            "said": "" if one.kind == "import" or one.said == "{}" else f": {one.said}",
        }
        for one in history.sources()
    ]


def _calibrations(settings: Settings, sensors: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "sensor": one.id,
            "certificate": one.certificate or "",
            "calibrated": one.calibrated or "",
            "due": one.due or "",
            "t": one.offset_t,
            "rh": one.offset_rh,
        }
        for one in settings.config.climate.sensor
        if one.id in sensors
    ]
