"""What a relay does when the gateway has not been heard for long. Pure; only nodes that are told to have it.

Off is the safe state of every relay, and for most it stays the only one. A room in a damp climate may rather have its
dehumidifier run by two thresholds of its own than stand still for the week that a gateway is away. The relay's other
rules hold as ever: rest, shortest and longest run, and a fresh reading of the sensor it needs.
"""


class AloneRule:
    """On beyond one value and off beyond another, once nobody has been heard for `after` ms.

    by   "t" (C) or "rh" (%): which of the sensor's values
    on   above it where `off` is lower (drying, cooling), below it where `off` is higher
    """

    def __init__(self, by, on, off, after):
        self.by = by
        self._on = on
        self._off = off
        self._after = after

    def wanted(self, running, value, silent):
        """Return whether it should run; None when the gateway is there, or the value is not known."""
        if silent < self._after or value is None:
            return None
        mark = self._off if running else self._on
        return value > mark if self._on > self._off else value < mark
