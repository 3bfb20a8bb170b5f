"""The story of the demo: which scene happens when, minute by minute, everything drawn from the
seed.

Each minute stands alone: `minute(seed, number)` gives its scenes without those before it, so that
a long run needs no memory and any minute can be played again.
"""

from functools import lru_cache
from random import Random

from . import props
from .cast import Cast, cast
from .scenes import (
    Scene,
    ask_for_slip,
    borrow,
    borrow_stack,
    broken_frames,
    come_back,
    cut_off,
    damp_air,
    deaf_reader,
    give_back,
    inspect,
    leave_with_leave,
    lie_near_gate,
    lost_sensor,
    move_shelf,
    open_safe,
    power_loss,
    roll_and_return,
    settle,
    together,
    turn_back,
    unknown_badge,
    walk_out,
)

MINUTE_MS = 60_000
BOXES_A_MINUTE = 9
CARRIAGES = (300, 1100)  # mm: where carriage 0 and carriage 1 stand when nobody has turned a wheel
BOXES = 540  # an hour of the story before a box is met again


@lru_cache(maxsize=8)
def people_and_boxes(seed: int) -> Cast:
    """Return the cast of a seed (the same object every time)."""
    return cast(seed, BOXES)


@lru_cache(maxsize=8)
def minute(seed: int, number: int) -> Scene:
    """Return everything that happens in one minute of the story; times count from the start of
    the run."""
    rng = Random(f"minute {seed} {number}")
    who = people_and_boxes(seed)
    first = number * BOXES_A_MINUTE
    box = [who.boxes[(first + index) % len(who.boxes)] for index in range(BOXES_A_MINUTE)]
    archivist = who.person("archivist", number)
    manager = who.person("manager", number)
    reader = who.person("handler", number)
    handler = who.person("handler", number + 1)
    start = number * MINUTE_MS

    def at(ms: int) -> int:
        return start + ms + rng.randrange(0, 300)

    def dice() -> Random:
        return Random(rng.getrandbits(64))

    taken = (box[0], box[1])
    stack = (box[2], box[3])
    looked_at = box[8]
    meanwhile = borrow_stack(dice(), at(19_500), handler, stack)
    return together(
        [
            ask_for_slip(at(500), reader, (*taken, looked_at), manager),
            ask_for_slip(at(1_000), handler, stack, manager),
            move_shelf(at(1_500), 0, *CARRIAGES),
            damp_air(at(2_000), 9_000),
            borrow(dice(), at(3_000), reader, (*taken, looked_at)),
            lie_near_gate(dice(), at(6_000), box[4], 3_000),
            power_loss(at(7_000), props.SHELF, 9_000),
            broken_frames(at(9_000), "gate-in", 4_000),
            leave_with_leave(dice(), at(9_500), reader, taken),
            give_back(dice(), at(9_000), reader, (looked_at,)),
            lost_sensor(at(12_000), "t2", 6_000),
            unknown_badge(dice(), at(13_500), who.visitor),
            walk_out(dice(), at(15_000), box[5]),
            inspect(at(16_000), archivist, looked_at, short=1),
            open_safe(at(15_500), who.person("custodian")),
            cut_off(at(18_500), props.DESK, 5_000, meanwhile),
            deaf_reader(at(21_000), props.SAFE, "safe-reader", 2_500),
            turn_back(dice(), at(22_000), box[6]),
            settle(at(26_000), manager, looked_at),
            come_back(dice(), at(31_000), reader, taken),
            move_shelf(at(34_000), 0, *reversed(CARRIAGES)),
            leave_with_leave(dice(), at(42_000), handler, stack),
            inspect(at(44_000), archivist, taken[0]),
            inspect(at(45_000), archivist, taken[1]),
            lie_near_gate(dice(), at(49_000), box[7], 6_000),
            roll_and_return(at(50_000), 1, *reversed(CARRIAGES)),
        ]
    )
