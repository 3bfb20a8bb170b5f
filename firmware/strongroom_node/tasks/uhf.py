"""Tags at a UHF reader: arrivals, stays and departures instead of hundreds of reads.

Settings: reader (several devices of one node with the same reader are its antennas; the device's
own id unless told), ant, poll_ms (50), age_out_ms (how long an antenna must not have heard a tag
until it is gone there, 3000), fails (polls in a row without a sound reader until it is reported, 2).
"""

from strongroom_node.errors import DriverError
from strongroom_node.presence import Presence, fields
from strongroom_node.tasks.health import Health
from strongroom_node.tasks.pace import Cadence
from strongroom_node.tasks.recoveries import Recoveries

_BURST = 6  # events in one write: a small heap has no room for many in one piece
_CROWD_MS = 60000  # a crowd too large to follow is over when nobody was refused for so long


class Crowd:
    """Says when there are more tags than can be followed, and when all are followed again."""

    def __init__(self, node, device):
        self._node = node
        self._device = device
        self._refused = self._told = 0
        self._until = None

    def update(self, refused, now):
        """Take the count of reads refused so far, at `now` (ms)."""
        if refused != self._refused:
            self._refused = refused
            if self._until is None:
                self._node.report("driver.fault", self._device, "too many tags to follow them all")
            self._until = now + _CROWD_MS
        elif self._until is not None and now >= self._until:
            why = "%d reads of tags were not followed" % (refused - self._told)
            self._told, self._until = refused, None
            self._node.report("driver.fault", self._device, why)
            self._node.report("driver.ok", self._device)


async def run(node, device_id, driver, cfg, beat):
    """Listen for ever."""
    reader, ant = cfg.get("reader", device_id), cfg.get("ant")
    presence = node.shared("uhf/" + reader, Presence)
    age = cfg.get("age_out_ms", 3000)
    health = Health(node, device_id, cfg.get("fails", 2))
    cadence = Cadence(cfg.get("poll_ms", 50))
    recoveries = Recoveries(node, device_id, cfg.get("fails", 2))
    crowd = node.shared("crowd/" + reader, lambda: Crowd(node, device_id))
    while True:
        reports, reads = [], []
        try:
            reads = await driver.poll()
        except DriverError as error:
            recoveries.failed()
            health.failed(error.kind)
        else:
            if driver.sound:
                health.worked()
                recoveries.worked(driver.restarts, node.clock.mono())
        now = node.clock.mono()
        presence.listens(ant, driver.sound, now)
        for tag, rssi in reads:
            reports.extend(presence.read(tag, ant, rssi, now))
        reports.extend(presence.tick(now, age))
        for first in range(0, len(reports), _BURST):
            burst = reports[first : first + _BURST]
            node.emit_many([("tag", fields(reader, "uhf", report)) for report in burst])
        crowd.update(presence.refused, now)
        await cadence.next(beat)
