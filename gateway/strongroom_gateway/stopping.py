"""Waiting to be told to stop, so that it is heard whichever thread the system tells.

The kernel may hand a signal to any thread: to another one while a debugger or tracer holds the main
thread. Python notes it there and runs the handler in the main thread, but wakes that one only by
what is written to the wake-up descriptor. Waiting for a lock or an event instead can sleep for ever.
"""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """SIGTERM and SIGINT, from its making on; one that came before `wait` is not lost."""

    def __init__(self) -> None:
        self.told = False
        self._mine, self._theirs = socket.socketpair()
        self._theirs.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._theirs.fileno())
        self._before = {number: signal.signal(number, self._tell) for number in SIGNALS}

    def wait(self) -> None:
        """Return when one of them has come. Only in the main thread."""
        while not self.told:
            self._mine.recv(64)

    def end(self) -> None:
        """Let the signals do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._mine.close()
        self._theirs.close()

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        self.told = True


@contextmanager
def stopping() -> Iterator[Stopping]:
    """Give a `Stopping`, and put everything back at the end. Only in the main thread."""
    it = Stopping()
    try:
        yield it
    finally:
        it.end()
