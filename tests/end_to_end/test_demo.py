"""`strongroom demo` as a user runs it: a process, its output, its report, its end."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.waiting import wait_for

COMMAND = [
    sys.executable,
    "-c",
    "import sys; from strongroom_gateway.cli import main; sys.exit(main())",
]
CODES = {
    "exit.no_leave",
    "return.deficient",
    "safe.outside_hours",
    "safe.one_person",
    "badge.unknown",
    "climate.humidity_high",
    "node.silent",
    "sensor.lost",
}


class Demo:
    """A demo as a process of its own, with a folder of its own for temporary files."""

    def __init__(self, scratch: Path, *words: str, **environment: str) -> None:
        self.scratch = scratch
        self.lines: list[str] = []
        self._children: dict[int, psutil.Process] = {}
        self.process = subprocess.Popen(
            [*COMMAND, "demo", "--port", "0", "--lang", "en", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "TMPDIR": str(scratch), **environment},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def wait_for_line(self, part: str, seconds: float = 60) -> None:
        wait_for(
            lambda: part in self.text or self.process.poll() is not None,
            seconds,
            lambda: f"{part!r} in {self.text}",
            every=0.1,
        )
        assert part in self.text, self.text

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def finish(self, seconds: float) -> int:
        code = self.process.wait(seconds)
        self._reader.join(10)
        self.process.stdout.close()
        return code


@pytest.fixture
def scratch() -> Iterator[Path]:
    # Not pytest's own: the path must be short, and it must be seen to be empty afterwards.
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        yield Path(folder)


def all_gone(children: list[psutil.Process]) -> bool:
    return not any(child.is_running() and child.status() != "zombie" for child in children)


def check(report: dict, seconds: float) -> None:
    assert report["lost"] == 0, report["lost_messages"]
    assert report["doubled"] == 0
    assert report["gaps"] == 0
    assert report["quarantined"] == 0
    assert report["alarms_missing"] == []
    assert {alarm["code"] for alarm in report["alarms"]} == CODES
    for alarm in report["alarms"]:
        assert alarm["why"], alarm
        assert alarm["latency_ms"] < 30_000, alarm
    by_code = Counter(alarm["code"] for alarm in report["alarms_unexpected"])
    for silent in ("exit.no_leave", "badge.unknown", "safe.outside_hours"):
        assert not by_code[silent], report["alarms_unexpected"]
    assert set(report["nodes"]) == {"climate-1", "desk-1", "gate-1", "safe-1", "shelf-1"}
    for node in report["nodes"].values():
        assert node["lost"] == 0
        assert node["committed"] == sum(node["sent"].values()) > 0
    assert report["nodes"]["shelf-1"]["boots"] == 2  # it lost its power
    assert report["nodes"]["climate-1"]["sent"]["telemetry"] > seconds / 2
    assert report["seconds"] == pytest.approx(seconds, abs=5)


@pytest.mark.timeout(180)
@pytest.mark.needs("mosquitto", "micropython")
def test_half_a_minute_of_the_demo_loses_nothing_and_misses_no_alarm(scratch: Path) -> None:
    report = scratch / "report.json"
    demo = Demo(scratch, "--seconds", "30", "--seed", "7", "--report", str(report))
    code = demo.finish(150)
    found = json.loads(report.read_text())
    assert code == 0, demo.text
    check(found, 30)
    assert (found["broker"], found["interpreter"], found["seed"]) == ("mosquitto", "micropython", 7)
    assert found["versions"]["firmware"].startswith("MicroPython")
    assert [path.name for path in scratch.iterdir()] == ["report.json"]
    assert "\x1b" not in demo.text  # a pipe gets plain lines
    assert re.search(r"\[sensed] #\d+ desk-1: .* at desk", demo.text)
    assert re.search(
        r"\[alarm] #\d+ ALARM exit.no_leave box-\d+ \(critical\): .+  <- .*leave=", demo.text
    )


def test_a_place_that_the_report_cannot_go_to_is_told_at_once(scratch: Path) -> None:
    demo = Demo(scratch, "--report", str(scratch / "no-folder" / "report.json"))
    assert demo.finish(60) == 2
    assert demo.text == f"strongroom: {scratch}/no-folder/report.json: No such file or directory\n"
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [3, 11])
def test_the_demo_with_nothing_installed(scratch: Path, seed: int) -> None:
    report = scratch / "report.json"
    words = ("--broker", "embedded", "--interpreter", "cpython", "--seed", str(seed))
    demo = Demo(scratch, "--seconds", "30", "--report", str(report), *words)
    code = demo.finish(200)
    found = json.loads(report.read_text())
    assert code == 0, demo.text
    check(found, 30)
    assert found["broker"] == "embedded (amqtt)"
    assert found["interpreter"] == "cpython"
    assert "embedded (amqtt) - asked for" in demo.text


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.needs("mosquitto", "micropython")
def test_three_minutes_of_the_demo(scratch: Path) -> None:
    report = scratch / "report.json"
    demo = Demo(scratch, "--seconds", "175", "--seed", "5", "--report", str(report))
    code = demo.finish(380)
    found = json.loads(report.read_text())
    assert code == 0, demo.text
    assert found["lost"] == found["doubled"] == found["quarantined"] == 0
    assert Counter(alarm["code"] for alarm in found["alarms"])["exit.no_leave"] == 3
    assert "exit.no_leave" not in {alarm["code"] for alarm in found["alarms_unexpected"]}


@pytest.mark.needs("mosquitto", "micropython")
def test_ctrl_c_ends_everything_in_order(scratch: Path) -> None:
    demo = Demo(scratch)
    demo.wait_for_line("five nodes run")
    children = demo.children()
    assert len(children) == 12  # broker, gateway, five boards, and the chips of each
    os.killpg(demo.process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    assert demo.finish(30) == 0, demo.text
    wait_for(lambda: all_gone(children), 20, lambda: str(children))
    assert list(scratch.iterdir()) == []
    assert "Traceback" not in demo.text


@pytest.mark.needs("mosquitto", "micropython")
def test_a_second_ctrl_c_ends_everything_at_once(scratch: Path) -> None:
    demo = Demo(scratch, "--seconds", "3600", "--report", str(scratch / "r.json"))
    demo.wait_for_line("five nodes run")
    children = demo.children()
    gateway = next(child for child in children if "gateway" in child.cmdline())
    gateway.suspend()  # it cannot end in order any more
    os.killpg(demo.process.pid, signal.SIGINT)
    demo.wait_for_line("the story is over")
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.finish(30) == 130, demo.text
    wait_for(lambda: all_gone(children), 20, lambda: str(children))


def test_a_port_in_use_and_files_to_keep(scratch: Path) -> None:
    demo = Demo(
        scratch, "--seconds", "1", "--keep", "--broker", "embedded", "--interpreter", "cpython"
    )
    assert demo.finish(100) == 0, demo.text
    kept = Path(re.search(r"files kept in (\S+)", demo.text)[1])
    assert (kept / "ledger.db").exists()
    assert (kept / "gateway.toml").exists()


@pytest.mark.needs("mosquitto", "micropython")
def test_on_a_terminal_there_is_a_panel_below_the_lines(scratch: Path) -> None:
    controller, terminal = pty.openpty()
    shown = bytearray()

    def read() -> None:
        while True:
            try:
                data = os.read(controller, 4096)
            except OSError:  # the last one closed the terminal
                return
            if not data:
                return
            shown.extend(data)

    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", "0", "--lang", "zh_CN", "--seconds", "4"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TMPDIR": str(scratch), "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(terminal)
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert process.wait(100) == 0, shown.decode(errors="replace")
    finally:
        process.kill()
        reader.join(10)
        os.close(controller)
    text = shown.decode(errors="replace")
    assert "╭" in text and "消息代理" in text  # the panel, in Chinese
    assert "库房" in text and "Traceback" not in text
    assert text.rstrip().count("\x1b[?25h") >= 1  # the cursor is back
