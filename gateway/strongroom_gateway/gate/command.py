"""`strongroom gate`: record what a gate heard, and see what other settings would have made of it."""

import argparse
import itertools
import sqlite3
import sys
import time
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from ..config import load
from ..config_check import typed
from ..custody.section import GateSection
from ..errors import ConfigError, LedgerError
from ..i18n import DEFAULT, LANGUAGES, text
from .log import Line, TruthLine, read_log, recorded, write_line
from .replay import Decision, Score, replay, score

MOST: Final = 500
_FIXED: Final = ("id", "name", "node", "reader")
_LABELS: Final = {
    "out": "gate.label.out",
    "in": "gate.label.in",
    "stays": "gate.label.stays",
}
_OUTCOMES: Final = {
    "out": "gate.outcome.out",
    "in": "gate.outcome.in",
    "look": "gate.outcome.look",
    "asked": "gate.outcome.asked",
    "nothing": "gate.outcome.nothing",
}
_HOWS: Final = {
    "crossed": "gate.how.crossed",
    "alone": "gate.how.alone",
    "unclear": "gate.how.unclear",
    "doubt": "gate.how.doubt",
}


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("gate", help="find the settings of an exit gate")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    play = acts.add_parser("replay", help="say what would be decided about a recorded log")
    play.add_argument("log", type=Path, metavar="LOG", help="from `strongroom gate record`")
    play.add_argument("--config", type=Path, metavar="FILE", help="take the gate from here")
    play.add_argument("--gate", metavar="ID", help="which gate of the configuration")
    play.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="set_")
    play.add_argument("--tune", action="append", default=[], metavar="KEY=A,B,C")
    play.add_argument("--language", choices=LANGUAGES, default=DEFAULT)
    play.set_defaults(run=run_replay)
    record = acts.add_parser("record", help="write such a log from a ledger")
    record.add_argument("database", type=Path, metavar="DB", help="the ledger's file")
    record.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    record.add_argument("--hours", type=float, metavar="N", help="of the last hours only")
    record.add_argument("--language", choices=LANGUAGES, default=DEFAULT)
    record.set_defaults(run=run_record)


def run_replay(arguments: argparse.Namespace) -> int:
    """Print what would be decided, or compare settings; return 1 when a labelled departure is missed."""
    gate, everywhere = _gate(arguments)
    gate = _changed(gate, dict(_pair(one) for one in arguments.set_))
    lines = list(read_log(arguments.log))
    language: str = arguments.language
    if arguments.tune:
        return _compare(lines, gate, everywhere, _grid(arguments.tune), language)
    decisions = replay(lines, gate, everywhere=everywhere)
    _say("gate.replay.settings", {"settings": _words(_settings(gate))}, language)
    for one in decisions:
        _say("gate.replay.decision", _told(one, language), language)
    _say("gate.replay.counts", {"decisions": len(decisions), "lines": len(lines)}, language)
    truths = [line for line in lines if isinstance(line, TruthLine)]
    if not truths:
        return 0
    found = score(decisions, truths, int(gate.age_out_s * 1000))
    for label, row in found.matrix.items():
        for outcome, count in sorted(row.items()):
            params = {"label": text(_LABELS[label], {}, language), "count": count}
            params["outcome"] = text(_OUTCOMES[outcome], {}, language)
            _say("gate.replay.truth", params, language)
    _say("gate.replay.score", _score(found), language)
    return int(found.missed > 0)


def run_record(arguments: argparse.Namespace) -> int:
    """Write the log of a ledger."""
    path: Path = arguments.database
    if not path.is_file():
        raise LedgerError(f"{path}: no such file")
    first = 0
    if arguments.hours is not None:
        first = time.time_ns() // 1_000_000 - int(arguments.hours * 3_600_000)
    count = 0
    try:
        with arguments.output.open("w", encoding="utf-8", newline="\n") as file:
            for line in recorded(path, first):
                file.write(write_line(line))
                count += 1
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: cannot be read: {error}") from error
    params = {"file": arguments.output, "lines": count}
    _say("gate.record.done", params, arguments.language)
    return 0


