"""A room under test: a real mosquitto, the product's gateway process, and boards with the real firmware."""

import resource
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, Self

from strongroom_sim.fleet import BoardProcess, make_board
from support.mosquitto import Mosquitto, free_port
from support.waiting import wait_for

from faults import archive
from faults.archive import DEEDS, KINDS, NODES, ROOM
from faults.asking import Office
from faults.record import Origin, Record, read_record
from faults.watching import Watcher

Refusal = Literal["full", "locked"]


class Room:
    """Everything of one room; each part can be killed and started again."""

    def __init__(self, folder: Path, transport: str, interpreter: str) -> None:
        """Write the configurations; nothing runs yet."""
        self.folder = folder
        self.kills: Counter[str] = Counter()
        self.broker = Mosquitto(folder / "broker")
        self.ledger = folder / "ledger.db"
        self.office = Office(folder / "admin.sock")
        self._transport = transport
        self._interpreter = interpreter
        self._gateway: subprocess.Popen[bytes] | None = None
        self.refuses: Refusal | None = None
        self._lock_on_ledger: sqlite3.Connection | None = None
        self._boards: dict[str, BoardProcess] = {}
        self._power = {node: threading.Lock() for node in NODES}
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        """Start all parts and wait until each node has been heard."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def _start(self) -> None:
        self.broker.start()
        self.api_port = free_port()
        text = archive.configuration(self.broker.port, self.api_port, self._transport)
        (self.folder / "gateway.toml").write_text(text)
        self.start_gateway()
        address = {"host": "127.0.0.1", "port": self.broker.port, "tls": None, "keepalive": 5}
        for kind, node in zip(KINDS, NODES, strict=True):
            home = self.folder / node
            make_board(home, ROOM, node, kind, address)
            self._boards[node] = BoardProcess(home, self._interpreter, self._keep_output)
        for n in range(DEEDS):
            self.happens("safe-1", "safe-reader", "place", uid=archive.deed(n)["tags"][0])
        for node in NODES:
            self.start_node(node)
        wait_for(
            lambda: set(NODES) <= {node for node, _, _ in self.record().origins()},
            60,
            lambda: f"each node heard; {[b.errors()[-500:] for b in self._boards.values()]}",
        )
        self.watcher = self._parts.enter_context(Watcher(self.broker.port, ROOM))

    def __exit__(self, *_: object) -> None:
        """End every process that was started here."""
        self.close()

    def close(self) -> None:
        """End every process that was started here."""
        self._parts.close()
        for board in self._boards.values():
            board.stop()
        self.kill_gateway()
        self.disk_takes()
        self.broker.kill()

    def _keep_output(self, board: BoardProcess, output: dict[str, object]) -> None:
        """Write down what a board says on its console: for whoever looks for a cause."""
        if output["out"] == "log":
            with (board.directory / "console.log").open("a", encoding="utf-8") as log:
                log.write(f"{output.get('text')}\n")

    # -- nodes -------------------------------------------------------------------------------------

    def happens(self, node: str, device: str, do: str, **what: object) -> None:
        """Let something happen at a node; it is remembered for one without power."""
        with self._power[node]:
            self._boards[node].send(device, do, **what)

    def kill_node(self, node: str) -> None:
        """SIGKILL: a power cut."""
        with self._power[node]:
            self.kills[node] += 1
            self._boards[node].kill()

    def start_node(self, node: str) -> None:
        """Give it power; it finds its surroundings as they stand."""
        with self._power[node]:
            self._boards[node].start()

    def accepted(self) -> set[Origin]:
        """Return the events that the firmware had on flash, written down outside of the firmware."""
        return {
            (board.node, r["boot"], r["seq"])
            for board in self._boards.values()
            for r in board.accepted()
            if r["lane"] == "event"
        }

    # -- gateway -----------------------------------------------------------------------------------

    def start_gateway(self) -> None:
        """Start the gateway. A disk that refuses does so from its first moment."""
        command = [str(Path(sys.executable).parent / "strongroom"), "gateway"]
        self._gateway = subprocess.Popen(
            [*command, "--config", str(self.folder / "gateway.toml")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._keep_log, args=(self._gateway,), daemon=True).start()
        if self.refuses == "full":
            self._limit_files(0)

    def _keep_log(self, gateway: subprocess.Popen[bytes]) -> None:
        """Write down what it says: it can write to no file itself while the disk refuses."""
        assert gateway.stdout is not None
        with gateway.stdout, (self.folder / "gateway.log").open("ab", buffering=0) as log:
            for line in gateway.stdout:
                log.write(line)

    def gateway_healthy(self) -> bool:
        """Whether /health answers with 200."""
        assert self._gateway is not None
        assert self._gateway.poll() is None, (self.folder / "gateway.log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}/health", timeout=5) as r:
                return bool(r.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill_gateway(self) -> None:
        """SIGKILL."""
        if self._gateway is not None:
            self._gateway.kill()
            self._gateway.wait(10)
            self._gateway = None

    # -- the disk ----------------------------------------------------------------------------------

    def disk_refuses(self, how: Refusal) -> None:
        """Let nothing more be written: every file is as large as it may be, or the ledger is locked.

        The kernel then answers the gateway's writes with an error, as a full disk does.
        """
        self.refuses = how
        if how == "full":
            self._limit_files(0)
        else:
            self._lock_on_ledger = sqlite3.connect(
                self.ledger, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._lock_on_ledger.execute("BEGIN IMMEDIATE")

    def disk_takes(self) -> None:
        """Let the ledger be written to again."""
        if self.refuses == "full" and self._gateway is not None:
            self._limit_files(resource.RLIM_INFINITY)
        self.refuses = None
        if self._lock_on_ledger is not None:
            self._lock_on_ledger.close()
            self._lock_on_ledger = None

    def _limit_files(self, size: int) -> None:
        assert self._gateway is not None
        resource.prlimit(self._gateway.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    # -- what is on record -------------------------------------------------------------------------

    def record(self) -> Record:
        """Return the ledger as it is on the disk now."""
        return read_record(self.ledger)
