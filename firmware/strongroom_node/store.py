"""Files on flash that are either there whole or not at all."""

import os

from strongroom_node.compat import IS_MICROPYTHON, const
from strongroom_node.errors import StoreError

_NEW = const("~")  # no name of ours ends like this
_ENOENT, _ENOSPC = 2, 28
_LF = const(10)
_LINE_BYTES = const(1280)
_PIECE = const(256)  # MicroPython takes the memory for the longest line beforehand


class FileStore:
    """Small files in one folder. A write is: new file, close, rename; a power cut leaves the old one or the new one.

    littlefs makes a file durable when it is closed and renames atomically; on Linux the file and the folder are synced.
    """

    def __init__(self, root):
        self.root = root
        try:
            os.mkdir(root)
        except OSError:  # it is there
            pass
        for name in self._listed():
            if name.endswith(_NEW):  # a write that the power cut interrupted
                self._drop_unfinished(self._path(name))

    def read(self, name):
        """Return the bytes of a file, None where there is none. Raises StoreError when it cannot be read."""
        try:
            with open(self._path(name), "rb") as file:
                return file.read()
        except OSError as error:
            if error.errno == _ENOENT:
                return None
            raise StoreError("cannot read %s: %s" % (name, error))

    def lines(self, name, offset=0):
        """Yield a file's lines with their line feed, from an offset on; none where there is no file.

        Raises StoreError. A line longer than _LINE_BYTES comes in pieces. Close the generator when you stop early.
        """
        try:
            with open(self._path(name), "rb") as file:
                if offset:
                    file.seek(offset)
                while True:
                    line = piece = file.readline(_PIECE)
                    while len(piece) == _PIECE and piece[-1] != _LF and len(line) < _LINE_BYTES:
                        piece = file.readline(_PIECE)
                        line += piece
                    if not line:
                        return
                    yield line
        except OSError as error:
            if error.errno != _ENOENT:
                raise StoreError("cannot read %s: %s" % (name, error))

    def write(self, name, data):
        """Replace a file as one step; when this returns it survives a power cut. Raises StoreError.

        data    bytes, or an iterable of bytes: a small heap seldom has some KB in one piece
        """
        path = self._path(name)
        try:
            with open(path + _NEW, "wb") as file:
                for part in (data,) if isinstance(data, (bytes, bytearray)) else data:
                    file.write(part)
                if not IS_MICROPYTHON:
                    file.flush()
                    os.fsync(file.fileno())
            os.rename(path + _NEW, path)
            self._sync_folder()
        except OSError as error:
            self._drop_unfinished(path + _NEW)
            raise StoreError("cannot write %s: %s" % (name, error), error.errno == _ENOSPC)
        except (StoreError, MemoryError):  # of the one who gives the data
            self._drop_unfinished(path + _NEW)
            raise

    def remove(self, name):
        """Delete a file if it is there. Raises StoreError."""
        try:
            os.remove(self._path(name))
        except OSError as error:
            if error.errno != _ENOENT:
                raise StoreError("cannot remove %s: %s" % (name, error))

    def names(self, prefix=""):
        """Return the names of the files that start with the prefix, sorted. Raises StoreError."""
        return sorted(n for n in self._listed() if n.startswith(prefix) and not n.endswith(_NEW))

    def size(self, name):
        """Return the size of a file in bytes, 0 where there is none."""
        try:
            return os.stat(self._path(name))[6]
        except OSError:
            return 0

    def free(self):
        """Return the bytes still free on the file system. Raises StoreError."""
        try:
            state = os.statvfs(self.root)
        except OSError as error:
            raise StoreError("cannot measure %s: %s" % (self.root, error))
        return state[0] * state[3]

    def _listed(self):
        try:
            return os.listdir(self.root)
        except OSError as error:
            raise StoreError("cannot list %s: %s" % (self.root, error))

    def _drop_unfinished(self, path):
        try:
            os.remove(path)
        except OSError:  # it is not there, or flash is failing: the next start tries again
            pass

    def _path(self, name):
        return self.root + "/" + name

    def _sync_folder(self):
        if IS_MICROPYTHON:
            return
        folder = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
