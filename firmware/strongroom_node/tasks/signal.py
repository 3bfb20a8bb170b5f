"""Sound and light patterns: ok, deny, alarm, attention.

ok and deny are said once over whatever else is going on; alarm and attention go on for the `ms` of
their command, or until `off` when that is 0. What the node complains of by itself (buzzer.py) is
shown when no command is; `off` leaves it to the lamp.

What the task needs of the node: `serve("signal", id, handler)` as for relays, `complaints(id)`, the
rules [(name, rule)] of this signal, `sound_ms` and `clock.mono()`.
"""

from strongroom_node.buzzer import Voice
from strongroom_node.compat import const
from strongroom_node.tasks.pace import rest

_TICK_MS = const(20)
_ROUND_MS = const(100)  # between two looks at the rules

# Steps of (sound, light, ms). The last step of a pattern that repeats leads back to the first.
_ONCE = {
    "ok": ((1, 1, 80), (0, 1, 720)),
    "deny": ((1, 1, 150), (0, 0, 100), (1, 1, 150), (0, 0, 100), (1, 1, 150), (0, 0, 350)),
}
_REPEATED = {
    "alarm": ((1, 1, 400), (0, 0, 200)),
    "notice": ((0, 1, 500), (0, 0, 1500)),
    "attention": ((1, 1, 60), (0, 1, 440), (0, 0, 500), (0, 1, 500), (0, 0, 500)),
}


class Player:
    """Knows what buzzer and lamp do at any moment. Pure: the time is passed in."""

    def __init__(self):
        self._once = None  # (steps, start)
        self._going = None  # (steps, start, end or None)
        self._standing = None  # (pattern, start)

    def play(self, pattern, ms, now):
        """Start a pattern at `now`; `ms` is how long alarm and attention last, 0 for until `off`."""
        if pattern == "off":
            self._once = self._going = None
        elif pattern in _ONCE:
            self._once = (_ONCE[pattern], now)
        else:
            self._going = (_REPEATED[pattern], now, now + ms if ms else None)

    def stand(self, pattern, now):
        """Show this pattern, or None, whenever nothing else is to be said."""
        if pattern is None:
            self._standing = None
        elif self._standing is None or self._standing[0] != pattern:
            self._standing = (pattern, now)

    def at(self, now):
        """Return (sound, light) at `now`."""
        if self._once is not None:
            steps, start = self._once
            if now - start < _length(steps):
                return _step(steps, now - start)
            self._once = None
        if self._going is not None:
            steps, start, end = self._going
            if end is None or now < end:
                return _step(steps, (now - start) % _length(steps))
            self._going = None
        if self._standing is not None:
            steps = _REPEATED[self._standing[0]]
            return _step(steps, (now - self._standing[1]) % _length(steps))
        return 0, 0


def _length(steps):
    return sum(ms for _, _, ms in steps)


def _step(steps, at):
    left = at
    for sound, light, ms in steps:
        if left < ms:
            return sound, light
        left -= ms
    return 0, 0


async def run(node, device_id, driver, cfg, beat):
    """Play for ever; whatever ends this, buzzer and lamp are off."""
    player, voice = Player(), Voice(node.sound_ms)

    def command(message):
        now = node.clock.mono()
        if message["pattern"] == "off":
            voice.hush(now)
        player.play(message["pattern"], message["ms"], now)

    node.serve("signal", device_id, command)
    shown, due = (0, 0), 0
    try:
        while True:
            now = node.clock.mono()
            if now >= due:
                due = now + _ROUND_MS
                player.stand(voice.heard(node.complaints(device_id), now), now)
            wanted = player.at(now)
            if wanted != shown:
                driver.set(wanted[0], wanted[1])
                shown = wanted
            await rest(_TICK_MS, beat)
    finally:
        driver.set(0, 0)
