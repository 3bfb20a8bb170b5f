"""Movements of rolling carriages: when one starts, twice a second on its way, when it stops.

Settings: poll_ms (100), step_mm (how far a carriage must be from where it stood to be moving, 15),
noise_mm (what the measurement may waver, 5), settle_ms (how long it must stand still to have
stopped, 1500), fails (3). The position of every carriage is also reported once when the node
starts.
"""

from strongroom_node.compat import const, ticks_diff, ticks_ms
from strongroom_node.errors import DriverError
from strongroom_node.tasks.health import Health
from strongroom_node.tasks.pace import Cadence

_REPORT_MS = const(500)


class Track:
    """One carriage's way; `update` returns the state to report, or None."""

    def __init__(self, cfg):
        self._step = cfg.get("step_mm", 15)
        self._noise = cfg.get("noise_mm", 5)
        self._settle = cfg.get("settle_ms", 1500)
        self._rest = None  # where it stood when it was last reported as standing
        self._moving = False
        self._seen = 0  # the position that counts as unchanged while it wavers
        self._changed_at = 0
        self._reported_at = 0
        self._reported = 0

    def update(self, mm, now):
        """Take a position in mm at `now` (ticks)."""
        state = self._state(mm, now)
        if state is not None:
            self._reported_at = now
            self._reported = mm
        return state

    def _state(self, mm, now):
        if self._rest is None:
            self._rest = mm
            return "stopped"
        if not self._moving:
            if abs(mm - self._rest) < self._step:
                return None
            self._moving = True
            self._seen = mm
            self._changed_at = now
            return "moving"
        if abs(mm - self._seen) > self._noise:
            self._seen = mm
            self._changed_at = now
        elif ticks_diff(now, self._changed_at) >= self._settle:
            self._moving = False
            self._rest = mm
            return "stopped"
        if ticks_diff(now, self._reported_at) >= _REPORT_MS and mm != self._reported:
            return "moving"
        return None


async def run(node, device_id, driver, cfg, beat):
    """Watch the bank for ever."""
    carriages = range(1, driver.count + 1)
    tracks = [Track(cfg) for _ in carriages]
    # One count for each carriage: a broken wire must not hide the others.
    health = Health(node, device_id, cfg.get("fails", 3), parts=driver.count)
    cadence = Cadence(cfg.get("poll_ms", 100))
    while True:
        for n in carriages:
            try:
                mm = await driver.position(n)
            except DriverError as e:
                health.failed("carriage %d: %s" % (n, e.kind), n - 1)
                continue
            health.worked(n - 1)
            state = tracks[n - 1].update(mm, ticks_ms())
            if state is not None:
                fields = {"bank": device_id, "carriage": n, "mm": mm, "state": state}
                fields["end"] = driver.end(n)
                node.emit("shelf", fields)
        await cadence.next(beat)
