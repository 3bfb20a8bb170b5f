"""Settings of devices: what is wrong is said in words, and never at the first reading."""

import gc
import sys

from strongroom_esp32.hal import Board
from strongroom_node import devices, drivers
from strongroom_node.errors import ConfigError
from strongroom_sim.bench import bench

GOOD = (
    {"type": "sht3x", "bus": "i2c0", "addr": 69, "every_ms": 10000, "fails": 5},
    {"type": "sht4x"},
    {"type": "aht20", "bus": "i2c1", "addr": 56},
    {"type": "contact", "pin": 4, "closed": 1, "pull": "down"},
    {"type": "contact", "pin": 34, "pull": None, "poll_ms": 5, "samples": 10},
    {"type": "digital_input", "pin": 4, "active": 1},
    {"type": "relay", "pin": 26, "needs": "t1", "min_off_ms": 180000, "fresh_ms": 60000},
    {"type": "signal", "pin": 27, "led": 25, "active": 0},
    {"type": "ads1115_shelf", "carriages": [{"channel": 0, "mm_at_0": 0, "mm_at_full": 2000}]},
)
WRONG = (
    ({"type": "sht4x", "adr": 68}, ("adr", "addr")),
    ({"type": "sht4x", "addr": 0x38}, ("addr", "68 to 70", "56")),
    ({"type": "sht3x", "addr": "0x44"}, ("addr", "whole number")),
    ({"type": "sht3x", "every_ms": True}, ("every_ms",)),
    ({"type": "aht20", "every_ms": 0}, ("every_ms", "200")),
    ({"type": "aht20", "bus": 1}, ("bus", "text")),
    ({"type": "aht20", "bus": "i2c9"}, ("i2c9", "i2c0")),
    ({"type": "contact"}, ("pin", "missing")),
    ({"type": "contact", "pin": "4"}, ("pin", "whole number")),
    ({"type": "contact", "pin": 4, "closed": 2}, ("closed", "0 to 1")),
    ({"type": "contact", "pin": 4, "pull": "none"}, ("pull", "up, down, None")),
    ({"type": "contact", "pin": 34}, ("34", "pull")),
    ({"type": "digital_input", "pin": 4, "closed": 0}, ("closed", "active")),
    ({"type": "relay", "pin": 12}, ("pin 12", "reset")),
    ({"type": "relay", "pin": 26, "min_off": 5}, ("min_off", "min_off_ms")),
    ({"type": "relay", "needs": "t1"}, ("pin", "missing")),
    ({"type": "signal"}, ("needs a pin",)),
    ({"type": "signal", "pin": 27, "led": 2}, ("pin 2", "reset")),
    ({"type": "ads1115_shelf"}, ("carriages", "missing")),
    ({"type": "ads1115_shelf", "carriages": [{"channel": 0}]}, ("mm_at_0", "missing")),
    (
        {
            "type": "ads1115_shelf",
            "carriages": [{"channel": 0, "mm_at_0": 0, "mm_at_full": 9, "low": 1}],
        },
        ("low", "low_mm"),
    ),
)


def forget_drivers():
    """Make room: no node has all drivers at once, and its heap is not made for it."""
    for name in list(sys.modules):
        if name.startswith("strongroom_node.drivers.") and not name.endswith(".settings"):
            del sys.modules[name]
            delattr(drivers, name.split(".")[-1])
    gc.collect()


def create(cfg):
    forget_drivers()
    bench.clear()
    board = Board()
    board._settings = {"board": "esp32-sim"}
    cfg = dict(cfg)
    cfg["id"] = "thing"
    return devices.load(cfg["type"]).create(board, cfg)


def check_good_settings_are_taken():
    for cfg in GOOD:
        assert create(cfg) is not None


def check_wrong_settings_are_refused_in_words():
    for cfg, words in WRONG:
        try:
            create(cfg)
        except ConfigError as e:
            for word in words:
                assert word in str(e), "%r: %s" % (cfg, e)
        else:
            raise AssertionError("accepted %r" % (cfg,))
