"""Runs the demo: broker, gateway and five boards around a simulated room, until it ends or is
ended.

Everything that happens in the room goes to the emulated chips and nowhere else. What the console
shows of the gateway comes from the gateway's API; what the report holds comes from the boards'
own list and the ledger's file.
"""

import platform
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from strongroom_sim.bench import EXIT_RESET
from strongroom_sim.fleet import BoardProcess, Fleet, micropython_command
from strongroom_sim.world import asked, beginnings, expected, new_world, step, storyline, told

from .asking import Asking
from .brokers import Broker, free_port, program_version, start_broker
from .children import Child
from .console import Console, Situation
from .gateway import Gateway
from .narrate import Line, Narrator
from .record import Key, keys, read_record
from .report import Caused, Run, make_report, match, raised_from
from .site import CLIMATE_DELAY_S, KINDS, OFFLINE_AFTER_S, ROOM, SAFE_TOGETHER_S, SOCKET, make_site
from .words import _

TICK_S = 0.1
LOOK_S = 0.4
DRAIN_S = 40.0
READY_S = 30.0
SETTLE_MS = 1500  # what a cause needs before its alarm is due, where nothing is said below
DUE_MS = {
    "node.silent": int(OFFLINE_AFTER_S * 1000) + 2000,
    "climate.humidity_high": int(CLIMATE_DELAY_S * 1000) + 8000,  # the damp must come in first
    "sensor.lost": 5000,
    "safe.one_person": int(SAFE_TOGETHER_S * 1000) + 4000,  # what a node held back is waited for
}


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    seconds: float | None
    seed: int
    interpreter: str
    broker: str
    port: int
    language: str


