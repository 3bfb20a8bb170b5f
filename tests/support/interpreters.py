"""Starts a program with CPython or MicroPython and reads the JSON lines it prints.

    with Program("micropython", path, {"port": 1883}) as program:
        program.line("connect")      # waits for the line whose "step" is that
        program.end()                # waits for the exit and returns all lines

Noise on stderr is a failure at `end`.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import pytest

from support.needs import REPOSITORY, micropython
from support.waiting import wait_for

FIRMWARE = REPOSITORY / "firmware"
BOTH = ["cpython", pytest.param("micropython", marks=pytest.mark.needs("micropython"))]


class Program:
    """One running program."""

    def __init__(
        self,
        interpreter: str,
        path: Path,
        task: dict[str, Any],
        *,
        before: Sequence[Path] = (),
        heap: str = "64wK",
        arguments: Sequence[str] = (),
    ) -> None:
        """Start `path` with the task as JSON in the first line of its stdin.

        before   folders that come first on the module path (a virtual clock, say)
        heap     of MicroPython; a `w` counts in words, so 64wK is what an ESP32 calls 64 KB
        """
        places = [str(place) for place in (*before, FIRMWARE, FIRMWARE / "sim", path.parent)]
        if interpreter == "micropython":
            command = [str(micropython()), "-X", f"heapsize={heap}"]
            environment = {"MICROPYPATH": ":".join([*places, ".frozen"])}
        else:
            command = [sys.executable, "-W", "error"]
            environment = {"PYTHONPATH": ":".join(places)}
        self._process = subprocess.Popen(
            [*command, str(path), *arguments],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        with self._process.stdin as stdin:
            stdin.write(json.dumps(task) + "\n")
        self.lines: list[dict[str, Any]] = []
        self.text = ""  # what it printed that is not JSON
        self.noise = ""
        self._readers = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_noise, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def line(self, step: str, nth: int = 1, seconds: float = 30) -> dict[str, Any]:
        """Wait for the nth line with this step and return it."""

        def found() -> dict[str, Any] | None:
            # Asked first: what it said last may come in between.
            alive = self._process.poll() is None or self._alive()
            lines = [line for line in list(self.lines) if line.get("step") == step]
            if len(lines) >= nth:
                return lines[nth - 1]
            assert alive, f"it ended: {self._state()}"
            return None

        answer = wait_for(found, seconds, lambda: f"step {step} {nth}: {self._state()}")
        assert answer is not None
        return answer

    def end(self, seconds: float = 30) -> list[dict[str, Any]]:
        """Wait for the exit; fails on a bad status or words on stderr."""
        wait_for(lambda: self._process.poll() is not None, seconds, self._state)
        for reader in self._readers:
            reader.join(5)
        assert self._process.returncode == 0, self._state()
        assert not self.noise, self._state()
        return self.lines

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()
        self._process.wait(10)

    def __enter__(self) -> Self:
        """Return the running program."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it if it still runs and close its pipes."""
        if self._process.poll() is None:
            self.kill()
        for reader in self._readers:
            reader.join(5)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def _alive(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def _state(self) -> str:
        shown = "\n".join(json.dumps(line) for line in self.lines[-8:])
        return f"exit {self._process.poll()}\n{shown}\n{self.text}{self.noise}"

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            if text.startswith("{"):
                self.lines.append(json.loads(text))
            else:
                self.text += text

    def _read_noise(self) -> None:
        assert self._process.stderr is not None
        for text in self._process.stderr:
            self.noise += text
