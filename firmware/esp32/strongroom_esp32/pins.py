"""Which pin of which board does what, and which pins may do it.

The rules are the ESP32's: pins 6 to 11 belong to the flash, 34 to 39 can only listen, and 0, 2, 5,
12 and 15 are read at reset to choose how the chip starts, so nothing that switches may hang on
them.
"""

from strongroom_node.compat import const
from strongroom_node.errors import ConfigError

FLASH = (6, 7, 8, 9, 10, 11)
INPUT_ONLY = (34, 35, 36, 37, 38, 39)
STRAPPING = (0, 2, 5, 12, 15)
ABSENT = (20, 24, 28, 29, 30, 31)
CONSOLE = (1, 3)
# Pulled up inside at reset, which is also the idle level of a chip select.
SELECT_STRAPPING = (5, 15)
_GOOD_OUTPUTS = const("4, 13, 14, 16-19, 21-23, 25-27, 32, 33")

# Names a node's settings may use for its buses. The ids are those of `machine`.
_DEVKIT = {
    "i2c0": {"id": 0, "scl": 22, "sda": 21, "freq": 100000},
    "i2c1": {"id": 1, "scl": 33, "sda": 32, "freq": 100000},
    "spi0": {"id": 2, "sck": 18, "mosi": 23, "miso": 19, "baud": 4000000},
    "uart1": {"id": 1, "tx": 13, "rx": 34},
    "uart2": {"id": 2, "tx": 17, "rx": 16},
}
_SIM = dict(_DEVKIT)
_SIM["lan"] = {}
BOARDS = {
    "esp32-devkit": _DEVKIT,
    # Olimex ESP32-POE: the Ethernet chip takes 12, 17 to 19, 21 to 23 and 25 to 27.
    "esp32-poe": {
        "i2c0": {"id": 0, "scl": 16, "sda": 13, "freq": 100000},
        "uart1": {"id": 1, "tx": 4, "rx": 36},
        "uart2": {"id": 2, "tx": 33, "rx": 35},
        "lan": {
            "mdc": 23,
            "mdio": 18,
            "power": 12,
            "ref_clk": 17,
            "ref_clk_mode": "OUT",
            "phy_addr": 0,
            "phy_type": "PHY_LAN8720",
        },
        "taken": (12, 17, 18, 19, 21, 22, 23, 25, 26, 27),
    },
    "esp32-sim": _SIM,
}


def bus(board, name):
    """Return the wiring of a named bus; ConfigError names the ones there are."""
    if board not in BOARDS:
        raise ConfigError("unknown board %r; known: %s" % (board, ", ".join(sorted(BOARDS))))
    wiring = BOARDS[board].get(name)
    if wiring is None or "id" not in wiring:
        known = ", ".join(sorted(n for n, w in BOARDS[board].items() if "id" in w))
        raise ConfigError("board %s has no bus %r; it has %s" % (board, name, known))
    return wiring


def check_output(pin):
    """Refuse, in words, a pin that must not switch anything."""
    _check_any(pin)
    if pin in INPUT_ONLY:
        raise ConfigError("pin %d can only be an input; outputs: %s" % (pin, _GOOD_OUTPUTS))
    if pin in STRAPPING:
        raise ConfigError(
            "pin %d decides how the chip starts and moves at reset: it must not switch anything; "
            "outputs: %s" % (pin, _GOOD_OUTPUTS)
        )


def check_select(pin):
    """Refuse a pin that cannot be the chip select of a bus."""
    if pin not in SELECT_STRAPPING:
        check_output(pin)


def check_input(pin, pull):
    """Refuse a pin that cannot be an input with this pull ("up", "down" or None)."""
    _check_any(pin)
    if pull not in ("up", "down", None):
        raise ConfigError("pin %d: pull must be up, down or none, not %r" % (pin, pull))
    if pull is not None and pin in INPUT_ONLY:
        raise ConfigError("pin %d has no pull resistor inside; fit one and set pull to none" % pin)


def _check_any(pin):
    if not isinstance(pin, int) or isinstance(pin, bool) or not 0 <= pin <= 39 or pin in ABSENT:
        raise ConfigError("the ESP32 has no pin %r" % (pin,))
    if pin in FLASH:
        raise ConfigError("pin %d belongs to the flash of the ESP32" % pin)
    if pin in CONSOLE:
        raise ConfigError("pin %d is the console of the ESP32" % pin)
