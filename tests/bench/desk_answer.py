"""From a card on the desk reader to the node's answer to it: real firmware, broker, gateway, ledger.

The clock starts when the card comes into the field of the emulated reader, and stops when the node has carried
out the gateway's answer (light, sound, words) and said so. What it includes: the reader's poll, the event on
flash, the link, the decision, and the link back. The baseline is the same way without a gateway: until the
event is on flash.
"""

import threading
import time
from pathlib import Path
from typing import Any

from strongroom_sim.fleet import BoardProcess, make_board, micropython_command
from support.waiting import wait_for

from bench.figures import latency, percentile
from bench.subjects import ROOM, Gateway, quick_broker

DESK_CONFIG = """
[[desk]]
id = "front"
name = "Desk"
node = "desk-1"
reader = "desk"
signal = "lamp"

[[person]]
id = "li"
name = "Li"
badges = ["04a1b2c3d4e5f6"]

[[person]]
id = "wang"
name = "Wang"
badges = ["04a1b2c3d4e5f7"]
"""


class Desk:
    """A desk node; notes when it accepted an event of each kind."""

    def __init__(self, folder: Path, port: int, interpreter: str) -> None:
        """Start it on a broker."""
        self._heard = threading.Condition()
        self._kinds: list[tuple[str, float]] = []
        make_board(folder, ROOM, "desk-1", "desk", {"host": "127.0.0.1", "port": port, "tls": None})
        self.board = BoardProcess(folder, interpreter, self._note)
        self.board.start()

    def _note(self, _board: BoardProcess, output: dict[str, Any]) -> None:
        if output["out"] == "accepted" and output["lane"] == "event":
            with self._heard:
                self._kinds.append((output["kind"], time.perf_counter()))
                self._heard.notify_all()

    def tap(self, uid: str) -> tuple[float, float]:
        """Hold a card to the reader; return the seconds until it was on flash and until it was answered."""
        with self._heard:
            self._kinds.clear()
        began = time.perf_counter()
        self.board.send("desk", "place", uid=uid)
        with self._heard:
            assert self._heard.wait_for(lambda: self._at("command") is not None, 10), "no answer"
            flash, answer = self._at("tag"), self._at("command")
        assert flash is not None
        assert answer is not None
        self.board.send("desk", "remove", uid=uid)
        return flash - began, answer - began

    def _at(self, kind: str) -> float | None:
        return next((at for found, at in self._kinds if found == kind), None)


def run(folder: Path, taps: int) -> dict[str, Any]:
    """Tap unknown cards and a known badge in turn; print and return the figures."""
    interpreter = "micropython" if micropython_command() else "cpython"
    with quick_broker(folder / "broker") as broker:
        gateway = Gateway(folder / "gateway", broker.port, "lean")
        config = folder / "gateway" / "gateway.toml"
        config.write_text(config.read_text() + DESK_CONFIG)
        gateway.start()
        desk = Desk(folder / "desk", broker.port, interpreter)
        wait_for(lambda: desk._at("node") is not None, 30, "the desk being up")
        flash, unknown, known = [], [], []
        desk.tap("04ffffffffff01")  # the first one finds the modules still to be loaded
        for n in range(taps):
            strange = desk.tap(f"04bb{n:010x}")
            flash.append(strange[0])
            unknown.append(strange[1])
            known.append(desk.tap(f"04a1b2c3d4e5f{6 + n % 2}")[1])
        desk.board.stop()
        gateway.stop()
    figures: dict[str, Any] = {}
    for label, values in (
        ("on flash", flash),
        ("an unknown tag is answered", unknown),
        ("a badge is answered", known),
    ):
        print(f"{label:32} on {interpreter}: p50/p99/p99.9 {latency(values)}")
        figures[label] = {f"p{p}": percentile(values, p / 100) for p in (50, 95, 99)}
    return figures