def _gate(arguments: argparse.Namespace) -> tuple[GateSection, bool]:
    """Return the settings to begin with, and whether the log is of this gate alone."""
    if arguments.config is None:
        if arguments.gate is not None:
            raise ConfigError("--gate names a gate of a configuration: add --config FILE")
        return GateSection(id="gate", name="gate", node="gate", reader="gate"), True
    gates = {gate.id: gate for gate in load(arguments.config).config.gate}
    if arguments.gate is None and len(gates) == 1:
        return next(iter(gates.values())), False
    if arguments.gate not in gates:
        known = ", ".join(gates) or "none"
        raise ConfigError(f"{arguments.config}: which gate? --gate takes one of: {known}")
    return gates[arguments.gate], False


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals or not key or not value:
        raise ConfigError(f"{word}: not KEY=VALUE")
    return key, value


def _changed(gate: GateSection, changes: dict[str, str]) -> GateSection:
    """Return a gate with other settings; ConfigProblemsError for a key or value that cannot be."""
    raw = msgspec.to_builtins(gate) | {key: _value(value) for key, value in changes.items()}
    for key in _FIXED:
        if key in changes:
            raise ConfigError(f"{key}: says which gate it is, not how it decides")
    return typed(raw, GateSection)


def _value(word: str) -> Any:
    """Return a value as TOML reads it; what TOML does not read is a word."""
    try:
        return tomllib.loads(f"value = {word}")["value"]
    except tomllib.TOMLDecodeError:
        return word


def _grid(tunes: list[str]) -> list[dict[str, str]]:
    axes: list[tuple[str, list[str]]] = []
    for tune in tunes:
        key, listed = _pair(tune)
        axes.append((key, [value for value in listed.split(",") if value]))
    count = 1
    for _, values in axes:
        count *= len(values)
    if count > MOST:
        raise ConfigError(f"{count} combinations: {MOST} at most")
    keys = [key for key, _ in axes]
    return [
        dict(zip(keys, values, strict=True))
        for values in itertools.product(*(values for _, values in axes))
    ]


def _compare(
    lines: list[Line],
    gate: GateSection,
    everywhere: bool,
    grid: list[dict[str, str]],
    language: str,
) -> int:
    """Print one row for each combination of settings, the best first; return 1 when all miss."""
    truths = [line for line in lines if isinstance(line, TruthLine)]
    rows = []
    for changes in grid:
        tried = _changed(gate, changes)
        decisions = replay(lines, tried, everywhere=everywhere)
        found = score(decisions, truths, int(tried.age_out_s * 1000))
        counts = {name: sum(one.outcome == name for one in decisions) for name in _OUTCOMES}
        rank = (found.missed, found.false, found.looks, counts["look"]) if truths else (0, 0, 0, 0)
        rows.append((rank, changes, counts, found))
    rows.sort(key=lambda row: row[0])
    for _, changes, counts, found in rows:
        params = counts | {"settings": _words(changes)}
        _say("gate.tune.row", params, language)
        if truths:
            _say("gate.tune.score", _score(found), language)
    return int(bool(truths) and rows[0][0][0] > 0)


def _settings(gate: GateSection) -> dict[str, Any]:
    known = msgspec.to_builtins(gate)
    return {key: value for key, value in known.items() if key not in _FIXED}


def _words(settings: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in settings.items())


def _score(found: Score) -> dict[str, Any]:
    return {"missed": found.missed, "false": found.false, "looks": found.looks}


def _told(one: Decision, language: str) -> dict[str, Any]:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.at // 1000))
    return {
        "at": f"{at}.{one.at % 1000:03d}",
        "tag": one.id,
        "outcome": text(_OUTCOMES[one.outcome], {}, language),
        "how": text(_HOWS[one.how], {}, language),
        "order": " > ".join(one.order),
        "inner": one.inner.n,
        "inner_best": "-" if one.inner.best is None else one.inner.best,
        "outer": one.outer.n,
        "outer_best": "-" if one.outer.best is None else one.outer.best,
    }


def _say(key: str, params: dict[str, Any], language: str) -> None:
    sys.stdout.write(text(key, params, language) + "\n")
