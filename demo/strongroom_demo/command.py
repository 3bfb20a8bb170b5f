"""`strongroom demo`: a living room on this machine, with real firmware, a real broker and the
real gateway."""

import argparse
import json
import math
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from strongroom_sim.fleet import micropython_command

from .brokers import BrokerError
from .console import Console, open_console
from .gateway import GatewayError
from .report import is_good
from .stage import Options, Stage
from .words import LANGUAGES, _, choose

EXIT_BAD = 1
EXIT_NO_START = 2
EXIT_KILLED = 130
PORT_MAX = 65_535


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "demo", help="run a room of emulated nodes with broker and gateway, and watch it"
    )
    parser.add_argument("--seconds", type=seconds, help="end after this time (default: at Ctrl-C)")
    parser.add_argument(
        "--seed", type=int, default=1, help="everything that happens follows from it"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write a JSON report at the end"
    )
    parser.add_argument(
        "--interpreter",
        choices=("auto", "micropython", "cpython"),
        default="auto",
        help="what the firmware runs on (default: MicroPython where it is installed)",
    )
    parser.add_argument(
        "--broker",
        choices=("auto", "mosquitto", "embedded"),
        default="auto",
        help="default: mosquitto where it is installed",
    )
    parser.add_argument("--port", type=port, default=8080, help="of the API (another when taken)")
    parser.add_argument("--lang", choices=LANGUAGES, help="default: that of the environment")
    parser.add_argument("--keep", action="store_true", help="keep the files and say where they are")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; returns 1 when something was lost or an expected alarm did not come."""
    language = choose(arguments.lang)
    if arguments.report is not None:
        arguments.report.open("a").close()  # a place that cannot be written to is told now
    options = Options(
        seconds=arguments.seconds,
        seed=arguments.seed,
        interpreter=_interpreter(arguments.interpreter),
        broker=arguments.broker,
        port=arguments.port,
        language=language,
    )
    folder = Path(tempfile.mkdtemp(prefix="strongroom-demo-"))
    stopping = threading.Event()
    console = open_console()
    stage = Stage(folder, options, console, stopping)
    restore = _on_interrupt(stopping, stage.kill)
    try:
        return _perform(stage, console, arguments.report)
    except (BrokerError, GatewayError) as reason:
        console.close()
        print(f"strongroom demo: {reason}", file=sys.stderr)
        return 0 if stopping.is_set() else EXIT_NO_START
    finally:
        console.close()
        stage.close()
        restore()
        if arguments.keep:
            print(_("files kept in {folder}", folder=folder))
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _perform(stage: Stage, console: Console, target: Path | None) -> int:
    stage.open()
    stage.play()
    ended_by_user = stage.stopping.is_set()
    if ended_by_user and target is None:
        return 0
    stage.drain()
    report = stage.report()
    console.close()
    if target is not None:
        target.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(summary(report))
    return 0 if is_good(report) else EXIT_BAD


def summary(report: dict[str, Any]) -> str:
    """Return the report in a few lines."""
    lines = [
        _(
            "sent {sent}, lost {lost}, doubled {doubled}, duplicates dropped {dropped},"
            " gaps {gaps}, entries {entries}",
            sent=report["sent"],
            lost=report["lost"],
            doubled=report["doubled"],
            dropped=report["duplicates_dropped"],
            gaps=report["gaps"],
            entries=report["entries"],
        )
    ]
    for alarm in report["alarms"]:
        came = _("after {ms} ms", ms=alarm["latency_ms"])
        if alarm["after_read_ms"] is not None:
            came += _(", {ms} ms after the read that decided", ms=alarm["after_read_ms"])
        after = came if alarm["raised"] else _("MISSING")
        lines.append(f"  {alarm['code']} {alarm['about']}: {after}")
    lines += [
        "  " + _("not expected: {code} {subject}", code=alarm["code"], subject=alarm["subject"])
        for alarm in report["alarms_unexpected"]
    ]
    return "\n".join(lines)


def seconds(word: str) -> float:
    """Return a number of seconds as a person writes it. ArgumentTypeError for one that is no time."""
    span = float(word)
    if not 0 < span < math.inf:
        raise argparse.ArgumentTypeError(f"{word} is no time to run for")
    return span


def port(word: str) -> int:
    """Return a TCP port as a person writes it. ArgumentTypeError for a number that is none."""
    number = int(word)
    if not 0 <= number <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"{word} is not between 0 and {PORT_MAX}")
    return number


def _interpreter(asked: str) -> str:
    if asked != "auto":
        return asked
    return "micropython" if micropython_command() else "cpython"


def _on_interrupt(stopping: threading.Event, kill: Callable[[], None]) -> Callable[[], None]:
    """Let the first Ctrl-C (or SIGTERM) end the run in order and the second end it at once."""

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            kill()
            raise SystemExit(EXIT_KILLED)
        stopping.set()

    before = {
        number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)
    }

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore
