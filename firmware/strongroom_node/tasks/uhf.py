"""Tags at a UHF reader: arrivals, stays and departures instead of hundreds of reads.

Settings: reader (several devices of one node with the same reader are its antennas; the device's
own id unless told), ant, poll_ms (50), age_out_ms (how long an antenna must not have heard a tag
until it is gone there, 3000), fails (polls in a row without a sound reader until it is reported, 2).
"""

from strongroom_node.errors import DriverError
from strongroom_node.presence import Presence, fields
from strongroom_node.tasks.health import Health
from strongroom_node.tasks.pace import Cadence

_CROWD_MS = 60000  # a crowd too large to follow is told of once a minute


async def run(node, device_id, driver, cfg, beat):
    """Listen for ever."""
    reader, ant = cfg.get("reader", device_id), cfg.get("ant")
    presence = node.shared("uhf/" + reader, Presence)
    age = cfg.get("age_out_ms", 3000)
    health = Health(node, device_id, cfg.get("fails", 2))
    cadence = Cadence(cfg.get("poll_ms", 50))
    refused = presence.refused
    crowd_due = 0
    while True:
        reports, reads = [], []
        try:
            reads = await driver.poll()
        except DriverError as error:
            health.failed(error.kind)
        else:
            if driver.sound:
                health.worked()
        now = node.clock.mono()
        presence.listens(ant, driver.sound, now)
        for tag, rssi in reads:
            reports.extend(presence.read(tag, ant, rssi, now))
        reports.extend(presence.tick(now, age))
        if reports:
            node.emit_many([("tag", fields(reader, "uhf", report)) for report in reports])
        if presence.refused != refused and now >= crowd_due:
            lost, refused, crowd_due = presence.refused - refused, presence.refused, now + _CROWD_MS
            node.report("driver.fault", device_id, "a crowd: %d reads of tags not followed" % lost)
        await cadence.next(beat)