class Stage:
    """One run in one folder. `stopping` tells whether the user wants it to end."""

    def __init__(
        self, folder: Path, options: Options, console: Console, stopping: threading.Event
    ) -> None:
        self.folder = folder
        self.options = options
        self.console = console
        self.stopping = stopping
        self.who = storyline.people_and_boxes(options.seed)
        self.narrator = Narrator(self.who, options.language)
        self.entries: list[dict[str, Any]] = []
        self.alarms: list[dict[str, Any]] = []
        self.broker: Broker
        self.gateway: Gateway
        self.asking = Asking(folder / SOCKET, options.language, self._say)
        self.fleet = Fleet([])
        self._children: list[Child] = []
        self._relays: dict[tuple[str, str], bool] = {}
        self._began = 0.0
        self._began_unix = 0
        self._air = ""
        self._accepted_count: Counter[str] = Counter()
        self._fallen: set[str] = set()
        self._wanted: dict[str, list[Key]] = {}
        self._played_ms = 0
        self._interpreter_version = interpreter_version(options.interpreter)

    def open(self) -> None:
        """Start broker, gateway and boards, and wait until every node has been heard."""
        options = self.options
        self.broker = start_broker(self.folder, ROOM, list(KINDS), options.broker)
        self._children.append(self.broker.child)
        self._say(_("broker: {kind} - {why}", kind=self.broker.kind, why=self.broker.why))
        site = make_site(
            self.folder, self.who, self.broker, free_port(options.port), options.language
        )
        self.site = site
        self.gateway = Gateway(
            site.config, self.folder / "gateway.log", site.api_port, options.language
        )
        self._children.append(self.gateway.child)
        self.gateway.wait_until_ready(self.stopping.is_set)
        self._say(_("gateway ready: {address}/docs", address=self.gateway.address))
        self.fleet = Fleet(
            BoardProcess(home, options.interpreter, self._heard) for home in site.boards.values()
        )
        self.fleet.apply(beginnings())  # doors are shut and carriages stand before the power comes
        self.fleet.start()
        self._until(lambda: self._all_heard() or bool(self._fallen), READY_S)
        self._say(_("five nodes run the real firmware on {it}", it=self._interpreter_version))

    def play(self) -> None:
        """Let the story happen, in real time, for as long as was asked or until the user ends
        it."""
        self._began = time.monotonic()
        self._began_unix = int(time.time() * 1000)
        world = new_world(self.options.seed)
        shown = -1
        look = 0.0
        while not self.stopping.is_set():
            now_ms = int((time.monotonic() - self._began) * 1000)
            if self.options.seconds is not None and now_ms >= self.options.seconds * 1000:
                break
            world, happened = step(world, now_ms, self._relays)
            self.fleet.apply(happened)
            self._tell_of_the_fallen()
            for node in self.fleet.tend():
                self._say(_("{node} reset itself", node=node))
            for beat in told(self.options.seed, shown, now_ms):
                self._show("room", "", _(beat.text, **beat.args))
            self.asking.add(asked(self.options.seed, shown, now_ms))
            self.asking.go_on(now_ms)
            shown = now_ms
            self._air = f"{world.air.temperature:.1f} °C  {world.air.humidity:.0f} %RH"
            if time.monotonic() - look >= LOOK_S:
                look = time.monotonic()
                self._look(now_ms)
            time.sleep(TICK_S)
        self._played_ms = int((time.monotonic() - self._began) * 1000)

    def drain(self) -> None:
        """Wait, within DRAIN_S, until what was accepted so far is on record and the alarms have
        come.

        The boards go on measuring meanwhile; what they accept from here on is not part of the run.
        """
        self._say(_("the story is over: waiting until everything is on record"))
        for board in self.fleet.boards.values():
            if board.running:
                board.send("board", "network_cut", on=False)
            else:
                board.start()  # without power a node could not hand over what it holds
        self._wanted = {node: self._accepted(node) for node in self.fleet.boards}
        self._until(self._settled, DRAIN_S, to_the_end=True)

    def report(self) -> dict[str, Any]:
        """Return the report of what was accepted until the story ended."""
        run = Run(
            accepted=self._wanted,
            record=read_record(self.site.ledger),
            duplicates=self.gateway.duplicates(),
            caused=self._caused(),
            raised=raised_from(self.entries),
            about={
                "seed": self.options.seed,
                "seconds": round(self._played_ms / 1000, 1),
                "broker": self.broker.kind,
                "interpreter": self.options.interpreter,
                "versions": {
                    "strongroom": version("strongroom"),
                    "python": platform.python_version(),
                    "firmware": self._interpreter_version,
                },
            },
        )
        return make_report(run)

    def close(self) -> None:
        """End boards, gateway and broker, in this order."""
        self.fleet.stop()
        for child in reversed(self._children):
            child.stop()

    def kill(self) -> None:
        """End all children at once."""
        for board in self.fleet.boards.values():
            board.kill()
        for child in self._children:
            child.kill()

    def _heard(self, board: BoardProcess, output: dict[str, Any]) -> None:
        """Take note of one line of a board; called from the thread that reads it."""
        if output["out"] == "pin" and output["role"] == "pin":
            self._relays[board.node, output["dev"]] = bool(output["level"])
        elif output["out"] == "accepted":
            self._accepted_count[board.node] += 1

    def _accepted(self, node: str) -> list[Key]:
        return keys(node, self.fleet.boards[node].accepted())

    def _tell_of_the_fallen(self) -> None:
        """Say once of each board that ended by a fault of its own, and why."""
        for node, board in self.fleet.boards.items():
            if board.status in (None, EXIT_RESET, -signal.SIGKILL) or node in self._fallen:
                continue
            self._fallen.add(node)
            last = board.errors().strip().splitlines()[-1:] or [str(board.status)]
            self._say(_("{node} ended: {reason}", node=node, reason=last[0]))

    def _caused(self) -> list[Caused]:
        """The alarms with a cause; due are those whose cause lasted long enough before the end."""
        return [
            Caused(
                expect,
                self._began_unix + expect.at,
                expect.at + DUE_MS.get(expect.code, SETTLE_MS) <= self._played_ms,
            )
            for expect in expected(self.options.seed, self._played_ms)
        ]

    def _settled(self) -> bool:
        self.asking.go_on(int((time.monotonic() - self._began) * 1000))
        self._look(self._played_ms)
        record = read_record(self.site.ledger)
        if any(record.lost(wanted) for wanted in self._wanted.values()) or not self.asking.done:
            return False
        pairs = match(self._caused(), raised_from(self.entries))
        return all(alarm is not None for cause, alarm in pairs if cause.due)

    def _all_heard(self) -> bool:
        self._look(0)
        self._tell_of_the_fallen()
        heard = {entry["node"] for entry in self.entries}
        return heard >= set(KINDS)

    def _look(self, now_ms: int) -> None:
        """Read what is new from the gateway, show it, and show how things stand."""
        after = self.entries[-1]["idx"] if self.entries else -1
        new = self.gateway.entries(after)
        self.entries += new
        self.alarms = self.gateway.alarms()
        for entry in new:
            line = self.narrator.line(entry)
            if line is not None:
                self.console.show(line)
        self.console.situation(self._situation(now_ms))

    def _situation(self, now_ms: int) -> Situation:
        return Situation(
            seconds=now_ms // 1000,
            broker=f"{self.broker.kind} - {self.broker.why}",
            interpreter=self._interpreter_version,
            api=f"{self.gateway.address}/docs",
            nodes={
                node: (board.running, self._accepted_count[node])
                for node, board in self.fleet.boards.items()
            },
            entries=len(self.entries),
            accepted=self._accepted_count.total(),
            alarms=self.alarms,
            air=self._air,
        )

    def _until(
        self, condition: Callable[[], bool], seconds: float, to_the_end: bool = False
    ) -> bool:
        """Ask a condition until it is true, the time is up or, unless told, the user wants to end."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= deadline or (self.stopping.is_set() and not to_the_end):
                return False
            time.sleep(LOOK_S)
        return True

    def _say(self, text: str) -> None:
        self._show("system", "", text)

    def _show(self, kind: str, where: str, text: str) -> None:
        self.console.show(Line(int(time.time() * 1000), kind, where, text))


def interpreter_version(interpreter: str) -> str:
    """Return the name and version of what the firmware runs on."""
    if interpreter == "cpython":
        return f"CPython {platform.python_version()}"
    command = micropython_command()
    return program_version(command, "--version").partition(";")[0] if command else interpreter
