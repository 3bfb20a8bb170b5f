"""kill -9 of any part at a random moment: every event that the firmware accepted is in the ledger exactly once.

The short form runs with every test run; `make faults` runs 42 rounds on each transport. STRONGROOM_FAULT_ROUNDS and
STRONGROOM_FAULT_SEED choose others.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from support.waiting import wait_for

from faults.room import KINDS, Room, Round, drained

SHORT_ROUNDS = 7
DRAIN_S = 90

pytestmark = [
    pytest.mark.needs("mosquitto", "micropython"),
    pytest.mark.timeout(1800),
]


@pytest.mark.parametrize("transport", ["paho", "lean"])
def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path, transport: str) -> None:
    rounds = int(os.environ.get("STRONGROOM_FAULT_ROUNDS", SHORT_ROUNDS))
    first = int(os.environ.get("STRONGROOM_FAULT_SEED", "0"))
    with Room(tmp_path, transport, "micropython") as room:
        for seed in range(first, first + rounds):
            before = len(room.accepted())
            round_ = Round(room, seed)
            round_.run()
            wait_for(
                lambda: drained(room),
                DRAIN_S,
                lambda seed=seed, round_=round_: (
                    f"seed {seed}, {round_.fault}: all accepted events in the ledger; "
                    f"missing {sorted(room.accepted() - set(room.recorded()))[:5]}"
                ),
            )
            sensed = len(room.accepted()) - before
            assert sensed > 3, f"seed {seed}: the room was too quiet to prove anything"
            print(f"seed {seed}: {round_.fault:18} {sensed} events sensed, all recorded")
        _check_once(room)
        wait_for(room.gateway_healthy, 30, "the gateway being healthy at the end")


def _check_once(room: Room) -> None:
    accepted, recorded = room.accepted(), Counter(room.recorded())
    doubled = {record: n for record, n in recorded.items() if n > 1}
    assert not doubled, f"recorded more than once: {doubled}"
    assert not accepted - recorded.keys(), "lost"
    # An event can be on flash when the power goes just before its acceptance is written down: at most one each time.
    unannounced = Counter(node for node, _, _ in recorded.keys() - accepted)
    for kind in KINDS:
        node = f"{kind}-1"
        assert unannounced[node] <= room.kills[node], (
            f"{node}: recorded but never accepted: {unannounced}"
        )
    twice = {tag: n for tag, n in room.tags().items() if n > 2}
    assert not twice, (
        f"one visit cannot be more than two arrivals (one on either side of a power cut): {twice}"
    )
