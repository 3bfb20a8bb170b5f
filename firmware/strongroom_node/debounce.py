"""Debouncing of contacts: a level counts once it was read so many times in a row."""


class Debounce:
    """Feed it one raw sample per poll; `level` is what holds. Counts every raw edge, also those it swallows."""

    def __init__(self, samples=5, level=None):
        self.samples = samples
        self.level = level
        self.edges = 0
        self._raw = level
        self._run = 0

    def feed(self, raw):
        """Take one sample (0 or 1); return True when the level that holds has changed."""
        if raw != self._raw:
            if self._raw is not None:
                self.edges += 1
            self._raw, self._run = raw, 0
        self._run += 1
        if raw == self.level or self._run < self.samples:
            return False
        self.level = raw
        return True

    def take_edges(self):
        """Return the raw edges since the last call."""
        edges, self.edges = self.edges, 0
        return edges
