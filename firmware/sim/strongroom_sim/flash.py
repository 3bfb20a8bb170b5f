"""A flash in memory with the port of strongroom_node.store.FileStore, and a power cut at a chosen step."""

from strongroom_node.errors import StoreError


class PowerCut(BaseException):
    """The board lost its power: nothing after this line ran. Not an Exception, as nothing can catch a power cut."""


class MemoryStore:
    """Files in a dict. A write or a removal is one step; power can be cut before any step.

    capacity   bytes that fit; a write that does not raises StoreError
    cut_after  steps that still work; None: power stays
    """

    def __init__(self, capacity=1 << 20):
        self.capacity = capacity
        self.files = {}
        self.cut_after = None
        self.steps = 0

    def read(self, name):
        """Return the bytes of a file, None where there is none."""
        return self.files.get(name)

    def lines(self, name, offset=0):
        """Yield the lines of a file from an offset on, none where there is none."""
        parts = self.files.get(name, b"")[offset:].split(b"\n")
        for part in parts[:-1]:
            yield part + b"\n"
        if parts[-1]:
            yield parts[-1]

    def write(self, name, data):
        """Replace a file as one step; data are bytes or an iterable of bytes."""
        if not isinstance(data, (bytes, bytearray)):
            data = b"".join(data)
        self._step()
        if self._used() - len(self.files.get(name, b"")) + len(data) > self.capacity:
            raise StoreError("cannot write %s: no space" % name, full=True)
        self.files[name] = bytes(data)

    def remove(self, name):
        """Delete a file if it is there."""
        self._step()
        self.files.pop(name, None)

    def names(self, prefix=""):
        """Return the names that start with the prefix, sorted."""
        return sorted(name for name in self.files if name.startswith(prefix))

    def size(self, name):
        """Return the size of a file in bytes, 0 where there is none."""
        return len(self.files.get(name, b""))

    def free(self):
        """Return the bytes that still fit."""
        return self.capacity - self._used()

    def _used(self):
        return sum(len(data) for data in self.files.values())

    def _step(self):
        if self.cut_after is not None:
            if self.cut_after == 0:
                raise PowerCut
            self.cut_after -= 1
        self.steps += 1
