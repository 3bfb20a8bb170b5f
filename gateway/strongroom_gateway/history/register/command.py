"""`strongroom climate register`: the register of a span of days as CSV, XLSX or PDF."""

import argparse
import os
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...climate.compliance.calendar import local_day
from ...climate.compliance.limits import Definition
from ...config import Settings
from ...errors import StrongroomError
from ...i18n import LANGUAGES, speaker, text
from ...ledger.reader import Reader
from ...profiles import bands, swings
from ..bring import stamp
from ..place import where
from ..query import HistoryReader
from ..verify import verify
from .build import Held, build_part
from .csv_file import write_csv
from .model import Register
from .tables import tables

_KINDS = (".csv", ".xlsx", ".pdf")


class RegisterRefusedError(StrongroomError):
    """The register cannot be made like that; the text says why."""


def add_register(actions: Any) -> None:
    """Add the register to `strongroom climate`."""
    act = actions.add_parser("register", help="write the climate register (温湿度登记表)")
    act.add_argument("--config", type=Path, required=True, metavar="FILE")
    act.add_argument("--from", dest="first", type=_day, required=True, metavar="DATE")
    act.add_argument("--to", dest="last", type=_day, metavar="DATE", help="default: yesterday")
    act.add_argument("--out", type=Path, required=True, metavar="FILE", help=".csv, .xlsx or .pdf")
    act.add_argument("--sensor", action="append", metavar="NAME", help="repeat; default: all")
    act.add_argument("--store", metavar="KIND", help="of sensors that no zone has")
    act.add_argument("--no-days", action="store_true", help="months and years only (PDF)")
    act.add_argument("--no-verify", action="store_true", help="do not compare with the ledger")
    act.add_argument("--font", type=Path, metavar="FILE", help="a TrueType font with Chinese (PDF)")
    act.add_argument("--language", choices=LANGUAGES, help="default: that of the room")
    act.set_defaults(run=run_register)


def run_register(arguments: argparse.Namespace) -> int:
    """Write the register; return 1 when a day is not as the ledger says."""
    kind = arguments.out.suffix.lower()
    if kind not in _KINDS:
        raise RegisterRefusedError(f"{arguments.out}: ends in none of {', '.join(_KINDS)}")
    place = where(arguments)
    language = arguments.language or place.settings.config.room.language
    with closing(HistoryReader(place.history)) as history:
        register = _made(arguments, place.settings, history, place.ledger)
    say = speaker(language)
    found = tables(register, say)
    if kind == ".csv":
        data = write_csv(found)
    elif kind == ".xlsx":
        # Half a second of imports each, on a small machine more: only who needs one waits for it.
        workbook = import_module(f"{__package__}.workbook")
        data = workbook.write_workbook(register, found, say)
    else:
        page = import_module(f"{__package__}.page")
        data = page.write_page(register, found, say, arguments.font, not arguments.no_days)
    _write(arguments.out, data)
    params = {"file": arguments.out, "sensors": len(register.parts)}
    print(text("register.written", params, language))
    return int(register.sealed is not None and register.sealed["findings"] > 0)


def _write(path: Path, data: bytes) -> None:
    """Write the file so that nobody ever sees half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _made(
    arguments: argparse.Namespace, settings: Settings, history: HistoryReader, ledger: Path
) -> Register:
    config = settings.config
    now = time.time_ns() // 1_000_000
    yesterday = local_day(now, history.days.zone) - timedelta(days=1)
    first: date = arguments.first
    last: date = arguments.last or yesterday
    if last < first:
        raise RegisterRefusedError(f"{last} is before {first}")
    sensors: Sequence[str] = arguments.sensor or history.sensors()
    if not sensors:
        raise RegisterRefusedError("the history holds no sensor yet")
    parts = [
        build_part(history, sensor, _held(settings, sensor, arguments.store, history), first, last)
        for sensor in sensors
    ]
    return Register(
        room=config.room.id,
        room_name=config.room.name,
        time_zone=history.time_zone,
        first=first.isoformat(),
        last=last.isoformat(),
        made=now,
        version=version("strongroom"),
        profile=f"{settings.profile.title} ({settings.profile.id})",
        parts=parts,
        sources=[
            {
                "file": one.file,
                "sha256": one.sha256,
                "at": stamp(one.at) if one.kind == "import" else "",
                "said": "" if one.kind == "import" or one.said == "{}" else f": {one.said}",
            }
            for one in history.sources()
        ],
        calibrations=[
            {
                "sensor": one.id,
                "certificate": one.certificate or "",
                "calibrated": one.calibrated or "",
                "due": one.due or "",
                "t": one.offset_t,
                "rh": one.offset_rh,
            }
            for one in config.climate.sensor
            if one.id in sensors
        ],
        sealed=None if arguments.no_verify else _sealed(history, ledger),
    )


def _held(settings: Settings, sensor: str, store: str | None, history: HistoryReader) -> Held:
    """Return what a sensor is held to: its zone's kind of store, or the one that was said."""
    climate = settings.config.climate
    zone = next((zone for zone in climate.zone if sensor in zone.sensors), None)
    chosen = (zone.store if zone is not None else store) or climate.store
    if chosen not in settings.profile.stores:
        known = ", ".join(settings.profile.stores)
        raise RegisterRefusedError(f"there is no kind of store {chosen!r}; there is {known}")
    warm, damp = bands(settings.profile, chosen, climate.delay_s)
    limits = swings(settings.profile, chosen)
    live = min(history.holds().values())
    return Held(
        chosen,
        Definition(
            warm,
            damp,
            live,
            history.time_zone,
            None if limits is None else limits.temperature,
            None if limits is None else limits.humidity,
        ),
    )


def _sealed(history: HistoryReader, ledger: Path) -> dict[str, int] | None:
    if not ledger.is_file():
        return None
    with closing(Reader(ledger)) as reader:
        found = verify(history, reader)
    return {**found._asdict(), "findings": len(found.findings)}


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as bad:
        raise argparse.ArgumentTypeError("a date such as 2027-01-31") from bad
