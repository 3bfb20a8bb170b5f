"""What a node says by itself through its buzzers and lamps, with no gateway and no network. Pure.

    rule = OpenRule(300000); rule.feed(True, now)
    voice = Voice(60000); voice.heard([("door", rule)], now)

A rule has `wanted(now)`: None, or one of

    notice     the lamp alone
    attention  mostly the lamp, a short beep now and then
    alarm

None of them sounds for ever: what still stands after a while is left to the lamp (Voice).
"""

NOTICE, ATTENTION, ALARM = "notice", "attention", "alarm"
_RANKS = (NOTICE, ATTENTION, ALARM)


class Flag:
    """Wants a pattern while somebody has set `on`."""

    def __init__(self, pattern):
        self._pattern = pattern
        self.on = False

    def wanted(self, now):
        """Return the pattern while the flag is set."""
        return self._pattern if self.on else None


class OpenRule:
    """Wants attention while something has been open for `limit` ms."""

    def __init__(self, limit):
        self._limit = limit
        self._since = None

    def feed(self, is_open, now):
        """Take the state from `now` on."""
        if not is_open:
            self._since = None
        elif self._since is None:
            self._since = now

    def wanted(self, now):
        """Return attention when it has been open for too long."""
        return ATTENTION if self._since is not None and now - self._since >= self._limit else None


class Voice:
    """Makes one pattern of what the rules want.

    sound_ms  how long one rule may sound without a pause; then the lamp goes on alone
    """

    def __init__(self, sound_ms):
        self._sound_ms = sound_ms
        self._since = {}  # name of a rule -> when it began to want something

    def heard(self, rules, now):
        """Return the strongest pattern that one of the rules [(name, rule)] may have now, None for none."""
        best = -1
        for name, rule in rules:
            pattern = rule.wanted(now)
            if pattern is None:
                self._since.pop(name, None)
                continue
            since = self._since.setdefault(name, now)
            best = max(best, 0 if now - since >= self._sound_ms else _RANKS.index(pattern))
        return _RANKS[best] if best >= 0 else None

    def hush(self, now):
        """Leave what stands now to the lamp: somebody has heard it."""
        for name in self._since:
            self._since[name] = now - self._sound_ms
