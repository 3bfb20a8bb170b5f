"""Cards and tags on an HF reader: each arrival and each departure is an event.

Settings: reader (the device's id unless told), poll_ms (the pause between two looks, 100), misses
(looks in a row without the card until it has left, 3), fails (failed looks in a row until the
reader is reported, 5), feedback (a signal device of the same node).

The feedback comes after the event is on flash: a beep means that it is recorded. When flash does
not take it, the card is told of again, with another "deny", until it does or the card is taken away.
When the gateway does not acknowledge it in `answer_ms` (of the limits), the feedback calls for
attention: it is on record here, but nobody has looked whether this badge is known.
"""

from strongroom_node.buzzer import ATTENTION
from strongroom_node.compat import const
from strongroom_node.errors import DriverError
from strongroom_node.presence import Presence, fields
from strongroom_node.tasks.health import Health
from strongroom_node.tasks.pace import rest
from strongroom_node.tasks.recoveries import Recoveries
from strongroom_node.unanswered import ATTENTION_MS, AnswerRule

# In a row: then a card that cannot be read no longer keeps the others here.
_UNSURE_LOOKS = const(50)
_RETRY_MS = const(2000)  # after flash did not take an event


class Desk:
    """What the looks of one reader come to; `look` returns the reports of one look."""

    def __init__(self, misses):
        self._presence = Presence()
        self._misses = misses
        self._unsure = 0

    @property
    def is_blind(self):
        """Whether something has answered and could not be read for too many looks in a row."""
        return self._unsure > _UNSURE_LOOKS

    def look(self, here, unsure, now):
        """Take the cards of a look; `unsure`: another one answered and could not be read."""
        self._unsure = self._unsure + 1 if unsure else 0
        found = []
        for tag in here:
            found.extend(self._presence.read(tag, None, None, now))
        if not unsure or self.is_blind:
            found.extend(self._presence.missed(here, self._misses, now))
        return [report for report in found if report[0] != "more"]

    def lost(self, reports):
        """Take back arrivals that could not be recorded: the next look finds them again."""
        for report in reports:
            if report[0] == "seen":
                self._presence.forget(report[1])


async def run(node, device_id, driver, cfg, beat):
    """Look for ever."""
    reader, feedback = cfg.get("reader", device_id), cfg.get("feedback")
    desk = Desk(cfg.get("misses", 3))
    health = Health(node, device_id, cfg.get("fails", 5))
    recoveries = Recoveries(node, device_id, cfg.get("fails", 5))
    pause = cfg.get("poll_ms", 100)
    unanswered = AnswerRule(ATTENTION, ATTENTION_MS, node.answered)
    if feedback:
        node.complain(feedback, device_id, unanswered)
    while True:
        kept = True
        try:
            here = await driver.poll()
        except DriverError as error:
            recoveries.failed()
            health.failed(error.kind)  # a reader that does not answer says nothing about who left
        else:
            reports = desk.look(here, driver.unsure, node.clock.mono())
            if reports:
                kept = node.emit_many([("tag", fields(reader, "hf", report)) for report in reports])
                if feedback and any(report[0] == "seen" for report in reports):
                    node.signal(feedback, "ok" if kept else "deny")
                    if kept:
                        unanswered.asked(kept, node.clock.mono(), node.answer_ms)
            if not kept:
                desk.lost(reports)
            if desk.is_blind:
                health.failed("garbled")
            else:
                health.worked()
                recoveries.worked(driver.resets, node.clock.mono())
        await rest(pause if kept else _RETRY_MS, beat)
