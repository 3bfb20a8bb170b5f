"""Cards and tags on an HF reader: each arrival and each departure is an event.

Settings: reader (the device's id unless told), poll_ms (100), misses (looks in a row without the card until it has
left, 3), fails (failed polls in a row until the reader is reported, 5), feedback (a signal device of the same node).
The feedback comes after the event is on flash: a beep means that it is recorded.
"""

from strongroom_node.errors import DriverError
from strongroom_node.presence import Presence, fields
from strongroom_node.tasks.health import Health
from strongroom_node.tasks.pace import Cadence


async def run(node, device_id, driver, cfg, beat):
    """Look for ever."""
    reader, feedback = cfg.get("reader", device_id), cfg.get("feedback")
    presence = Presence()
    health = Health(node, device_id, cfg.get("fails", 5))
    cadence = Cadence(cfg.get("poll_ms", 100))
    while True:
        try:
            here = await driver.poll()
        except DriverError as error:
            health.failed(error.kind)  # a reader that does not answer says nothing about who left
        else:
            health.worked()
            reports = []
            now = node.clock.mono()
            for tag in here:
                reports.extend(r for r in presence.read(tag, None, None, now) if r[0] == "seen")
            if not driver.unsure:
                reports.extend(
                    r for r in presence.missed(here, cfg.get("misses", 3)) if r[0] == "gone"
                )
            if reports:
                kept = node.emit_many([("tag", fields(reader, "hf", report)) for report in reports])
                if feedback and any(report[0] == "seen" for report in reports):
                    node.signal(feedback, "ok" if kept else "deny")
        await cadence.next(beat)
