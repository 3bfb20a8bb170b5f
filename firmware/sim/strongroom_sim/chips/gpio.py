"""Switches on the input pins: contacts that bounce, end stops, buttons."""

from strongroom_sim.bench import bench

# What a reed switch does in its first milliseconds: levels against the final one, with times in ms.
_BOUNCE = ((0, 1), (1, 0), (2, 1), (4, 0), (5, 1), (9, 0), (10, 1))


class Switch:
    """A switch between a pin and ground (`active` 0) or supply (`active` 1).

    `on` is what the pin sees: a closed door holds its reed switch on. With bounce, a change
    chatters for ten milliseconds, as the pin would see it at the moments it is looked at.
    """

    def __init__(self, pin, on=False, active=0, bounce=True):
        self.pin = pin
        self.active = active
        self.bounce = bounce
        self.on = on
        self._since = None
        self._held = None
        bench.pins[pin].drive(self)

    def do_set(self, on):
        """Put the switch on or off."""
        if bool(on) != self.on:
            self.on = bool(on)
            self._since = bench.now_ms() if self.bounce else None

    def do_open(self):
        """Open a door: its contact goes off."""
        self.do_set(False)

    def do_close(self):
        """Close a door: its contact goes on."""
        self.do_set(True)

    def do_fault(self, kind, on=True):
        """Faults: cut (the wire is broken: never on), short (always on)."""
        if kind not in ("cut", "short"):
            raise ValueError("no fault %r; there are cut, short" % kind)
        self._held = (kind == "short") if on else None

    def level(self):
        """Return the level at the pin now."""
        on = self.on if self._held is None else self._held
        if self._since is not None and self._held is None:
            age = bench.now_ms() - self._since
            settled = 1
            for at, value in _BOUNCE:
                if age >= at:
                    settled = value
            if age >= _BOUNCE[-1][0]:
                self._since = None
            on = self.on if settled else not self.on
        return self.active if on else 1 - self.active
