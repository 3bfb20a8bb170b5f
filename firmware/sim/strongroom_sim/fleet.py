"""Boards as processes: start them, move them, take their power, read what they promised. For
CPython.

    make_board(directory, "archive-1", "climate-1", "climate", broker)
    board = BoardProcess(directory, interpreter="micropython")
    board.start()
    board.send("t1", "set", t=20.1, rh=50)
    board.kill()
    board.start()
    board.accepted()

A board that is started again finds its surroundings as they stand: doors, cards, air (see
script.Standing).
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .bench import EXIT_RESET
from .rom import rom_image
from .script import Standing, Stimulus, line

FIRMWARE = Path(__file__).resolve().parents[2]
SEARCH_PATH = (FIRMWARE / "sim" / "fake", FIRMWARE / "sim", FIRMWARE / "esp32", FIRMWARE)
# In words of an ESP32; the chips are elsewhere. What a frozen image keeps in flash and a mounted one in RAM, 17 to
# 20 KB, counts in full: with the code frozen in, 64 KB are enough for each of them.
# The least, in steps of 8, that delivers a full outbox over TLS without ever waiting for room, with cards or boxes
# about. With less a board waits and goes on, slower and slower; docs/performance.md has the figures.
HEAP = "72wK"
HEAPS = {
    "ads1115_shelf": "64wK",
    "r200": "88wK",  # a cart of boxes: 32 tags followed at once
}
HEAP_WITH_CODE = "256wK"  # without mpy-cross the code is compiled on the board and lies in the heap
# Where this names a MicroPython with the firmware frozen in (scripts/micropython-frozen.sh), boards run on that, with a
# heap of HEAP_FROZEN.
FROZEN = "STRONGROOM_FROZEN"
HEAP_FROZEN = "64wK"
KINDS = ("climate", "desk", "gate", "safe", "shelf")
STOP_S = 5.0


def micropython_command() -> str | None:
    """Return the command of a MicroPython that is new enough, or None where there is none."""
    finder = FIRMWARE.parent / "scripts" / "micropython.sh"
    if not finder.exists():
        return shutil.which("micropython")
    found = subprocess.run(  # noqa: S603 - a script of this repository
        [finder], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def make_board(
    directory: Path, room: str, node: str, kind: str, broker: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the node.json of one of KINDS into a directory and return it.

    `broker` is host, port, tls (None, or the paths ca, cert, key) and whatever else the node's
    settings allow there.
    """
    template = json.loads((Path(__file__).parent / "nodes" / f"{kind}.json").read_text())
    settings: dict[str, Any] = {"room": room, "node": node, "broker": dict(broker), **template}
    (directory / "flash").mkdir(parents=True, exist_ok=True)
    (directory / "node.json").write_text(json.dumps(settings, indent=1))
    return settings


