"""Power cut, and an error of the disk, at every step of a node's life on a Linux disk."""

import errno
import json
from typing import Any

import pytest
from strongroom_node.config_store import ConfigStore
from strongroom_node.errors import StoreError
from strongroom_node.ids import next_boot
from strongroom_node.outbox import Outbox
from strongroom_node.store import FileStore
from support.disk import Crash, Disk

TAG = {"reader": "desk", "id": "04aabbccddeeff", "act": "seen", "tech": "hf", "ant": None}
READING = {"sensor": "t1", "t": 20.5, "rh": 50.25}
Key = tuple[str, int, int]


def reported(record: dict[str, Any]) -> set[Key]:
    """What a record reports as lost."""
    if record.get("what") != "outbox.dropped":
        return set()
    return {(record["lane"], record["of_boot"], n) for n in range(record["from"], record["to"] + 1)}


class Node:
    """A node's life, and what it was promised."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.boots: list[int] = []
        self.accepted: dict[Key, Any] = {}
        self.fields: dict[Key, int] = {}
        self.count = 0
        self.acked: set[Key] = set()
        self.told: set[Key] = set()
        self.versions = [0]
        self.refused = 0
        self.outbox: Outbox

    def start(self) -> None:
        boot = next_boot(FileStore("/s"))
        assert boot not in self.boots, "a boot number came again"
        self.boots.append(boot)
        self.outbox = Outbox(
            FileStore("/q"), boot, lambda: (1, None, "none"), ram_bytes=300, on_accept=self.accept
        )

    def accept(self, lane: str, boot: int, seq: int, kind: str, mono: int) -> None:
        assert (lane, boot, seq) not in self.accepted
        self.accepted[lane, boot, seq] = kind

    def try_(self, act: Any) -> None:
        """Do something that the disk may refuse."""
        try:
            act()
        except StoreError:
            self.refused += 1

    def sense(self, many: int = 1) -> None:
        """Take in some events, each of which can be told from all others."""
        numbers = [self.count + n for n in range(many)]
        self.count += many
        items = [("tag", dict(TAG, n=n)) for n in numbers]
        done = self.outbox.add_many("event", items)
        self.fields.update({("event", *key): n for key, n in zip(done, numbers, strict=True)})

    def live(self) -> None:
        """Events alone and in bursts, readings, an ack, configurations, over two boots."""
        for _ in range(2):
            self.try_(self.start)
            if not self.boots or not hasattr(self, "outbox"):
                return
            for _ in range(14):
                self.try_(self.sense)
                self.try_(lambda: self.outbox.add("telemetry", "climate", READING))
            self.try_(lambda: self.sense(5))
            self.try_(self.sense)
            self.acknowledge(9)
            self.try_(lambda: self.sense(40))
            self.try_(self.sense)
            version = len(self.versions)
            self.versions.append(version)
            self.try_(
                lambda version=version: ConfigStore(FileStore("/s")).accept(
                    {"version": version, "devices": []}
                )
            )

    def acknowledge(self, high: int) -> None:
        boot = self.boots[-1]
        sent = set()
        for lane, b, seq, _, payload in self.outbox.next_batch(1000):
            sent.add((lane, b, seq))
            self.told |= reported(json.loads(payload))
        self.outbox.rewind()
        event = {k for k in sent if k[0] == "event" and k[1] == boot and k[2] <= high}
        if len(event) == high:
            self.acked |= event
            self.outbox.ack("event", boot, high)

    def drained(self) -> dict[Key, dict[str, Any]]:
        """Everything the outbox has to say, in the order in which it says it."""
        there: dict[Key, dict[str, Any]] = {}
        for _ in range(50):
            self.outbox.report_losses()
            batch = self.outbox.next_batch(7)
            for lane, boot, seq, _kind, payload in batch:
                record = json.loads(payload)
                assert (record["boot"], record["seq"]) == (boot, seq)
                before = [s for la, b, s in there if (la, b) == (lane, boot)]
                assert not before or seq > before[-1], "out of order"
                there[lane, boot, seq] = record
            if not batch and self.outbox.report_losses():
                return there
        raise AssertionError("it never runs dry")

    def check(self, ram_lost: bool) -> set[Key]:
        """Everything accepted comes out, was acknowledged, or is reported; returns what is reported."""
        self.outbox.rewind()
        waiting = self.outbox.counts()
        there = self.drained()
        after = self.outbox.counts()
        whole = not any(reported(record) for record in there.values())
        for lane in waiting if whole else ():
            news = after[lane] - waiting[lane]  # reports made meanwhile
            assert len([k for k in there if k[0] == lane]) == waiting[lane] + news, "counted wrong"
        for key, record in there.items():
            if key in self.fields:
                assert record["n"] == self.fields[key], f"{key} is something else now"
        told = self.told
        for record in there.values():
            told |= reported(record)
        for key in self.accepted:
            if key[0] == "telemetry" and (ram_lost or key[1] != self.boots[-1]):
                continue  # it may have been in RAM
            assert key in there or key in self.acked or key in told, f"{key} is gone"
        return told


def steps_of_a_life() -> int:
    disk = Disk()
    with disk.mounted():
        node = Node(disk)
        node.live()
        assert node.refused == 0
        node.check(ram_lost=False)
    return disk.steps


LIFE = steps_of_a_life()


def test_a_life_is_long_enough_to_meet_every_kind_of_step() -> None:
    assert LIFE > 300


@pytest.mark.parametrize("names_lost", [True, False])
def test_power_cut_at_every_step(names_lost: bool) -> None:
    for step in range(1, LIFE + 1):
        disk = Disk()
        with disk.mounted():
            node = Node(disk)
            disk.trouble = (step, "crash", 0)
            with pytest.raises(Crash):
                node.live()
            disk.power_back(names_lost)
            node.start()
            node.check(ram_lost=True)
            assert node.outbox.dropped == {"event": 0, "telemetry": 0}, "a torn record"
            config = ConfigStore(FileStore("/s")).current()
            known = node.versions[-2:]
            assert (config["version"] if config else 0) in known, (step, known)


TROUBLES = [
    pytest.param(kind, code, id=f"{errno.errorcode[code]}-{kind}")
    for kind in ("before", "after", "storm")
    for code in (errno.EIO, errno.ENOSPC)
]


@pytest.mark.parametrize(("kind", "code"), TROUBLES)
def test_one_error_of_the_disk_at_every_step(kind: str, code: int) -> None:
    """The node goes on, has everything it accepted, and still has it after the next boot."""
    for step in range(1, LIFE + 1):
        disk = Disk()
        with disk.mounted():
            node = Node(disk)
            disk.trouble = (step, kind, code)
            node.live()
            disk.trouble = None
            if not hasattr(node, "outbox"):
                continue  # the very first boot was refused, loudly
            assert node.refused <= (3 if kind == "storm" else 1), (step, disk.log)
            try:
                told = node.check(ram_lost=False)
                node.start()
                told |= node.check(ram_lost=True)
                events = {k for k in told & node.accepted.keys() if k[0] == "event"}
                assert not events, f"events were given up on a disk with room: {events}"
            except AssertionError as error:
                raise AssertionError(f"step {step}, {disk.log}: {error}") from None


def test_a_disk_that_others_have_filled_gives_up_the_oldest_and_says_so() -> None:
    disk = Disk()
    with disk.mounted():
        node = Node(disk)
        node.start()
        for _ in range(8):
            node.outbox.add("event", "tag", TAG)
        disk.capacity = disk.used() + 100
        for _ in range(5):
            node.outbox.add("event", "tag", TAG)
        disk.capacity = 1 << 20
        told = node.check(ram_lost=False)
        newest = node.boots[-1], max(seq for _, _, seq in node.accepted)
        assert ("event", *newest) not in told
        assert {seq for _, _, seq in told} == set(range(1, len(told) + 1)), "not the oldest"
        node.start()
        node.check(ram_lost=False)


def test_a_disk_that_takes_nothing_refuses_loudly() -> None:
    disk = Disk()
    with disk.mounted():
        node = Node(disk)
        node.start()
        disk.capacity = disk.used()
        for _ in range(5):
            with pytest.raises(StoreError):
                node.outbox.add("event", "tag", TAG)
        assert not node.accepted
        disk.capacity = 1 << 20
        assert node.outbox.add("event", "tag", TAG) == (node.boots[0], 1)
