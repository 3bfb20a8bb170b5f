"""A room under test: a real mosquitto, the product's gateway process, and boards with the real firmware."""

import random
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from strongroom_sim.fleet import BoardProcess, make_board
from support.mosquitto import Mosquitto, free_port
from support.waiting import wait_for

ROOM = "room-1"
KINDS = ("desk", "safe", "gate")

CONFIG = """
[room]
id = "{room}"
name = "Faults"
language = "en"

[mqtt]
host = "127.0.0.1"
port = {mqtt_port}
transport = "{transport}"

[ledger]
path = "ledger.db"

[api]
port = {api_port}

[[desk]]
id = "desk"
name = "Desk"
node = "desk-1"
reader = "desk"

[[safe]]
id = "safe"
name = "Safe"
node = "safe-1"
input = "safe-door"
hours = []

[[gate]]
id = "exit"
name = "Exit"
node = "gate-1"
reader = "gate"
"""

Act = tuple[float, Callable[[], object]]
"""Something that happens, at so many seconds into a round."""
Record = tuple[str, int, int]
"""(node, boot, seq) of an event."""


class Room:
    """Everything of one room; each part can be killed and started again."""

    def __init__(self, folder: Path, transport: str, interpreter: str) -> None:
        """Write the configurations; nothing runs yet."""
        self.folder = folder
        self.kills: Counter[str] = Counter()
        self.broker = Mosquitto(folder / "broker")
        self._transport = transport
        self._interpreter = interpreter
        self._gateway: subprocess.Popen[bytes] | None = None
        self.boards: dict[str, BoardProcess] = {}

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
        values = {
            "room": ROOM,
            "mqtt_port": self.broker.port,
            "api_port": self.api_port,
            "transport": self._transport,
        }
        (self.folder / "gateway.toml").write_text(CONFIG.format(**values))
        self.start_gateway()
        address = {"host": "127.0.0.1", "port": self.broker.port, "tls": None, "keepalive": 5}
        for kind in KINDS:
            home = self.folder / f"{kind}-1"
            make_board(home, ROOM, f"{kind}-1", kind, address)
            self.boards[f"{kind}-1"] = BoardProcess(home, self._interpreter)
            self.boards[f"{kind}-1"].start()
        nodes = {f"{kind}-1" for kind in KINDS}
        wait_for(
            lambda: nodes <= {node for node, _, _ in self.recorded()},
            30,
            lambda: f"each node heard; {[board.errors()[-500:] for board in self.boards.values()]}",
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process that was started here."""
        self.close()

    def close(self) -> None:
        """End every process that was started here."""
        for board in self.boards.values():
            board.stop()
        self.kill_gateway()
        self.broker.kill()

    def start_gateway(self) -> None:
        """Start the gateway and wait until it says that it is healthy."""
        command = [str(Path(sys.executable).parent / "strongroom"), "gateway"]
        with (self.folder / "gateway.log").open("ab") as log:
            self._gateway = subprocess.Popen(
                [*command, "--config", str(self.folder / "gateway.toml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

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

    def accepted(self) -> set[Record]:
        """Return the events that the firmware had on flash, written down outside of the firmware."""
        return {
            (board.node, r["boot"], r["seq"])
            for board in self.boards.values()
            for r in board.accepted()
            if r["lane"] == "event"
        }

    def recorded(self) -> list[Record]:
        """Return the events in the ledger, doubles and all."""
        path = self.folder / "ledger.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as ledger:
            try:
                rows = ledger.execute("SELECT node, boot, seq FROM entry WHERE boot IS NOT NULL")
                return [(str(n), int(b), int(s)) for n, b, s in rows]
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):  # the gateway is just making it
                    return []
                raise

    def tags(self, act: str = "seen") -> Counter[str]:
        """Return how often each tag's arrival is in the ledger."""
        with closing(
            sqlite3.connect(f"file:{self.folder / 'ledger.db'}?mode=ro", uri=True)
        ) as ledger:
            rows = ledger.execute(
                "SELECT json_extract(body, '$.id') FROM entry WHERE boot IS NOT NULL"
                " AND json_extract(body, '$.act') = ?",
                [act],
            )
            return Counter(str(tag) for (tag,) in rows)


class Round:
    """One seeded round: things happen in the room, something is killed, everything comes back."""

    FAULTS = (
        "node",
        "broker",
        "gateway",
        "cut",
        "empty broker",
        "gateway and node",
        "broker and gateway",
    )

    def __init__(self, room: Room, seed: int) -> None:
        """Choose what will happen from the seed alone."""
        self.room = room
        self.dice = random.Random(seed)
        self.fault = self.FAULTS[seed % len(self.FAULTS)]
        self.seed = seed
        self.node = self.dice.choice([f"{kind}-1" for kind in KINDS])
        self.strike_at = self.dice.uniform(0.3, 2.2)
        self.down_for = self.dice.uniform(0.05, 1.5)

    def run(self, seconds: float = 3.0) -> None:
        """Let it happen."""
        began = time.monotonic()
        agenda = self._agenda(seconds)
        agenda += [(self.strike_at, self._strike), (self.strike_at + self.down_for, self._mend)]
        for at, act in sorted(agenda, key=lambda one: one[0]):
            time.sleep(max(0.0, began + at - time.monotonic()))
            act()

    def _agenda(self, seconds: float) -> list[Act]:
        agenda: list[Act] = []
        at, n = 0.0, 0
        while (at := at + self.dice.uniform(0.05, 0.25)) < seconds:
            n += 1
            stay = self.dice.uniform(0.3, 0.8)
            what = self.dice.random()
            if what < 0.4:
                agenda += self._visit(
                    "desk-1", "desk", "place", "remove", {"uid": self._id(n, 7)}, at, stay
                )
            elif what < 0.7:
                reader = self.dice.choice(["gate-in", "gate-out"])
                tag = {"epc": self._id(n, 12)}
                agenda += self._visit("gate-1", reader, "enter", "leave", tag, at, stay)
            else:
                agenda += self._visit("safe-1", "safe-door", "open", "close", {}, at, stay)
        return agenda

    def _visit(
        self,
        node: str,
        device: str,
        begin: str,
        end: str,
        what: dict[str, str],
        at: float,
        stay: float,
    ) -> list[Act]:
        board = self.room.boards[node]
        more = {"rssi": -50} if begin == "enter" else {}
        return [
            (at, lambda: board.send(device, begin, **what, **more)),
            (at + stay, lambda: board.send(device, end, **what)),
        ]

    def _id(self, n: int, size: int) -> str:
        return f"04{self.seed:04x}{n:06x}".ljust(size * 2, "5")

    def _strike(self) -> None:
        room = self.room
        if "node" in self.fault:
            room.kills[self.node] += 1
            room.boards[self.node].kill()
        if self.fault == "cut":
            room.boards[self.node].send(
                "board", "network_cut", on=True, how=self.dice.choice(["stall", "reset"])
            )
        if "broker" in self.fault:
            room.broker.kill()
        if "gateway" in self.fault:
            room.kill_gateway()

    def _mend(self) -> None:
        room = self.room
        if "broker" in self.fault:
            room.broker.restart(empty=self.fault == "empty broker")
        if "gateway" in self.fault:
            room.start_gateway()
        if "node" in self.fault:
            room.boards[self.node].start()
        if self.fault == "cut":
            room.boards[self.node].send("board", "network_cut", on=False)


def drained(room: Room) -> bool:
    """Whether every accepted event is in the ledger."""
    return room.accepted() <= set(room.recorded())
