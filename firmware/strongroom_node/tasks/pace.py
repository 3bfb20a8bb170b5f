"""Waiting as a task should: in small steps, with a sign of life at each."""

from strongroom_node.compat import const, sleep_ms, ticks_add, ticks_diff, ticks_ms

_STEP_MS = const(500)


async def rest(ms, beat):
    """Wait `ms`, calling `beat()` at least twice a second."""
    while ms > _STEP_MS:
        await sleep_ms(_STEP_MS)
        beat()
        ms -= _STEP_MS
    await sleep_ms(max(0, ms))
    beat()


class Cadence:
    """A steady pace: `await next(beat)` returns every `every_ms`, whatever the loop did."""

    def __init__(self, every_ms):
        self._every = every_ms
        self._due = ticks_ms()

    async def next(self, beat):
        """Wait for the next turn; a turn that is already late is not made up for."""
        self._due = ticks_add(self._due, self._every)
        left = ticks_diff(self._due, ticks_ms())
        if left < 0:
            self._due = ticks_ms()
        await rest(left, beat)
