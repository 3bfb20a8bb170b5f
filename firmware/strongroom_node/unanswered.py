"""The rule for events that the gateway has to answer for. Pure; see buzzer.py."""

from strongroom_node.compat import const

ATTENTION_MS = 5000  # how long a card is complained of that the gateway has not answered for
_OPEN = const(8)  # questions to the gateway under way at once
# In place of the number of an event that flash did not take: nobody answers it.
_UNWRITTEN = const(1 << 31)


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
