"""The outbox on a heap without room: a MemoryError at every place that asks for some, alone and several in a row."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from strongroom_node import contract
from strongroom_node import segments as seg
from strongroom_node.outbox import Outbox
from strongroom_sim.flash import MemoryStore

CONTACT = {"input": "door", "open": True, "edges": 1}
READING = {"sensor": "t1", "t": 20.5, "rh": 50.25}
Key = tuple[str, int, int]
EVENTS = 22 + 5 + 15 * 2  # of a life


class Heap:
    """Counts what asks for room, and has none for requests `first`..`first + length - 1`."""

    def __init__(self, first: int = 0, length: int = 0) -> None:
        self.asked = 0
        self.first = first
        self.length = length
        self.refused = 0

    def ask(self) -> None:
        """Give some room, or raise MemoryError."""
        self.asked += 1
        if self.first <= self.asked < self.first + self.length:
            self.refused += 1
            raise MemoryError


class Store(MemoryStore):
    """Flash whose driver needs heap before it does anything."""

    heap = Heap()

    def write(self, name: str, data: Any) -> None:
        self.heap.ask()
        super().write(name, data)

    def remove(self, name: str) -> None:
        self.heap.ask()
        super().remove(name)

    def lines(self, name: str, offset: int = 0) -> Iterator[bytes]:
        self.heap.ask()
        yield from super().lines(name, offset)


class Life:
    """Some busy days of an outbox, and what the gateway got of it."""

    def __init__(self, heap: Heap) -> None:
        self.store = Store()
        self.store.heap = heap
        self.accepted: dict[Key, int] = {}
        self.received: dict[Key, dict[str, Any]] = {}
        self.order: list[Key] = []
        self.lost_calls = 0
        self.count = 0
        self.outbox = Outbox(
            self.store, 9, lambda: (1, None, "none"), ram_bytes=700, on_accept=self.accept
        )

    def accept(self, lane: str, boot: int, seq: int, kind: str, mono: int) -> None:
        assert (lane, boot, seq) not in self.accepted, "a number was given twice"
        self.accepted[lane, boot, seq] = self.count

    def sense(self, many: int = 1) -> None:
        """Events that can be told from all others."""
        items = [("contact", dict(CONTACT, edges=self.count + n)) for n in range(many)]
        done = self.outbox.add_many("event", items)
        for n, (boot, seq) in enumerate(done):
            self.accepted["event", boot, seq] = self.count + n
        self.count += many

    def measure(self) -> None:
        self.outbox.add("telemetry", "climate", READING)

    def send(self, most: int) -> bool:
        """Take a batch, as the link does: what finds no room is given back or tried again."""
        try:
            batch = self.outbox.next_batch(most)
        except MemoryError:
            return True
        for at, (lane, boot, seq, _, payload) in enumerate(batch):
            try:
                self.store.heap.ask()  # the packet
            except MemoryError:
                self.outbox.put_back(batch, at)
                return True
            self.received[lane, boot, seq] = json.loads(payload)
            self.order.append((lane, boot, seq))
        return bool(batch)

    def acknowledge(self) -> None:
        try:
            for lane in ("event", "telemetry"):
                self.outbox.ack(
                    lane, 9, max([s for la, _, s in self.received if la == lane], default=0)
                )
        except MemoryError:
            pass  # it comes again

    def live(self) -> None:
        for _ in range(22):
            self.sense()
            self.measure()
        self.sense(5)
        for _ in range(4):
            self.send(3)
        self.acknowledge()
        for _ in range(15):
            self.sense(2)
            self.measure()
            self.send(2)
        for _ in range(500):
            if not self.send(4):
                break
        else:
            raise AssertionError("it never runs dry")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Heap]:
    """The heap that records are made and read with; the last one counts."""
    heaps: list[Heap] = []
    monkeypatch.setattr(
        "gc.collect", lambda: None
    )  # there is nothing to find, and much to look through
    for module, name in ((contract, "make"), (seg, "line"), (seg, "record")):
        whole = getattr(module, name)

        def asking(*arguments: Any, whole: Any = whole) -> Any:
            heaps[-1].ask()
            return whole(*arguments)

        monkeypatch.setattr(module, name, asking)
    return heaps


@pytest.mark.parametrize("length", [1, 2])
def test_every_event_is_kept_and_delivered_wherever_the_heap_is_full(
    length: int, counted: list[Heap]
) -> None:
    counted.append(Heap())
    Life(counted[-1]).live()
    steps = counted[-1].asked
    assert steps > 400
    for first in range(1, steps + 1):
        counted.append(Heap(first, length))
        life = Life(counted[-1])
        life.live()
        assert counted[-1].refused
        events = {key: n for key, n in life.accepted.items() if key[0] == "event"}
        assert life.count == EVENTS, "every event was taken"
        got = {key: body for key, body in life.received.items() if key[0] == "event"}
        missing = {key for key in events if key not in got}
        assert not missing, (first, missing)
        mine = [body["edges"] for key, body in sorted(got.items()) if "edges" in body]
        assert mine == list(range(EVENTS)), (first, "each once, and none is something else")
        for lane in ("event", "telemetry"):
            fresh = list(dict.fromkeys(key for key in life.order if key[0] == lane))
            assert fresh == sorted(fresh), (first, "nothing overtakes")
        there = {key for key in life.received if key[0] == "telemetry"}
        kept = {key for key in life.accepted if key[0] == "telemetry"}
        told = {
            ("telemetry", r["of_boot"], n)
            for r in life.received.values()
            if r.get("what") == "outbox.dropped"
            for n in range(r["from"], r["to"] + 1)
        }
        assert kept <= there | told, (first, "a reading is gone without a word")
        life.acknowledge()
        assert life.outbox.counts() == {"event": 0, "telemetry": 0}
        # What is on flash is what the outbox knows of: a new start finds nothing else to tell.
        again = Outbox(life.store, 10, lambda: (1, None, "none"))
        known = set(life.store.names("e"))
        assert {key[:3] for key in again.next_batch(1000)} <= set(life.received), known


def test_a_link_that_is_down_over_hundreds_of_boots_keeps_the_list_of_files_short() -> None:
    store, received = MemoryStore(), set[Key]()
    for boot in range(1, 401):
        outbox = Outbox(store, boot, lambda: (1, None, "none"))
        for _ in range(3):
            outbox.add("event", "contact", CONTACT)
        assert len(store.names("e")) <= 165
    outbox = Outbox(store, 1000, lambda: (1, None, "none"))
    told: set[Key] = set()
    for _ in range(2000):
        outbox.report_losses()
        batch = outbox.next_batch(50)
        for lane, b, seq, _, payload in batch:
            received.add((lane, b, seq))
            body = json.loads(payload)
            if body.get("what") == "outbox.dropped":
                told |= {
                    (body["lane"], body["of_boot"], n) for n in range(body["from"], body["to"] + 1)
                }
        if not batch:
            break
    wanted = {("event", boot, n) for boot in range(1, 401) for n in (1, 2, 3)}
    assert wanted <= received | told, "lost without a word"
    assert {boot for _, boot, _ in received} >= set(range(260, 401)), "the newest are there"


def test_an_acknowledgement_is_news_only_when_it_goes_on() -> None:
    """Else acknowledgements that stand still would look like progress, and nothing would be sent again."""
    outbox = Outbox(MemoryStore(), 9, lambda: (1, None, "none"))
    outbox.add_many("event", [("contact", CONTACT)] * 4)
    outbox.add("telemetry", "climate", READING)
    assert outbox.next_batch(9)
    heard = [outbox.ack("event", 9, seq) for seq in (2, 2, 1, 3, 3, 4, 4, 9)]
    assert heard == [True, False, False, True, False, True, False, False]
    assert [outbox.ack("telemetry", 9, 1) for _ in range(2)] == [True, False]
    assert not outbox.ack("event", 8, 5), "of a boot that nothing is left of"
    assert outbox.counts() == {"event": 0, "telemetry": 0}
