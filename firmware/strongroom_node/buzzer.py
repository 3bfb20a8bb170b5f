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
ATTENTION_MS = 5000  # how long a card is complained of that the gateway has not answered for
ALARM_MS = 10000  # how long a box is complained of that was carried out
_OPEN = 8  # questions to the gateway under way at once
_UNWRITTEN = (
    1 << 31
)  # in place of the number of an event that flash did not take: nobody answers it
RECENT_MS = 600000
_RECENT = 16
_FOLLOWED = 32
_INNER, _OUTER, _INSIDE, _LOUDNESS = 1, 2, 4, 8
_LOUDEST = 200  # added to dBm; a reader that gives no dBm leaves it to the order


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


class AnswerRule:
    """Wants a pattern for a while when the gateway has not acknowledged an event in time.

    answered  function: the highest number of this boot's events that the gateway has acknowledged
    lasts     ms of the pattern
    """

    def __init__(self, pattern, lasts, answered):
        self._pattern = pattern
        self._lasts = lasts
        self._answered = answered
        self._open = []  # (number, when it is due)

    def asked(self, seq, now, patience):
        """Expect the acknowledgement of event `seq` (0: flash did not take it) within `patience` ms."""
        if len(self._open) >= _OPEN:
            self._open.pop()  # not the oldest: the complaint must not be put off for ever
        self._open.append((seq or _UNWRITTEN, now + patience))

    def wanted(self, now):
        """Return the pattern when an answer is overdue, for as long as it lasts."""
        if not self._open:
            return None
        answered = self._answered()
        self._open = [x for x in self._open if x[0] > answered and now < x[1] + self._lasts]
        return self._pattern if any(now >= due for _, due in self._open) else None


class Recent:
    """Tells ids that come anew from those that keep coming back: a box that lies at the edge of what
    an antenna hears is lost and found all night, and is news once."""

    def __init__(self):
        self._at = {}

    def is_new(self, tag, now):
        """Take note of an id; return whether it was not heard of for RECENT_MS."""
        at = self._at.pop(tag, None)
        if len(self._at) >= _RECENT:
            del self._at[min(self._at, key=self._at.get)]
        self._at[tag] = now
        return at is None or now - at >= RECENT_MS


class ExitRule(AnswerRule):
    """Wants an alarm when a tag was carried from the inner antenna out past the outer one while nobody judges it.

    Nobody judges it when the link is down, and when the gateway has not acknowledged it in time.
    Out is: heard inside first, and then at least as loud outside as it was last heard inside; or
    lost inside first and outside last.
    """

    def __init__(self, answered, linked, patience):
        super().__init__(ALARM, ALARM_MS, answered)
        self._linked = linked
        self._patience = patience
        # id -> antennas that hear it + _INSIDE when it came from there + _LOUDNESS * how loud it was
        # there. One small number: a cart of boxes must not cost the heap of a node.
        self._tags = {}
        self._recent = Recent()

    def heard(self, reports, seq, now):
        """Take reports of `presence`, recorded as events up to number `seq` (0: they were not)."""
        for act, tag, ant, rssi, _, _ in reports:
            side = {"inner": _INNER, "outer": _OUTER}.get(ant)
            if side is None:
                continue
            if self._is_out(act, tag, side, rssi) and self._recent.is_new(tag, now):
                self.asked(seq, now, self._patience if self._linked() else 0)

    def _is_out(self, act, tag, side, rssi):
        known = self._tags.get(tag)
        if known is None:
            if act == "gone" or len(self._tags) >= _FOLLOWED:
                return False
            known = _INSIDE if side == _INNER else 0
        if act == "gone":
            known &= ~side
            out = side == _OUTER and not known & (_INNER | _OUTER)
        else:
            known |= side
            loud = _LOUDEST if rssi is None else rssi + _LOUDEST
            if side == _INNER:
                known = known % _LOUDNESS + loud * _LOUDNESS
            out = side == _OUTER and loud >= known // _LOUDNESS
        out = out and known & _INSIDE != 0
        if out:
            known &= ~_INSIDE
        if known & (_INNER | _OUTER):
            self._tags[tag] = known
        else:
            self._tags.pop(tag, None)
        return out


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
