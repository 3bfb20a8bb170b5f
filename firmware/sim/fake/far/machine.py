"""The `machine` module of an emulated ESP32 whose chips are in another process (strongroom_sim/far.py): what a
node uses of it, and nothing more, because it lies in the node's heap.
"""

from strongroom_sim import wiring

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

cause = PWRON_RESET
on_reset = None  # on_reset(cause), which does not return
_ask = wiring.far.ask


def reset_cause():
    return cause


def reset():
    on_reset("hard")


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2

    def __init__(self, number, mode=0, pull=-1, *, value=None):
        self.number = number
        if mode or value is not None:
            pull = 255 if pull is None else pull + 1
            _ask("P", number, mode, bytes((pull, 0 if value is None else value + 1)))

    def value(self, level=None):
        if level is None:
            return _ask("L", self.number)[0]
        _ask("D", self.number, 1 if level else 0)


class WDT:
    def __init__(self, id=0, timeout=5000):
        _ask("O", 0, 0, timeout.to_bytes(4, "little"))

    def feed(self):
        _ask("F")


def __getattr__(name):
    # Only what this board uses is loaded.
    if name in ("I2C", "SPI", "UART", "RTC"):
        return getattr(__import__("far_" + name.lower()), name)
    raise AttributeError(name)
