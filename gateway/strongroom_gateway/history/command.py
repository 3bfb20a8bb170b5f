"""`strongroom climate`: readings of loggers into the history, what it holds, the register."""

import argparse
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import StrongroomError
from ..i18n import DEFAULT, LANGUAGES, text
from ..ledger.reader import Reader
from .bring import Brought, bring, look, stamp
from .days import HistoryError
from .loggers.formats import built_in
from .loggers.options import Options
from .loggers.rows import FAULTS
from .place import Place, where
from .query import HistoryReader
from .register.command import add_register
from .store import History
from .verify import together, verify

_FINDINGS = 50


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("climate", help="climate history: import, verify, register")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    act = actions.add_parser("import", help="bring readings of a logger along")
    act.add_argument("file", type=Path, nargs="?", metavar="FILE")
    act.add_argument(
        "--sensor", metavar="NAME", help="whose readings they are: node/device or a name"
    )
    act.add_argument(
        "--dry-run", action="store_true", help="say what would be done, change nothing"
    )
    act.add_argument("--format", metavar="ID", help="a maker's layout, or generic; see --formats")
    act.add_argument("--formats", action="store_true", help="list the layouts that are known")
    act.add_argument("--time-zone", metavar="ZONE", help="of the stamps: Asia/Shanghai or +08:00")
    act.add_argument("--date-format", metavar="FORMAT", help='such as "%%d/%%m/%%Y %%H:%%M"')
    act.add_argument("--separator", metavar="CHAR", type=_separator, help="of columns; tab: \\t")
    act.add_argument("--decimal", choices=[".", ","])
    act.add_argument("--unit", choices=["C", "F"], help="of temperatures")
    act.add_argument("--encoding", metavar="NAME")
    for column in ("time", "date", "temperature", "humidity"):
        act.add_argument(f"--{column}", metavar="COLUMN", help="its name or its number from 1")
    act.add_argument(
        "--hold", type=float, metavar="SECONDS", help="a reading holds at most so long"
    )
    act.add_argument("--most-faults", type=_share, default=0.1, metavar="PERCENT", help="10")
    _where(act, required=False)
    act.set_defaults(run=run_import)
    check = actions.add_parser("verify", help="compare the history with the ledger")
    _where(check)
    check.set_defaults(run=run_verify)
    status = actions.add_parser("status", help="what the history holds")
    _where(status)
    status.set_defaults(run=run_status)
    add_register(actions)


def run_import(arguments: argparse.Namespace) -> int:
    """Read a file and store its readings; return 1 when rows were faulty."""
    language: str = arguments.language
    if arguments.formats:
        for layout in built_in().values():
            print(f"{layout.id}: {layout.maker}; {layout.checked}")
        return 0
    if arguments.file is None or arguments.config is None or not arguments.sensor:
        raise StrongroomError(text("climate.import.needs", {}, language))
    options = Options(
        layout=arguments.format,
        encoding=arguments.encoding,
        separator=arguments.separator,
        decimal=arguments.decimal,
        date_format=arguments.date_format,
        time_zone=arguments.time_zone,
        time=arguments.time,
        date=arguments.date,
        temperature=arguments.temperature,
        humidity=arguments.humidity,
        unit=arguments.unit,
    )
    place = where(arguments)
    hold = None if arguments.hold is None else int(arguments.hold * 1000)
    done = look(arguments.file, options, arguments.most_faults, hold)
    if not arguments.dry_run:
        with _history(place) as history:
            now = time.time_ns() // 1_000_000
            done = bring(history, arguments.file, arguments.sensor, done, now)
    _tell(done, arguments, language)
    return int(any(kind in done.read.kinds for kind in FAULTS))


