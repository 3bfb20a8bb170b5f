"""The node's device configuration on flash: versioned, and never worse than the last good one.

    provisioned   node.json on the board: room, node, broker, devices
    config.now    what the gateway sent and the node has accepted; its devices replace the provisioned ones
    config.good   the last one that the node ran with for a while

A configuration that stops the node from starting is given up for the last good one at the next boot.
"""

import json

from strongroom_node.compat import crc32
from strongroom_node.errors import ConfigError, StoreError

NEW, GOOD = "config.now", "config.good"
MAX_BYTES = 8192


class ConfigStore:
    """The two copies on flash."""

    def __init__(self, store):
        self._store = store

    def accept(self, config):
        """Keep a checked configuration for the next start. Raises ConfigError, StoreError."""
        text = json.dumps(config).encode()
        if len(text) > MAX_BYTES:
            raise ConfigError("%d bytes; a node keeps %d" % (len(text), MAX_BYTES))
        self._store.write(NEW, b"%08x " % crc32(text) + text)

    def current(self):
        """Return the newest whole configuration, None where there is none."""
        return self._read(NEW) or self._read(GOOD)

    def good(self):
        """Remember that the newest one works. Raises StoreError."""
        config = self._read(NEW)
        if config is not None:
            data = self._store.read(NEW)
            if data != self._store.read(GOOD):
                self._store.write(GOOD, data)

    def on_trial(self):
        """Whether the newest one is still to prove itself. Raises StoreError."""
        return self._read(NEW) is not None and self._store.read(NEW) != self._store.read(GOOD)

    def give_up(self):
        """Go back to the last good one; return the version given up, None when there is nothing to go back from."""
        config = self._read(NEW)
        self._store.remove(NEW)
        return config["version"] if config is not None else None

    def _read(self, name):
        try:
            data = self._store.read(name)
        except StoreError:
            return None
        if not data or data[:9] != b"%08x " % crc32(data[9:]):
            return None
        return json.loads(data[9:])
