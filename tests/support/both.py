"""Runs the same checks under CPython and under MicroPython.

A file of checks holds functions called `check_*`, plain or async, that assert. It may import the
node's code, the fake `machine` and the emulated chips, and nothing that MicroPython has not.

    check = checks(Path(__file__).with_name("climate_checks.py"))

    @pytest.mark.parametrize("interpreter", INTERPRETERS)
    @pytest.mark.parametrize("name", check.names)
    def test_climate(interpreter, name): check(interpreter, name)
"""

import asyncio
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from support.needs import REPOSITORY, micropython

FIRMWARE = REPOSITORY / "firmware"
PATH = [FIRMWARE / "sim" / "fake", FIRMWARE / "sim", FIRMWARE / "esp32", FIRMWARE]
# The code is compiled into it and the chips live in it, which is so on no node: those are held to 64 KB by
# firmware/link/test_small_heap.py.
HEAP = "128wK"
INTERPRETERS = [
    "cpython",
    pytest.param("micropython", marks=pytest.mark.needs("micropython")),
]

# Run by MicroPython: every check on its own, a line each.
_RUNNER = """
import asyncio, gc, sys
module = __import__(sys.argv[1])
for name in sorted(dir(module)):
    if not name.startswith("check_"):
        continue
    gc.collect()
    try:
        result = getattr(module, name)()
        if hasattr(result, "send"):
            asyncio.run(result)
        print("PASS", name)
    except Exception as e:
        print("FAIL", name)
        sys.print_exception(e, sys.stdout)
        print("END", name)
print("DONE")
"""


class checks:  # noqa: N801  reads as a function where it is used
    """The checks of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = re.findall(r"^(?:async )?def (check_\w+)\(\):", path.read_text(), re.MULTILINE)
        assert self.names, f"no checks in {path}"

    def __call__(self, interpreter: str, name: str) -> None:
        """Run one check; AssertionError says what went wrong there."""
        if interpreter == "micropython":
            output = under_micropython(self.path)
            assert "\nDONE\n" in output, output
            failure = re.search(
                rf"^FAIL {name}\n(.*?)^END {name}$", output, re.DOTALL | re.MULTILINE
            )
            assert failure is None, failure and failure[1]
            assert f"PASS {name}\n" in output, output
            return
        check = getattr(_module(self.path), name)
        if inspect.iscoroutinefunction(check):
            asyncio.run(check())
        else:
            check()


@cache
def under_micropython(path: Path) -> str:
    """Run all checks of a file, on a heap of their own, and return what they printed."""
    command = micropython()
    assert command is not None
    places = [path.parent, *PATH, ".frozen"]
    done = subprocess.run(
        [command, "-X", f"heapsize={HEAP}", "-c", _RUNNER, path.stem],
        env=os.environ | {"MICROPYPATH": ":".join(str(place) for place in places)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return "\n" + done.stdout + done.stderr


@cache
def _module(path: Path):
    for place in reversed(PATH):
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
    spec = importlib.util.spec_from_file_location("checks_" + path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
