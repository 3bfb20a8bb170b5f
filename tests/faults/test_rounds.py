"""kill -9 of any part, and of pairs of them, at random moments, while people borrow, open the safe, walk out and ask:
every promise holds after each round.

The short form meets every fault once, half of them on either transport; `make faults` runs 42 rounds on each.
STRONGROOM_FAULT_ROUNDS and STRONGROOM_FAULT_SEED choose others.
"""

import os
from pathlib import Path
from time import monotonic

import pytest
from support.waiting import wait_for

from faults import desk_model, promises, safe_model
from faults.archive import IDLE_S, TOGETHER_S
from faults.people import Archive
from faults.room import Room
from faults.rounds import FAULTS, Round

SHORT_ROUNDS = len(FAULTS) // 2
DRAIN_S = 90
EVERYTHING = {
    "desk.refused",
    "desk.session_closed",
    "item.registered",
    "loan.opened",
    "movement.check_out",
    "movement.exit",
    "movement.exit_without_leave",
    "movement.handed_in",
    "movement.return_pending",
    "return.inspected",
    "safe.opened",
    "safe.reconciled",
    "safe.shut",
    "slip.approved",
}

pytestmark = [
    pytest.mark.needs("mosquitto", "micropython"),
    pytest.mark.timeout(3600),
]


@pytest.mark.parametrize(("transport", "first"), [("paho", 0), ("lean", SHORT_ROUNDS)])
def test_every_promise_holds_whatever_is_killed(tmp_path: Path, transport: str, first: int) -> None:
    rounds = int(os.environ.get("STRONGROOM_FAULT_ROUNDS", SHORT_ROUNDS))
    first = int(os.environ.get("STRONGROOM_FAULT_SEED", str(first)))
    archive = Archive()
    with Room(tmp_path, transport, "micropython") as room:
        for seed in range(first, first + rounds):
            before = len(room.accepted())
            round_ = Round(room, archive, seed)
            round_.run()
            over = monotonic() + max(IDLE_S, TOGETHER_S) + 0.5
            wait_for(
                lambda round_=round_: not broken(room, archive, round_),
                DRAIN_S,
                lambda round_=round_: (
                    f"seed {round_.seed}, {round_}:\n" + "\n".join(broken(room, archive, round_))
                ),
                every=0.3,
            )
            sensed = len(room.accepted()) - before
            assert sensed > 10, f"seed {seed}: the room was too quiet to prove anything"
            wait_for(lambda over=over: monotonic() > over, 10, "people being gone")
            print(f"seed {seed}: {round_!s:32} {sensed} events sensed, {told(room, round_)}")
        if rounds >= SHORT_ROUNDS:
            kinds = {one.kind for one in room.record().entries}
            assert kinds >= EVERYTHING, f"never happened: {EVERYTHING - kinds}"
        # For a minute it says of itself that it did not keep up with a disk that refused.
        wait_for(room.gateway_healthy, 90, "the gateway being healthy at the end", every=0.5)


def broken(room: Room, archive: Archive, round_: Round) -> list[str]:
    """Return the promises that do not hold now."""
    record, day = room.record(), round_.day
    found = list(promises.of_events(room, record))
    if found:
        return found  # the rest follows from what was sensed
    found += promises.of_acts(room, record)
    found += promises.of_custody(record)
    found += promises.of_loans(record)
    found += desk_model.of_the_desk(record, day)
    found += safe_model.of_the_safe(record, day, archive)
    found += promises.of_the_gate(room, record, day, archive, round_.struck == "gate-1")
    return found or list(promises.of_rows(room))


def told(room: Room, round_: Round) -> str:
    """Return what a round was about, in numbers."""
    fresh = room.record().entries[round_.day.since :]
    kinds = [one.kind for one in fresh]
    words = {
        "lent": "movement.check_out",
        "back": "movement.handed_in",
        "refused": "desk.refused",
        "openings": "safe.opened",
        "out with leave": "movement.exit",
        "without": "movement.exit_without_leave",
        "in": "movement.return_pending",
    }
    counts = [f"{kinds.count(kind)} {word}" for word, kind in words.items()]
    faults = [
        f"{one.origin[0]}: {one.body.get('why')}"
        for one in fresh
        if one.origin and one.body.get("what") == "driver.fault" and one.body["device"] != "link"
    ]
    return ", ".join([*counts, f"{len(room.office.asked)} acts so far", *sorted(set(faults))])
