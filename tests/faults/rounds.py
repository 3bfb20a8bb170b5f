"""One seeded round: people go about their work, parts are killed, everything comes back."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

from support.waiting import wait_for

from faults.archive import NODES, box
from faults.people import Archive, Day, number
from faults.room import Refusal, Room

FAULTS = (
    ("node",),
    ("gateway",),
    ("broker",),
    ("cut",),
    ("disk",),
    ("node", "gateway"),
    ("disk", "gateway"),
    ("broker", "gateway"),
    ("empty broker",),
    ("node", "broker"),
    ("cut", "gateway"),
    ("node", "broker", "gateway"),
)
LONGEST_S = 3.2
"""How long after the beginning of a round a part is killed at the latest."""
ALARM_S = 20.0


class Round:
    """What is killed is chosen by the seed's number, when and for how long by its dice."""

    def __init__(self, room: Room, archive: Archive, seed: int) -> None:
        """Choose; nothing happens yet."""
        self.room = room
        self.seed = seed
        self.faults = FAULTS[seed % len(FAULTS)]
        self.day = Day(room, archive, seed, room.record())
        self._dice = random.Random(f"round {seed}")
        self.node = self._dice.choice(NODES)

    def __str__(self) -> str:
        parts = [self.node if part == "node" else part for part in self.faults]
        return " and ".join(f"{p} of {self.node}" if p == "cut" else p for p in parts)

    @property
    def struck(self) -> str | None:
        """The node that lost its power, None when none did."""
        return self.node if "node" in self.faults else None

    def run(self) -> None:
        """Let it happen."""
        day = self.day
        with ThreadPoolExecutor(4) as people:
            acts = [day.at_the_desk, day.at_the_safe, day.at_the_gate, day.in_the_office]
            going_on = [people.submit(act) for act in acts]
            self._fail()
            for one in going_on:
                one.result()

    def _fail(self) -> None:
        time.sleep(self._dice.uniform(0.3, LONGEST_S))
        for fault in self.faults:
            self._strike(fault)
            if len(self.faults) > 1:
                time.sleep(self._dice.uniform(0.0, 0.3))
        if "disk" in self.faults:
            self._disk()
            return
        time.sleep(self._dice.uniform(0.05, 1.5))
        for fault in self._dice.sample(self.faults, len(self.faults)):
            self._mend(fault)

    def _strike(self, fault: str) -> None:
        room = self.room
        if fault == "node":
            room.kill_node(self.node)
        elif fault == "cut":
            how = self._dice.choice(["stall", "reset"])
            room.happens(self.node, "board", "network_cut", on=True, how=how)
        elif fault == "gateway":
            room.kill_gateway()
        elif fault == "disk":
            ways: tuple[Refusal, Refusal] = ("full", "locked")
            room.disk_refuses(ways[self.seed // len(FAULTS) % 2])
        else:
            room.broker.kill()

    def _mend(self, fault: str) -> None:
        room = self.room
        if fault == "node":
            room.start_node(self.node)
        elif fault == "cut":
            room.happens(self.node, "board", "network_cut", on=False)
        elif fault == "gateway":
            room.start_gateway()
        else:
            room.broker.restart(empty=fault == "empty broker")

    def _disk(self) -> None:
        """While the disk refuses, a theft is told at once, and nothing is recorded of it.

        A gateway that begins on a full disk cannot even read: it knows nobody's slip and stops the
        tag, whoever's it is.
        """
        room = self.room
        if "gateway" in self.faults:
            room.start_gateway()
            self.day.blind = room.refuses == "full"
        stolen = self.day.stolen_while_the_disk_refuses()
        alarm = f"exit.no_leave:{stolen}"
        if self.day.blind:
            alarm = f"exit.not_readable:{box(number(stolen))['tags'][1]}"

        def told() -> bool:
            return {alarm, "ledger.not_recording"} <= room.watcher.standing()

        wait_for(
            told,
            ALARM_S,
            lambda: f"{stolen} told while the disk refuses: {room.watcher.standing()}",
        )
        on_record = [one.kind for one in room.record().entries if one.body.get("item") == stolen]
        assert not on_record, f"the disk did not refuse: {on_record}"
        room.disk_takes()
