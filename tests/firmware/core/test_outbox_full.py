"""A link that is down for long: the flash fills up, and what has to go is told in few words."""

import json
from typing import Any

from strongroom_node.errors import StoreError
from strongroom_node.outbox import Outbox
from strongroom_sim.flash import MemoryStore

Key = tuple[str, int, int]
CONTACT = {"input": "door", "open": True, "edges": 1}
READING = {"sensor": "t1", "t": 20.5, "rh": 50.25}


def started(store: MemoryStore, accepted: set[Key], boot: int = 9, **limits: int) -> Outbox:
    return Outbox(
        store,
        boot,
        lambda: (1, None, "none"),
        on_accept=lambda lane, boot, seq, *_: accepted.add((lane, boot, seq)),
        **limits,
    )


def drained(outbox: Outbox) -> dict[Key, dict[str, Any]]:
    there: dict[Key, dict[str, Any]] = {}
    for _ in range(5000):
        outbox.report_losses()
        batch = outbox.next_batch(16)
        for lane, boot, seq, _, payload in batch:
            there[lane, boot, seq] = json.loads(payload)
        if not batch:
            return there
    raise AssertionError("it never runs dry")


def reported(there: dict[Key, dict[str, Any]]) -> set[Key]:
    return {
        (r["lane"], r["of_boot"], n)
        for r in there.values()
        if r.get("what") == "outbox.dropped"
        for n in range(r["from"], r["to"] + 1)
    }


