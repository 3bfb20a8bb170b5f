"""`strongroom climate register`: the register of a span of days as CSV, XLSX or PDF."""

import argparse
import os
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ...climate.compliance.calendar import local_day
from ...i18n import LANGUAGES, text
from ..place import where
from ..query import HistoryReader
from .make import KINDS, RegisterRefusedError, Wanted, make_register, write_register


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
    if kind not in KINDS:
        raise RegisterRefusedError(f"{arguments.out}: ends in none of {', '.join(KINDS)}")
    place = where(arguments)
    language = arguments.language or place.settings.config.room.language
    now = time.time_ns() // 1_000_000
    with closing(HistoryReader(place.history)) as history:
        yesterday = local_day(now, history.days.zone) - timedelta(days=1)
        wanted = Wanted(
            arguments.first,
            arguments.last or yesterday,
            arguments.sensor or (),
            arguments.store,
            not arguments.no_verify,
        )
        register = make_register(place.settings, history, place.ledger, wanted, now)
    data = write_register(register, kind, language, arguments.font, not arguments.no_days)
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


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as bad:
        raise argparse.ArgumentTypeError("a date such as 2027-01-31") from bad
