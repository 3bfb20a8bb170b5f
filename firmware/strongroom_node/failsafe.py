"""Rules the node keeps by itself, with no gateway and no network. Pure: state, event and time in, decision out.

A relay is on only as long as somebody answers for it: on by a lease that the gateway renews, off when the lease runs
out, when the sensor it depends on goes quiet, or when it ran too long. Off is the safe state of every relay; one whose
load is safe when powered is wired to the other contact. What is heard of all this is in buzzer.py.
"""

DAY_MS = 86400000


class RelayRule:
    """One relay. All times in ms of the node's mono clock.

    min_off   how long it stays off once it went off (a compressor's rest)
    min_on    how long it stays on against a *command* to go off; safety never waits
    max_on    how long it may run without a pause
    fresh     how old the reading of the sensor it `needs` may be
    now       when the rule was made: what the relay did before that nobody knows, so it rests from then on
    """

    def __init__(self, min_off=0, min_on=0, max_on=DAY_MS, fresh=300000, needs=None, now=0):
        self.min_off = min_off
        self.min_on = min_on
        self.max_on = max_on
        self.fresh = fresh
        self.needs = needs
        self.on = False
        self.since = now  # when it last changed, or may have
        self.until = 0  # end of the lease
        self.off_wanted = False

    def command(self, on, lease, now, sensed):
        """Judge a command; return None when it is carried out, else why not.

        sensed  mono of the last good reading of the sensor it needs, None for never
        """
        if not on:
            if self.on and now - self.since < self.min_on:
                self.off_wanted = True  # `tick` switches it off once it has run long enough
                return None
            self._switch(False, now)
            return None
        if lease <= 0:
            return "a relay needs a lease"
        if self._blind(now, sensed):
            return "no fresh reading of %s" % self.needs
        if not self.on and now - self.since < self.min_off:
            return "it rests for another %d s" % ((self.min_off - (now - self.since) + 999) // 1000)
        self.until = now + lease
        self.off_wanted = False
        self._switch(True, now)
        return None

    def tick(self, now, sensed):
        """Return why the relay has just been switched off: lease | sensor | max_on | command; None when it was not."""
        if not self.on:
            return None
        why = None
        if now >= self.until:
            why = "lease"
        elif self._blind(now, sensed):
            why = "sensor"
        elif now - self.since >= self.max_on:
            why = "max_on"
        elif self.off_wanted and now - self.since >= self.min_on:
            why = "command"
        if why is not None:
            self._switch(False, now)
        return why

    def _blind(self, now, sensed):
        return self.needs is not None and (sensed is None or now - sensed > self.fresh)

    def _switch(self, on, now):
        if on != self.on:
            self.on, self.since = on, now
        if not on:
            self.off_wanted = False


class SensorRule:
    """Says when a sensor is lost and when it is back: after `misses` failures in a row, after one good reading."""

    def __init__(self, misses=3):
        self.misses = misses
        self.failed = 0
        self.lost = False

    def feed(self, good):
        """Take one attempt; return "lost", "back", or None when nothing changed."""
        if good:
            self.failed = 0
            if self.lost:
                self.lost = False
                return "back"
            return None
        self.failed += 1
        if not self.lost and self.failed >= self.misses:
            self.lost = True
            return "lost"
        return None
