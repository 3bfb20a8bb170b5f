"""Counts boots that fail, so that a node which cannot start ends up in safe mode and not in a circle.

boots = BootGuard(store)
safe = boots.begin()     # True: too many boots failed in a row
boots.good()             # this one lasted
"""

from strongroom_node.compat import const

FAILED_BOOTS = 5
_COUNT_FILE = const("boots")


class BootGuard:
    """Counts on flash the boots that did not last a minute; after five comes safe mode."""

    def __init__(self, store, limit=FAILED_BOOTS):
        self._store = store
        self._limit = limit
        self.failed = 0
        self.safe = False

    def begin(self):
        """Note a boot; return whether it has to be in safe mode. Raises StoreError."""
        text = self._store.read(_COUNT_FILE)
        self.failed = int(text) if text and text.isdigit() else 0
        self.safe = self.failed >= self._limit
        if not self.safe:
            self._store.write(_COUNT_FILE, b"%d" % (self.failed + 1))
        return self.safe

    def good(self):
        """Forget the failures: this boot has lasted long enough."""
        self._store.remove(_COUNT_FILE)
