"""Who comes to a gate anew, and what goes out by it while nobody judges it. Pure; see buzzer.py."""

from strongroom_node.buzzer import ALARM
from strongroom_node.compat import const
from strongroom_node.unanswered import AnswerRule

_ALARM_MS = const(10000)  # how long a box is complained of that was carried out
_RECENT_MS = const(600000)
_RECENT = const(16)
_FOLLOWED = const(32)
_INNER, _OUTER, _INSIDE, _LOUDNESS = 1, 2, 4, 8
_LOUDEST = const(200)  # added to dBm; a reader that gives no dBm leaves it to the order


class Recent:
    """Tells ids that come anew from those that keep coming back: a box that lies at the edge of what
    an antenna hears is lost and found all night, and is news once."""

    def __init__(self):
        self._at = {}

    def is_new(self, tag, now):
        """Take note of an id; return whether it was not heard of for _RECENT_MS."""
        at = self._at.pop(tag, None)
        if len(self._at) >= _RECENT:
            del self._at[min(self._at, key=self._at.get)]
        self._at[tag] = now
        return at is None or now - at >= _RECENT_MS


class ExitRule(AnswerRule):
    """Wants an alarm when a tag was carried from the inner antenna out past the outer one while nobody judges it.

    Nobody judges it when the link is down, and when the gateway has not acknowledged it in time.
    Out is: heard inside first, and then at least as loud outside as it was last heard inside; or
    lost inside first and outside last.
    """

    def __init__(self, answered, linked, patience):
        super().__init__(ALARM, _ALARM_MS, answered)
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
