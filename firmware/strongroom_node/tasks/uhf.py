"""Tags at a UHF reader: arrivals, stays and departures instead of hundreds of reads.

Settings: reader (several devices of one node with the same reader are its antennas; the device's
own id unless told), ant, poll_ms (50), age_out_ms (how long an antenna must not have heard a tag
until it is gone there, 3000), fails (polls in a row without a sound reader until it is reported, 2),
feedback (a signal device of the same node: a beep when a tag that was not here lately is on flash),
alarm (one that sounds when a tag is carried from the antenna `inner` past `outer` and the link is
down, or the gateway does not acknowledge it in `answer_ms` of the limits).
"""

from strongroom_node.compat import const
from strongroom_node.errors import DriverError
from strongroom_node.exits import ExitRule, Recent
from strongroom_node.presence import Presence, fields
from strongroom_node.tasks.health import Health
from strongroom_node.tasks.pace import Cadence
from strongroom_node.tasks.recoveries import Recoveries

_BURST = const(6)  # events in one write: a small heap has no room for many in one piece
_CROWD_MS = const(60000)  # a crowd too large to follow is over when nobody was refused for so long


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


class Voices:
    """What a reader's reports are heard as: a beep for who comes, an alarm for who leaves unjudged."""

    def __init__(self, node, reader, cfg):
        self._node = node
        self._feedback = cfg.get("feedback")
        self._recent = node.shared("recent/" + reader, Recent)
        self._exits = None
        if "alarm" in cfg:
            name = "exit/" + reader
            make = lambda: ExitRule(node.answered, node.is_linked, node.answer_ms)  # noqa: E731
            self._exits = node.shared(name, make)
            node.complain(cfg["alarm"], name, self._exits)

    def say(self, reports, seq, now):
        """Take reports recorded up to event `seq`; 0 when flash did not take them."""
        if self._feedback:
            new = 0
            for act, tag, _, _, _, _ in reports:
                new += act == "seen" and self._recent.is_new(tag, now)
            if new:
                self._node.signal(self._feedback, "ok" if seq else "deny")
        if self._exits is not None:
            self._exits.heard(reports, seq, now)


async def run(node, device_id, driver, cfg, beat):
    """Listen for ever."""
    reader, ant = cfg.get("reader", device_id), cfg.get("ant")
    presence = node.shared("uhf/" + reader, Presence)
    age = cfg.get("age_out_ms", 3000)
    health = Health(node, device_id, cfg.get("fails", 2))
    cadence = Cadence(cfg.get("poll_ms", 50))
    recoveries = Recoveries(node, device_id, cfg.get("fails", 2))
    crowd = node.shared("crowd/" + reader, lambda: Crowd(node, device_id))
    voices = Voices(node, reader, cfg)
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
            kept = node.emit_many([("tag", fields(reader, "uhf", report)) for report in burst])
            voices.say(burst, kept, now)
        crowd.update(presence.refused, now)
        await cadence.next(beat)