def reports(there: dict[Key, dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for r in there.values() if r.get("what") == "outbox.dropped"]


def test_readings_of_days_are_dropped_in_one_report_and_no_event_with_them() -> None:
    store, accepted = MemoryStore(), set[Key]()
    outbox = started(store, accepted, max_bytes=32768)
    for _ in range(5):
        outbox.add("event", "contact", CONTACT)
    for _ in range(5000):
        outbox.add("telemetry", "climate", READING)
    there = drained(outbox)
    told = reported(there)
    assert accepted - there.keys() - told == set()
    assert {lane for lane, _, _ in told} == {"telemetry"}
    assert {seq for _, _, seq in told} == set(range(1, len(told) + 1)), "not the oldest"
    assert len(reports(there)) == 1
    assert outbox.dropped == {"event": 0, "telemetry": len(told)} and len(told) > 4000
    assert sum(r["count"] for r in reports(there)) == len(told)


def test_readings_never_push_events_out() -> None:
    store, accepted = MemoryStore(), set[Key]()
    outbox = started(store, accepted, max_bytes=32768)
    while not outbox.dropped["event"]:
        outbox.add("event", "contact", CONTACT)
    lost = outbox.dropped["event"]
    for _ in range(3000):
        outbox.add("telemetry", "climate", READING)
    assert outbox.dropped["event"] == lost, "readings took the room of events"
    there = drained(outbox)
    assert accepted - there.keys() - reported(there) == set()


def test_events_push_out_readings_first_and_then_the_oldest_events() -> None:
    store, accepted = MemoryStore(), set[Key]()
    outbox = started(store, accepted, max_bytes=32768)
    for _ in range(150):
        outbox.add("telemetry", "climate", READING)
    while outbox.counts()["telemetry"] > 40:  # what is in RAM stays
        outbox.add("event", "contact", CONTACT)
        assert outbox.dropped["event"] == 0, "an event went before a reading"
    for _ in range(3000):
        outbox.add("event", "contact", CONTACT)
    there = drained(outbox)
    told = reported(there)
    assert accepted - there.keys() - told == set(), "lost without a word"
    gone = sorted(seq for lane, _, seq in told if lane == "event")
    assert gone == list(range(1, len(gone) + 1)), "not the oldest"
    assert len(gone) > 2000
    assert len(reports(there)) <= 4, "one loss after the other is one report"


def test_losses_are_still_known_after_boots_and_when_their_reports_have_to_go() -> None:
    store, accepted = MemoryStore(), set[Key]()
    told: set[Key] = set()
    for boot in (9, 10, 11):
        outbox = started(store, accepted, boot, max_bytes=24576)
        for _ in range(700):
            outbox.add("event", "contact", CONTACT)
    there = drained(outbox)
    told = reported(there)
    assert accepted - there.keys() - told == set(), "lost without a word"
    assert {boot for _, boot, _ in told} >= {9, 10}


def test_a_report_that_was_handed_out_never_changes() -> None:
    store, accepted = MemoryStore(), set[Key]()
    outbox = started(store, accepted, max_bytes=24576)
    seen: dict[Key, bytes] = {}
    for n in range(6000):
        lane = ("event", "telemetry")[n % 5 != 0]
        kind, fields = {"event": ("contact", CONTACT), "telemetry": ("climate", READING)}[lane]
        outbox.add(lane, kind, fields)
        if n % 700 == 0:
            outbox.rewind()
        if n % 50 == 0:
            for key_lane, boot, seq, _, payload in outbox.next_batch(1 + n % 7):
                assert seen.setdefault((key_lane, boot, seq), payload) == payload
    outbox.rewind()
    while batch := outbox.next_batch(5):
        for key_lane, boot, seq, _, payload in batch:
            assert seen.setdefault((key_lane, boot, seq), payload) == payload


def test_two_reports_of_one_file_half_handed_out_stay_as_they_are() -> None:
    """Two ranges are told in one file; the link has had only the first of them when the second goes on."""
    store, accepted, now = MemoryStore(), set[Key](), [0]

    def stamp() -> tuple[int, None, str]:
        now[0] += 1
        return now[0], None, "none"

    for boot in (7, 8):
        outbox = started(store, accepted, boot, ram_bytes=600)
        for _ in range(30 if boot == 7 else 300):
            outbox.add("telemetry", "climate", READING)
    outbox = Outbox(store, 9, stamp, max_bytes=100_000)
    outbox.add("event", "contact", CONTACT)
    handed = outbox.next_batch(1)
    assert json.loads(handed[0][4])["of_boot"] == 7
    dropped = outbox.dropped["telemetry"]
    while outbox.dropped["telemetry"] == dropped:
        outbox.add("event", "contact", CONTACT)
    outbox.rewind()
    there = outbox.next_batch(1000)
    assert handed[0] in there, "it changed after it was handed out"
    told = reported({(lane, b, s): json.loads(p) for lane, b, s, _, p in there})
    assert len(told) == outbox.dropped["telemetry"]


def test_what_cannot_be_read_now_is_waited_for_and_given_up_only_after_some_tries() -> None:
    class Shaky(MemoryStore):
        bad: dict[str, int] = {}  # noqa: RUF012  set by the test

        def lines(self, name: str, offset: int = 0) -> Any:
            if self.bad.get(name, 0) > 0:
                self.bad[name] -= 1
                raise StoreError("cannot read")
            yield from super().lines(name, offset)

    for failures in (1, 2, 3):
        store, accepted = Shaky(), set[Key]()
        outbox = started(store, accepted)
        for _ in range(9):
            outbox.add("event", "contact", CONTACT)
        store.bad = {store.names("e")[4]: failures}
        order = []
        for _ in range(9):
            order += [seq for _, _, seq, _, _ in outbox.next_batch(3)]
        assert outbox.report_losses()
        if failures < 3:
            assert order == list(range(1, 10)), "out of order, or gone"
        else:
            assert order == [1, 2, 3, 4, 6, 7, 8, 9]
            assert reported(drained(outbox)) == {("event", 9, 5)}


def test_a_full_flash_costs_few_writes_for_a_reading() -> None:
    store, accepted = MemoryStore(), set[Key]()
    outbox = started(store, accepted, max_bytes=24576)
    while not outbox.dropped["event"]:
        outbox.add("event", "contact", CONTACT)
    before = store.steps
    for _ in range(1000):
        outbox.add("telemetry", "climate", READING)
    assert store.steps - before < 1000 / 8
    before = store.steps
    for _ in range(300):
        outbox.add("event", "contact", CONTACT)
        outbox.add("telemetry", "climate", READING)
    # A write for each event, a removal for each when it is merged, and no more than a few beside.
    assert store.steps - before < 2.6 * 300


def test_readings_are_kept_in_order_and_in_segments_of_one_block() -> None:
    store, accepted = MemoryStore(), set[Key]()
    outbox = started(store, accepted, ram_bytes=20000)
    for _ in range(500):
        outbox.add("telemetry", "climate", READING)
    assert outbox.flush()
    assert all(len(data) <= 4096 for data in store.files.values())
    assert [key for key in drained(outbox) if key[0] == "telemetry"] == sorted(accepted)
    again = started(store, accepted, 10)
    assert len(drained(again)) == 500


def test_flash_that_fails_costs_the_oldest_readings_only() -> None:
    class Failing(MemoryStore):
        dead = False

        def write(self, name: str, data: Any) -> None:
            if self.dead:
                raise StoreError("cannot write")
            super().write(name, data)

    store, accepted = Failing(), set[Key]()
    outbox = started(store, accepted, ram_bytes=1000)
    store.dead = True
    for _ in range(100):
        outbox.add("telemetry", "climate", READING)
    store.dead = False
    there = drained(outbox)
    told = reported(there)
    assert accepted - there.keys() - told == set()
    assert ("telemetry", 9, 100) in there and ("telemetry", 9, 1) in told


def test_each_of_many_gaps_is_told_once_however_often_acknowledgements_stay_away() -> None:
    """Twelve boots lost their first events; what was told of one is not forgotten for the next."""
    store = MemoryStore()
    for boot in range(1, 13):
        outbox = started(store, set(), boot)
        for _ in range(3):
            outbox.add("event", "contact", CONTACT)
        store.remove(next(name for name in store.names(f"e{boot:08x}")))
    outbox = started(store, set(), 100)
    counts = []
    for _ in range(5):
        outbox.rewind(stuck=True)
        counts.append(len(reports(drained(outbox))))
    assert counts == [12] * 5


def test_bursts_fill_the_blocks_they_take_before_anything_has_to_go() -> None:
    """A file of more than 512 bytes takes a block of flash, however little of it it fills."""
    store, accepted = MemoryStore(), set[Key]()
    outbox = started(store, accepted, max_bytes=65536)
    for _ in range(400):
        outbox.add_many("event", [("contact", CONTACT)] * 6)
    there = drained(outbox)
    kept = [record for key, record in there.items() if key[0] == "event"]
    assert sum(len(json.dumps(record)) for record in kept) > 0.6 * 65536
    assert accepted - there.keys() - reported(there) == set()
    newest = max(seq for lane, _, seq in accepted if lane == "event")
    assert ("event", 9, newest) in there