class BoardProcess:
    """One emulated board in a directory that outlives its processes."""

    def __init__(
        self,
        directory: Path,
        interpreter: str = "micropython",
        on_output: Callable[["BoardProcess", dict[str, Any]], None] | None = None,
    ) -> None:
        self.directory = directory
        self.node: str = json.loads((directory / "node.json").read_text())["node"]
        self.standing = Standing()
        self.resets = 0
        self._command = _command(interpreter, directory)
        self._environment = _environment(interpreter)
        self._on_output = on_output
        self._outputs: list[dict[str, Any]] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the board runs."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether the board has power and runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """The exit status of the last process, None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Give the board power; it finds its surroundings as they stand."""
        if self.running:
            raise RuntimeError(f"{self.node} runs already")
        self._finish()
        surroundings = self.directory / "surroundings.jsonl"
        surroundings.write_text("".join(self.standing.lines()), encoding="utf-8")
        with (self.directory / "stderr.log").open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - an interpreter with our own module
                self._command,
                env=self._environment,
                cwd=self.directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                errors="replace",
                # Its own group: Ctrl-C in a terminal ends the boards only through whoever started
                # them.
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def kill(self) -> None:
        """End the process with SIGKILL: a power cut."""
        if self._process is not None:
            self._process.kill()
            self._finish()

    def stop(self) -> None:
        """End the input, which ends the board; SIGKILL when that takes longer than STOP_S."""
        process = self._process
        if process is None:
            return
        if process.stdin and not process.stdin.closed:
            _close(process.stdin)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
        self._finish()

    def send(self, dev: str, do: str, **with_: object) -> bool:
        """Let something happen to a device; return whether a running board was told.

        What stands (an open door) is remembered for a board without power.
        """
        self.standing.apply(dev, do, with_)
        return self._write(line(dev, do, with_))

    def apply(self, stimulus: Stimulus) -> None:
        """Carry out one stimulus of a script; power_on of device board is a start."""
        if stimulus.dev == "board" and stimulus.do == "power_on":
            if not self.running:
                self.start()
        else:
            self.send(stimulus.dev, stimulus.do, **stimulus.args)

    def tend(self) -> bool:
        """Start a board again that reset itself, as the hardware would; return whether it did."""
        if self.status != EXIT_RESET:
            return False
        self.resets += 1
        self.start()
        return True

    def outputs(self) -> list[dict[str, Any]]:
        """Return everything the board wrote since it was made, oldest first."""
        return list(self._outputs)

    def accepted(self) -> list[dict[str, Any]]:
        """Return the records the firmware ever accepted, oldest first; a torn line is left out."""
        return accepted_in(self.directory)

    def errors(self) -> str:
        """Return what the board wrote to its error output."""
        path = self.directory / "stderr.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _write(self, text: str) -> bool:
        process = self._process
        if process is None or process.stdin is None or process.poll() is not None:
            return False
        try:
            process.stdin.write(text)
            process.stdin.flush()
        except OSError:  # it lost its power between the look and the write
            return False
        return True

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        for text in process.stdout:
            output = _parsed(text)
            self._outputs.append(output)
            if self._on_output is not None:
                self._on_output(self, output)

    def _finish(self) -> None:
        process, reader = self._process, self._reader
        if process is None:
            return
        process.wait()
        if reader is not None:
            reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)


class Fleet:
    """The boards of a room by node."""

    def __init__(self, boards: Iterable[BoardProcess]) -> None:
        self.boards = {board.node: board for board in boards}

    def start(self) -> None:
        """Give every board power."""
        for board in self.boards.values():
            board.start()

    def apply(self, stimuli: Iterable[Stimulus]) -> None:
        """Carry out stimuli, each at the board of its node."""
        for stimulus in stimuli:
            self.boards[stimulus.node].apply(stimulus)

    def tend(self) -> list[str]:
        """Start boards again that reset themselves; return their nodes."""
        return [node for node, board in self.boards.items() if board.tend()]

    def stop(self) -> None:
        """End every board."""
        for board in self.boards.values():
            board.stop()


def accepted_in(directory: Path) -> list[dict[str, Any]]:
    """Return the records that the firmware of a board directory ever accepted, oldest first."""
    path = directory / "accepted.jsonl"
    if not path.exists():
        return []
    records = (_parsed(text) for text in path.read_text(encoding="utf-8").splitlines() if text)
    return [record for record in records if record["out"] == "accepted"]


def _parsed(text: str) -> dict[str, Any]:
    try:
        output = json.loads(text)
    except ValueError:
        output = None
    if isinstance(output, dict) and "out" in output:
        return output
    return {"out": "log", "level": "print", "text": text.rstrip("\n")}


def _command(interpreter: str, directory: Path) -> list[str]:
    if interpreter == "cpython":
        return [sys.executable, "-m", "strongroom_sim.board", str(directory)]
    if interpreter != "micropython":
        raise ValueError(f"interpreter must be micropython or cpython, not {interpreter}")
    if frozen := os.environ.get(FROZEN):
        return [frozen, "-X", f"heapsize={heap(directory)}", "-m", "frozen_boot", str(directory)]
    command = micropython_command()
    if command is None:
        raise FileNotFoundError(
            "MicroPython >= 1.24 is not installed; scripts/micropython.sh --fetch gets it"
        )
    rom = rom_image()
    if rom is None:
        module = ["-m", "strongroom_sim.board"]
        return [command, "-X", f"heapsize={HEAP_WITH_CODE}", *module, str(directory)]
    boot = Path(__file__).with_name("rom_boot.py")
    return [command, "-X", f"heapsize={heap(directory)}", str(boot), str(rom), str(directory)]


def heap(directory: Path) -> str:
    """Return the heap of the board in `directory`, as MicroPython's -X heapsize takes it."""
    if os.environ.get(FROZEN):
        return HEAP_FROZEN
    settings = json.loads((directory / "node.json").read_text())
    special = [HEAPS[one["type"]] for one in settings["devices"] if one["type"] in HEAPS]
    return special[0] if special else HEAP


def _environment(interpreter: str) -> dict[str, str]:
    places = [str(place) for place in SEARCH_PATH]
    if interpreter == "cpython":
        return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    return {**os.environ, "MICROPYPATH": ":".join([*places, ".frozen"])}


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:  # what was still to be written has no reader any more
        pass