def run_verify(arguments: argparse.Namespace) -> int:
    """Compare every closed day with the ledger; return 1 when something is not as it says."""
    place, language = where(arguments), arguments.language
    if not place.ledger.is_file():
        raise HistoryError(f"{place.ledger}: no such file")
    with closing(HistoryReader(place.history)) as history, closing(Reader(place.ledger)) as ledger:
        found = verify(history, ledger)
    for one in found.findings[:_FINDINGS]:
        params = {**one._asdict(), "entry": "-" if one.entry is None else one.entry}
        print(text(f"climate.verify.{one.what}", params, language))
    if len(found.findings) > _FINDINGS:
        print(text("climate.verify.more", {"count": len(found.findings) - _FINDINGS}, language))
    spans = list(together(found.waiting))
    for sensor, first, last, count in spans[:_FINDINGS]:
        params = {"sensor": sensor, "first": first, "last": last, "count": count}
        print(text("climate.verify.waiting", params, language))
    if len(spans) > _FINDINGS:
        print(text("climate.verify.more", {"count": len(spans) - _FINDINGS}, language))
    params = {"count": len(found.findings), **found._asdict()}
    print(text("climate.verify.done", params, language))
    return int(bool(found.findings))


def run_status(arguments: argparse.Namespace) -> int:
    """Print the sensors with their spans, and where readings came from."""
    language = arguments.language
    with closing(HistoryReader(where(arguments).history)) as history:
        for sensor in history.sensors():
            span = history.span(sensor)
            if span is not None:
                params = {"sensor": sensor, "first": stamp(span[0]), "last": stamp(span[1])}
                print(text("climate.status.sensor", params, language))
        for source in history.sources():
            if source.kind == "import":
                params = {"file": source.file, "at": stamp(source.at), "sha256": source.sha256}
                print(text("climate.status.import", params, language))
        print(text("climate.status.unsealed", {"count": history.unsealed()}, language))
    return 0


def _where(parser: argparse.ArgumentParser, required: bool = True) -> None:
    parser.add_argument("--config", type=Path, required=required, metavar="FILE")
    parser.add_argument("--language", choices=LANGUAGES, default=DEFAULT)


@contextmanager
def _history(place: Place) -> Iterator[History]:
    config = place.settings.config
    hold = 600.0 if config.history is None else config.history.hold_s
    try:
        with closing(History(place.history, config.room.time_zone, int(hold * 1000))) as history:
            yield history
    except sqlite3.Error as error:
        raise HistoryError(f"{place.history}: cannot be read or written: {error}") from error


def _tell(done: Brought, arguments: argparse.Namespace, language: str) -> None:
    read, plan = done.read, done.read.plan
    columns = dict(enumerate(plan.columns, 1))
    shown = {
        "format": plan.layout,
        "separator": {"\t": "tab"}.get(plan.separator, plan.separator),
        "decimal": plan.decimal,
        "date_format": plan.date_format,
        "time_zone": plan.zone_said,
        "time": _named(columns, plan.time),
        "temperature": _named(columns, plan.temperature),
        "unit": plan.unit,
        "humidity": _named(columns, plan.humidity),
        "serial": plan.serial or "-",
    }
    print(text("climate.import.how", shown, language))
    for kind, one in read.kinds.items():
        params = {"count": one.count, "lines": ", ".join(map(str, one.lines))}
        params["more"] = ", ..." if one.count > len(one.lines) else ""
        print(text(f"climate.import.{kind}", params, language))
    if read.readings:
        params = {"first": stamp(read.readings[0][0]), "last": stamp(read.readings[-1][0])}
        params |= {"interval": read.interval // 1000, "hold": done.hold // 1000}
        print(text("climate.import.span", params, language))
    longest = {"count": read.gaps, "longest": round(read.longest_gap / 3_600_000, 1)}
    print(text("climate.import.gaps", longest, language))
    print(text("climate.import.sha256", {"sha256": done.sha256}, language))
    if done.merged is None:
        print(text("climate.import.dry", {}, language))
    else:
        params = {**done.merged._asdict(), "sensor": arguments.sensor}
        print(text("climate.import.done", params, language))


def _named(columns: dict[int, str], n: int | None) -> str:
    return "-" if n is None else f"{n + 1} {columns.get(n + 1, '')}".strip()


def _separator(said: str) -> str:
    said = {"\\t": "\t", "tab": "\t"}.get(said, said)
    if len(said) != 1:
        raise argparse.ArgumentTypeError("one character")
    return said


def _share(said: str) -> float:
    try:
        share = float(said) / 100
    except ValueError as bad:
        raise argparse.ArgumentTypeError("a number from 0 to 100") from bad
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a number from 0 to 100")
    return share
