"""A `select` module that lets virtual time pass instead of waiting for it."""

import time

import uselect
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT


class poll:  # noqa: N801 - the name it replaces
    """Real sockets are still asked, without waiting; when none is ready the clock jumps to the next task."""

    def __init__(self):
        self.real = uselect.poll()
        self.watched = 0

    def register(self, stream, events=POLLIN | POLLOUT):
        self.real.register(stream, events)
        self.watched += 1

    def modify(self, stream, events):
        self.real.modify(stream, events)

    def unregister(self, stream):
        self.real.unregister(stream)
        self.watched -= 1

    def poll(self, timeout=-1):
        ready = self.real.poll(0) if self.watched else []
        if ready or timeout == 0:
            return ready
        if timeout < 0:
            if not self.watched:
                raise RuntimeError("everybody waits and nobody is left to wake them")
            return self.real.poll(-1)
        time.advance(timeout)
        return []

    def ipoll(self, timeout=-1, flags=0):
        return self.poll(timeout)
