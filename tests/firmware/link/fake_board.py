"""A board without chips, for the node's runtime on either interpreter."""

import os

from strongroom_node.errors import StoreError
from strongroom_node.store import FileStore


class Dog:
    """A watchdog that only counts."""

    def __init__(self):
        self.feeds = 0

    def feed(self):
        """Count a feed."""
        self.feeds += 1


class MortalStore(FileStore):
    """Flash that takes nothing as long as a file called <folder>.dead exists."""

    def write(self, name, data):
        """Write, or fail as dead flash does."""
        try:
            os.stat(self.root + ".dead")  # noqa: PTH116 - runs on MicroPython too
        except OSError:
            return super().write(name, data)
        raise StoreError("cannot write " + name + ": flash is dead")


class Pin:
    """An output that remembers."""

    def __init__(self, level):
        self.levels = [level]

    def set(self, level):
        """Drive it."""
        self.levels.append(level)


class FakeBoard:
    """What Node asks of a board; `folder` is its flash."""

    name = "test"

    def __init__(self, folder, settings, cause="power"):
        self.folder = folder
        self._settings = settings
        self.cause = cause
        self.dog = Dog()
        self.pins = {}
        self.on_reset = None

    def settings(self):
        """Return node.json."""
        return self._settings

    def store(self):
        """Return the flash."""
        return MortalStore(self.folder)

    def reset_cause(self):
        """Return why the board started."""
        return self.cause

    def wdt(self, ms):
        """Start the watchdog."""
        return self.dog

    def network(self):
        """The system looks after the network."""

    def pin_out(self, number, safe):
        """Return an output."""
        self.pins[number] = Pin(safe)
        return self.pins[number]

    def set_wall(self, ms):
        """Leave the host's clock alone."""

    def settled(self):
        """Take note that all devices are made."""

    def reset(self):
        """Reset; `on_reset` must not return."""
        self.on_reset()
