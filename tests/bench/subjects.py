"""What is measured: the gateway as a user starts it, and bare paho clients that do nothing with a message."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.mosquitto import Mosquitto, free_port
from support.waiting import wait_for

ROOM = "bench"
DESK = "load-desk"

CONFIG = """
[room]
id = "{room}"
name = "Bench"
time_zone = "Asia/Shanghai"
language = "en"

[mqtt]
host = "127.0.0.1"
port = {mqtt_port}
transport = "{transport}"

[ledger]
path = "ledger.db"

[api]
host = "127.0.0.1"
port = {api_port}

[climate]
profile = "cn-grade1"
store = "paper"

[[climate.zone]]
id = "stacks"
name = "Stacks"
sensors = ["load-0/t1"]
"""

# An alarm stands once for each desk, so each tap of the latency bench goes to a desk of its own.
DESK_CONFIG = """
[[desk]]
id = "d{n}"
name = "Desk {n}"
node = "{desk}"
reader = "r{n}"
"""
DESKS = 1250

# Every fsync of the gateway takes this much longer; strace stops only the calls that are named.
SLOW_DISK = [
    *("strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"),
    *("-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=20000"),
]


@contextmanager
def quick_broker(folder: Path) -> Iterator[Mosquitto]:
    """Start a broker that saves nothing: what it costs to save is not what is measured here."""
    broker = Mosquitto(folder)
    broker.start(persistent=False)
    try:
        yield broker
    finally:
        broker.stop()


class Gateway:
    """`strongroom gateway` in a folder of its own."""

    def __init__(
        self, folder: Path, mqtt_port: int, transport: str, slow_disk: bool = False
    ) -> None:
        """Write the configuration; nothing runs yet."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.api_port = free_port()
        self._prefix = SLOW_DISK if slow_disk else []
        self._process: subprocess.Popen[bytes] | None = None
        values = {
            "room": ROOM,
            "mqtt_port": mqtt_port,
            "transport": transport,
            "api_port": self.api_port,
        }
        desks = "".join(DESK_CONFIG.format(n=n, desk=DESK) for n in range(DESKS))
        (folder / "gateway.toml").write_text(CONFIG.format(**values) + desks)

    def start(self, seconds: float = 60) -> float:
        """Start; return the seconds until it said that it is healthy."""
        command = [str(Path(sys.executable).parent / "strongroom"), "gateway"]
        began = time.perf_counter()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, *command, "--config", str(self.folder / "gateway.toml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(self._healthy, seconds, "the gateway being healthy", every=0.005)
        return time.perf_counter() - began

    def _healthy(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}/health", timeout=5) as r:
                return bool(r.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def memory(self) -> tuple[float, float]:
        """Return resident memory now and at its highest, in MB."""
        text = Path(f"/proc/{self._pid()}/status").read_text()
        kilobytes = {k: int(v.split()[0]) for k, v in _fields(text) if k in ("VmRSS", "VmHWM")}
        return kilobytes["VmRSS"] / 1024, kilobytes["VmHWM"] / 1024

    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        fields = Path(f"/proc/{self._pid()}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it as a service manager would."""
        if self._process is not None:
            os.kill(self._pid(), 15)
            self._process.wait(30)
            self._process = None

    def _pid(self) -> int:
        assert self._process is not None
        if not self._prefix:
            return self._process.pid
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return int(children.split()[0])


def _fields(text: str) -> list[tuple[str, str]]:
    return [(k, v.strip()) for k, _, v in (line.partition(":") for line in text.splitlines())]


class Bare:
    """A paho client in a process of its own that counts what it gets, or echoes one topic."""

    def __init__(self, mode: str, port: int, count: int = 0) -> None:
        """``mode`` "count": report when ``count`` messages came; "echo": answer each tag at the desk."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.bare", mode, str(port), str(count)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        assert self._process.stdout is not None
        self._out = self._process.stdout
        assert self._out.readline() == "ready\n"

    def finished(self) -> float:
        """Wait for the last message; return when it came (time.perf_counter of this machine)."""
        return float(self._out.readline())

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(10)
        self._out.close()
