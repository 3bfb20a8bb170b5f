"""Time on a node: milliseconds since boot that never wrap, and wall time once somebody has told it."""

from strongroom_node.compat import const, ticks_diff, ticks_ms

EARLIEST = (
    1767225600000  # 2026-01-01: no board was built before, so a clock that says so is not set
)
_LATEST = const(4102444800000)  # 2100-01-01
SOURCES = ("rtc", "ntp", "gateway")


class Clock:
    """mono() for durations and order, wall() for what people read.

    on_anchor(mono, ts, source) is called each time the wall clock is set; the event made of it lets the gateway date
    what was sensed before. Nothing that was recorded is changed.

    rtc_ms  what the board's own clock says, Unix ms; it counts when it is plausible
    keep    keep(ms): sets the board's own clock, which goes on through a reset
    """

    def __init__(self, rtc_ms=None, keep=None):
        self._keep = keep
        self._last = ticks_ms()
        self._mono = 0
        self._offset = None  # wall = mono + offset
        self.clk = "none"
        self.on_anchor = None
        if rtc_ms is not None and EARLIEST <= rtc_ms < _LATEST:
            self._offset, self.clk = rtc_ms, "rtc"

    def mono(self):
        """Return milliseconds since boot. Must be called at least every six days (the ticks wrap)."""
        now = ticks_ms()
        self._mono += max(0, ticks_diff(now, self._last))
        self._last = now
        return self._mono

    def stamp(self):
        """Return (mono, ts, clk) for a record: ts is Unix ms, or None while nobody has told the time."""
        mono = self.mono()
        return mono, None if self._offset is None else mono + self._offset, self.clk

    def wall(self):
        """Return (Unix ms or None, clk)."""
        return self.stamp()[1:]

    def set(self, ts, source, mono=None):
        """Take `ts` (Unix ms) as the time at `mono` (default: now); return whether it was plausible."""
        if source not in SOURCES or not EARLIEST <= ts < _LATEST:
            return False
        if mono is None:
            mono = self.mono()
        self._offset, self.clk = ts - mono, source
        if self._keep is not None:
            self._keep(self.mono() + self._offset)
        if self.on_anchor is not None:
            self.on_anchor(mono, ts, source)
        return True
