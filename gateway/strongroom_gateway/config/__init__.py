"""The configuration of one gateway, typed. `load` reads it; every fault is named with its path.

A file that says something this module does not know is refused, with the nearest word it does know:
a misspelt limit must not quietly become a default. Secrets are given as paths of files, never in
place.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from .. import working_days
from ..config_check import ConfigProblemsError, Problem, typed
from ..epcis.section import problems as epcis_problems
from ..hours import OpeningHours, parse_hours, zone
from ..profiles import Profile, load_profile
from ..register.section import Item, Person, Register
from ..register.table import TableError, decoded
from ..working_days import CalendarError, WorkingDays
from .climate import climate_problems
from .custody import custody_problems
from .sections import CalendarSection, Config, TlsSection


class Settings(msgspec.Struct, frozen=True):
    """A checked configuration with what it refers to: the profile, the opening hours, the whole
    register.
    """

    config: Config
    profile: Profile
    hours: Mapping[str, OpeningHours]
    people: tuple[Person, ...]
    items: tuple[Item, ...]
    working_days: WorkingDays = WorkingDays()


def load(path: Path) -> Settings:
    """Read and check a configuration file. Raises ConfigProblemsError that names everything wrong
    with
    it.

    Relative paths inside the file are relative to the file.
    """
    config = typed(_read(path), Config)
    base = path.parent
    extra = Register()
    if config.register is not None:
        extra = typed(_read(base / config.register.file), Register)
        config = msgspec.structs.replace(config, place=config.place + extra.place)
    return settings(_anchored(config, base), extra.person, extra.item, base)


def settings(
    config: Config,
    people: list[Person] | None = None,
    items: list[Item] | None = None,
    base: Path | None = None,
) -> Settings:
    """Check what the types cannot: references, doubles, time zone, hours, the profile."""
    everyone = tuple(config.person + (people or []))
    everything = tuple(config.item + (items or []))
    problems = list(_doubles(config, everyone, everything))
    problems += _contradictions(config)
    problems += custody_problems(config, everyone, everything)
    hours: dict[str, OpeningHours] = {}
    try:
        local = zone(config.room.time_zone)
    except ValueError as bad:
        problems.append(Problem("room.time_zone", "config.time_zone", {"value": str(bad)}))
    else:
        for n, safe in enumerate(config.safe):
            try:
                hours[safe.id] = parse_hours(safe.hours, local)
            except ValueError as bad:
                problems.append(Problem(f"safe[{n}].hours", "config.hours", {"value": str(bad)}))
        for n, bank in enumerate(config.shelf_bank):
            try:
                hours[f"shelf_bank/{bank.id}"] = parse_hours(bank.hours, local)
            except ValueError as bad:
                where = f"shelf_bank[{n}].hours"
                problems.append(Problem(where, "config.hours", {"value": str(bad)}))
    profile = load_profile(config.climate.profile, base or Path())
    zones = enumerate(config.climate.zone)
    stores = [("climate.store", config.climate.store)]
    stores += [(f"climate.zone[{n}].store", z.store) for n, z in zones if z.store]
    for where, store in stores:
        if store not in profile.stores:
            known = ", ".join(profile.stores)
            problems.append(Problem(where, "config.store", {"value": store, "known": known}))
    problems += climate_problems(config.climate, profile)
    calendar = WorkingDays()
    try:
        calendar = _calendar(config.calendar, base or Path())
    except ConfigProblemsError as bad:
        problems += bad.problems
    if problems:
        raise ConfigProblemsError(problems)
    return Settings(config, profile, hours, everyone, everything, calendar)


def _calendar(section: CalendarSection, base: Path) -> WorkingDays:
    path = None if section.file is None else base / section.file
    try:
        lines = [] if path is None else decoded(path.read_bytes())
        days = working_days.read(lines, section.weekend)
        for day in days.off:
            days.after(day, 1)
    except OSError as bad:
        reason = bad.strerror or str(bad)
        raise ConfigProblemsError(
            [Problem("calendar.file", "config.unreadable", {"reason": reason})]
        ) from bad
    except TableError as bad:
        raise ConfigProblemsError([Problem("calendar.file", bad.key, bad.params)]) from bad
    except CalendarError as bad:
        params = {"line": bad.line, "value": bad.value}
        raise ConfigProblemsError([Problem("calendar.file", bad.key, params)]) from bad
    return days


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as bad:
        reason = getattr(bad, "strerror", None) or str(bad)
        raise ConfigProblemsError(
            [Problem(str(path), "config.unreadable", {"reason": reason})]
        ) from bad
    except tomllib.TOMLDecodeError as bad:
        raise ConfigProblemsError(
            [Problem(str(path), "config.not_toml", {"reason": str(bad)})]
        ) from bad


def _anchored(config: Config, base: Path) -> Config:
    replace = msgspec.structs.replace
    tls = config.mqtt.tls
    if tls is not None:
        tls = TlsSection(ca=base / tls.ca, certificate=base / tls.certificate, key=base / tls.key)
    socket = config.api.admin_socket
    signing = config.ledger.checkpoint
    if signing is not None:
        export = None if signing.export is None else base / signing.export
        signing = replace(signing, key=base / signing.key, export=export)
    history = config.history
    if history is not None:
        history = replace(history, path=base / history.path)
    return replace(
        config,
        ledger=replace(config.ledger, path=base / config.ledger.path, checkpoint=signing),
        history=history,
        mqtt=replace(config.mqtt, tls=tls),
        api=replace(config.api, admin_socket=None if socket is None else base / socket),
    )


def _doubles(
    config: Config, people: tuple[Person, ...], items: tuple[Item, ...]
) -> Iterator[Problem]:
    groups: list[tuple[str, list[str]]] = [
        ("person.id", [p.id for p in people]),
        ("item.id", [i.id for i in items]),
        ("item.number", [i.number for i in items if i.number is not None]),
        ("place.id", [p.id for p in config.place]),
        ("tag", [t for p in people for t in p.badges] + [t for i in items for t in i.tags]),
        ("climate.zone.id", [z.id for z in config.climate.zone]),
        ("climate.zone.sensors", [s for z in config.climate.zone for s in z.sensors]),
        ("safe.id", [s.id for s in config.safe]),
        ("safe.input", [f"{s.node}/{s.input}" for s in config.safe]),
        ("safe.place", [s.place or s.id for s in config.safe]),
        ("gate.id", [g.id for g in config.gate]),
        ("desk.id", [d.id for d in config.desk]),
        ("patrol.id", [p.id for p in config.patrol]),
        ("patrol_point.id", [p.id for p in config.patrol_point]),
        ("patrol_point.reader", [f"{p.node}/{p.reader}" for p in config.patrol_point]),
        ("disinfection.place", [d.place for d in config.disinfection]),
        ("shelf_bank.id", [b.id for b in config.shelf_bank]),
        ("shelf_bank.carriages", [c for b in config.shelf_bank for c in b.carriages]),
        ("shelf_reader.id", [r.id for r in config.shelf_reader]),
        (
            "shelf_reader.reader",
            [f"{r.node}/{r.reader}/{r.ant or ''}" for r in config.shelf_reader],
        ),
        (
            "reader",
            [f"{g.node}/{g.reader}" for g in config.gate]
            + [f"{d.node}/{d.reader}" for d in config.desk],
        ),
    ]
    for where, values in groups:
        seen: set[str] = set()
        for value in values:
            if value in seen:
                yield Problem(where, "config.double", {"value": value})
            seen.add(value)


def _contradictions(config: Config) -> Iterator[Problem]:
    for n, gate in enumerate(config.gate):
        if gate.inner == gate.outer:
            yield Problem(f"gate[{n}].outer", "config.same_antenna", {"value": gate.outer})
    for n, z in enumerate(config.climate.zone):
        dryer = z.dehumidifier
        if dryer is None:
            continue
        where = f"climate.zone[{n}].dehumidifier"
        if dryer.off_below >= dryer.on_above:
            yield Problem(f"{where}.off_below", "config.hysteresis", {"value": dryer.on_above})
        if dryer.sensor is not None and dryer.sensor not in z.sensors:
            yield Problem(f"{where}.sensor", "config.other_zone", {"value": dryer.sensor})
    for n, bank in enumerate(config.shelf_bank):
        where = f"shelf_bank[{n}]"
        if not bank.shut_mm < bank.open_mm - bank.tolerance_mm:
            params = {"value": bank.open_mm - bank.tolerance_mm}
            yield Problem(f"{where}.shut_mm", "config.shelf_shut", params)
        if bank.open_mm > bank.travel_mm:
            yield Problem(f"{where}.open_mm", "config.shelf_wide", {"value": bank.travel_mm})
        if bank.low_mm and len(bank.low_mm) != len(bank.carriages):
            params = {"value": len(bank.low_mm), "wanted": len(bank.carriages)}
            yield Problem(f"{where}.low_mm", "config.shelf_low", params)
    if config.epcis is not None:
        yield from epcis_problems(config.epcis)
    if config.mqtt.tls is None and config.mqtt.host not in ("127.0.0.1", "::1", "localhost"):
        yield Problem("mqtt.tls", "config.no_tls", {"value": config.mqtt.host})


__all__ = ["Config", "Settings", "load", "settings"]
