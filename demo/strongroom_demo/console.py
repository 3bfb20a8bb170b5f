"""The live console: lines that scroll by, and on a terminal a panel below them that always shows
how things stand."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from rich.console import Console as RichOutput
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .narrate import Line
from .words import _

STYLES = {
    "room": "cyan",
    "sensed": "default",
    "decided": "yellow",
    "alarm": "bold red",
    "system": "dim",
}
PRIORITY_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "default"}
PLAIN_STATUS_EVERY_S = 10


@dataclass(frozen=True)
class Situation:
    """How things stand, for the panel. `nodes`: whether each has power, and what it accepted."""

    seconds: int = 0
    broker: str = ""
    interpreter: str = ""
    api: str = ""
    nodes: Mapping[str, tuple[bool, int]] = field(default_factory=dict)
    entries: int = 0
    accepted: int = 0
    alarms: Sequence[Mapping[str, Any]] = ()
    air: str = ""


class Console(Protocol):
    """Where lines and the situation go."""

    def show(self, line: Line) -> None:
        """Show one line."""

    def situation(self, now: Situation) -> None:
        """Show how things stand."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def open_console() -> Console:
    """Return the console that fits the standard output."""
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return LiveConsole()
    return PlainConsole()


class PlainConsole:
    """Lines of text, for pipes, logs and terminals that can do no more."""

    def __init__(self) -> None:
        self._told = 0

    def show(self, line: Line) -> None:
        """Print the line."""
        record = f" #{line.record}" if line.record is not None else ""
        why = f"  <- {line.why}" if line.why else ""
        where = f"{line.where}: " if line.where else ""
        print(
            f"{clock(line.at)} [{kind_name(line.kind)}]{record} {where}{line.text}{why}", flush=True
        )

    def situation(self, now: Situation) -> None:
        """Print the counters now and then."""
        if now.seconds < self._told + PLAIN_STATUS_EVERY_S:
            return
        self._told = now.seconds
        print(f"--- {now.seconds} s  {counters(now)}  {now.air}", flush=True)

    def close(self) -> None:
        """Nothing to restore."""


class LiveConsole:
    """Colours, and a panel that stays below the lines."""

    def __init__(self) -> None:
        self._output = RichOutput(highlight=False)
        self._live = Live(console=self._output, refresh_per_second=4, transient=True)
        self._live.start()

    def show(self, line: Line) -> None:
        """Print the line above the panel."""
        text = Text()
        text.append(clock(line.at) + " ", "dim")
        text.append(f"{kind_name(line.kind):<4} ", STYLES[line.kind])
        if line.record is not None:
            text.append(f"#{line.record} ", "dim")
        if line.where:
            text.append(line.where + " ", "bold")
        text.append(line.text, STYLES[line.kind])
        if line.why:
            text.append(f"  ← {line.why}", "dim")
        self._output.print(text)

    def situation(self, now: Situation) -> None:
        """Draw the panel anew."""
        nodes = Text("  ").join(
            Text(f"{'●' if powered else '○'} {node} {count}", "green" if powered else "red")
            for node, (powered, count) in now.nodes.items()
        )
        table = Table.grid(padding=(0, 2))
        table.add_row(_("broker"), now.broker)
        table.add_row(_("nodes"), nodes)
        table.add_row(_("firmware on"), now.interpreter)
        table.add_row("API", now.api)
        table.add_row(_("counters"), counters(now))
        table.add_row(_("room air"), now.air)
        alarms = [
            Text(
                f"▲ {alarm.get('text') or alarm['id']} ({alarm['state']})",
                PRIORITY_STYLES.get(str(alarm.get("priority")), "default"),
            )
            for alarm in now.alarms[-8:]
        ] or [Text(_("no alarm stands"), "green")]
        title = _("Strongroom demo, {seconds} s - Ctrl-C ends it", seconds=now.seconds)
        self._live.update(Panel(Group(table, *alarms), title=title, border_style="blue"))

    def close(self) -> None:
        """Take the panel away."""
        self._live.stop()


def clock(at: int) -> str:
    """Return the local time of Unix ms, to the tenth of a second."""
    return datetime.fromtimestamp(at / 1000).strftime("%H:%M:%S.%f")[:-5]


def kind_name(kind: str) -> str:
    """Return the name of a kind of line in the user's language."""
    return {
        "room": _("room"),
        "sensed": _("sensed"),
        "decided": _("decided"),
        "alarm": _("alarm"),
        "system": _("demo"),
    }[kind]


def counters(now: Situation) -> str:
    """Return the counters as one line."""
    return _(
        "accepted by nodes {accepted}, ledger entries {entries}, alarms standing {alarms}",
        accepted=now.accepted,
        entries=now.entries,
        alarms=len(now.alarms),
    )
