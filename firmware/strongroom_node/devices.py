"""Finds the driver of a device by the name of its type: drivers/<type>.py.

A driver module has ROLE ("climate", "hf", "uhf", "contact", "input", "shelf", "relay", "signal")
and create(board, cfg) -> driver. A new device is a new file; nothing is listed anywhere.
"""

import os

from strongroom_node import drivers
from strongroom_node.compat import IS_MICROPYTHON, forget
from strongroom_node.errors import ConfigError


def load(kind):
    """Return the driver module of a device type; ConfigError names the known types."""
    if isinstance(kind, str) and kind and all(c.isalpha() or c.isdigit() or c == "_" for c in kind):
        try:
            module = __import__("strongroom_node.drivers." + kind, None, None, ("create",))
        except ImportError as error:
            if kind not in str(error):
                raise  # the driver is there; something it needs is not
        else:
            if hasattr(module, "ROLE"):
                return module
    names = ", ".join(known()) or "see the manual"
    raise ConfigError("unknown device type %r; known: %s" % (kind, names))


def known():
    """Return the names of the driver types; empty where they are frozen into the firmware."""
    found = set()
    try:
        names = os.listdir(drivers.__file__.rsplit("/", 1)[0])
    except (OSError, AttributeError):
        return []
    for name in names:
        kind = name.split(".")[0]
        if name.endswith((".py", ".mpy")) and not kind.startswith("_"):
            module = __import__("strongroom_node.drivers." + kind, None, None, ("create",))
            if hasattr(module, "ROLE"):
                found.add(kind)
    return sorted(found)


class Types:
    """The known device types, as a collection: `"sht4x" in Types()`."""

    def __contains__(self, kind):
        try:
            load(kind)
        except ConfigError:
            return False
        return True

    def __iter__(self):
        return iter(known())


def task(role):
    """Return tasks/<role>.py: `async def run(node, device_id, driver, cfg, beat)`."""
    return __import__("strongroom_node.tasks." + role, None, None, ("run",))


def let_go(kinds):
    """Unload what only the making of devices of these types needed. MicroPython only."""
    if not IS_MICROPYTHON:
        return
    for kind in set(kinds):
        module = load(kind)
        for name in ("create", "settings", "KEYS"):
            if hasattr(module, name):
                delattr(module, name)
    forget("strongroom_node.drivers.settings")
