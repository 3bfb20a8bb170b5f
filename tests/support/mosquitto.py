"""A real mosquitto for tests: started on a free port of 127.0.0.1, killed and restarted at will.

    with Mosquitto(tmp_path) as broker:          # plain TCP, anonymous, a folder of its own
        client.connect("127.0.0.1", broker.port)
        broker.kill()                            # SIGKILL: the power cut
        broker.restart()                         # same port, with what it had saved
        broker.restart(empty=True)               # same port, its database deleted

    with Mosquitto.of(folder) as broker:         # TLS, ACL: made by `strongroom broker init folder`
        ...

Tests that use it carry `@pytest.mark.needs("mosquitto")`. The service that a distribution runs is
never touched.
"""

import getpass
import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from support.needs import program
from support.waiting import wait_for

START_SECONDS = 10.0
STOP_SECONDS = 10.0


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """One broker process and the folder it lives in; the port stays the same over restarts."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        extra: Sequence[str] = (),
        config: Path | None = None,
    ) -> None:
        """Prepare a broker without starting it.

        folder   where its configuration, database and log go; made when it is not there
        port     a fixed port; a free one is taken without it
        extra    further lines of a plain broker's mosquitto.conf: "max_queued_messages 10"
        config   a finished mosquitto.conf to use as it is, listening on `port`
        """
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "mosquitto.log"
        self.database = self.folder / "data" / "mosquitto.db"
        self._extra = tuple(extra)
        self._given_config = config
        self._persistent = True
        self._process: subprocess.Popen[bytes] | None = None
        self._may_choose_port = port is None
        self.port = port or free_port()

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the broker described by a folder made with `strongroom broker init`."""
        config = Path(folder) / "mosquitto.conf"
        ports = [
            int(words[1])
            for words in map(str.split, config.read_text().splitlines())
            if words[:1] == ["listener"]
        ]
        assert len(ports) == 1, f"{config} has {len(ports)} listeners"
        return cls(folder, port=ports[0], config=config)

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the running broker."""
        assert self._process is not None, "mosquitto is not running"
        return self._process.pid

    def start(self, persistent: bool = True) -> None:
        """Start and wait until it accepts connections; without `persistent` it saves nothing."""
        assert not self.running, "mosquitto runs already"
        self._persistent = persistent
        for left in (2, 1, 0):
            if self._start_once():
                return
            if not (left and self._may_choose_port):
                break
            self.port = free_port()  # somebody took the port between the probe and the start
        raise AssertionError(f"mosquitto did not start on port {self.port}:\n{self.log_tail()}")

    def kill(self) -> None:
        """End it with SIGKILL: nothing is saved and no connection is closed properly."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def stop(self) -> None:
        """End it with SIGTERM, as a service manager would; it saves its database first."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            self._process = None

    def restart(self, empty: bool = False) -> None:
        """Kill it if it runs and start it on the same port; `empty` deletes what it had saved."""
        self.kill()
        if empty:
            for left_over in self.database.parent.glob("mosquitto.db*"):
                left_over.unlink()
        self._may_choose_port = False
        self.start(self._persistent)

    def log_tail(self, lines: int = 30) -> str:
        """Return the last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        """Start it when it does not run."""
        if not self.running:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it whatever happened."""
        if self.running:
            self.stop()

    def _start_once(self) -> bool:
        command = program("mosquitto")
        assert command is not None, (
            "mosquitto is not installed: mark the test with needs('mosquitto')"
        )
        config = self._given_config or self._write_config()
        log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [command, "-c", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(
            lambda: not self.running or self._accepts(log_start),
            START_SECONDS,
            lambda: f"mosquitto accepting on port {self.port}:\n{self.log_tail()}",
        )
        return self.running

    def _accepts(self, log_start: int) -> bool:
        with self.log.open("rb") as log:
            log.seek(log_start)
            if b" running" not in log.read():
                return False  # whoever listens on the port, it is not this broker yet
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def _write_config(self) -> Path:
        self.database.parent.mkdir(exist_ok=True)
        config = self.folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "max_inflight_messages 0",
            "max_queued_messages 1000000",
            "set_tcp_nodelay true",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_type information",
        ]
        if os.geteuid() == 0:
            lines.append(
                f"user {getpass.getuser()}"
            )  # the test's folder is closed to other accounts
        if self._persistent:
            lines += [
                "persistence true",
                f"persistence_location {self.database.parent}/",
                "autosave_interval 1",
                "autosave_on_changes true",
            ]
        config.write_text("\n".join([*lines, *self._extra]) + "\n")
        return config
