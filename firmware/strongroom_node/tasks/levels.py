"""Follows a two-state input: reads it every few milliseconds and says when its state holds."""

from strongroom_node.compat import const
from strongroom_node.debounce import Debounce
from strongroom_node.tasks.pace import Cadence

_POLL_MS = const(10)
_SAMPLES = const(5)


async def follow(driver, cfg, beat, report):
    """Call `report(level, edges)` for the first state and for each change, for ever.

    Settings: poll_ms (10), samples (how many equal readings make a state, 5). `edges` counts every
    raw change since the last report: a worn contact or somebody's fingers show there first.
    """
    debounce = Debounce(cfg.get("samples", _SAMPLES))
    cadence = Cadence(cfg.get("poll_ms", _POLL_MS))
    while True:
        if debounce.feed(bool(driver.value())):
            report(debounce.level, debounce.take_edges())
        await cadence.next(beat)
