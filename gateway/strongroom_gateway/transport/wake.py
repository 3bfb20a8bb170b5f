"""Waking a thread that waits for a socket, from any other thread."""

import select
import socket
import threading
from contextlib import suppress
from typing import Final, Protocol


class HasFileno(Protocol):
    """A socket, as far as waiting needs one."""

    def fileno(self) -> int:
        """Return the file descriptor."""
        ...


_READ: Final = select.POLLIN | select.POLLERR | select.POLLHUP


class Waker:
    """A pair of sockets: a byte on the one ends the wait on the other."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._owner = 0
        self._signalled = False

    def own(self) -> None:
        """Make the calling thread the one that waits: it need not wake itself."""
        self._owner = threading.get_ident()

    @property
    def mine(self) -> bool:
        """Whether the calling thread is the one that waits."""
        return threading.get_ident() == self._owner

    def wake(self) -> None:
        """End the wait, now or the next one."""
        if self._signalled or self.mine:
            return
        self._signalled = True
        with suppress(OSError):  # full of wake-ups already, or closed: nobody waits
            self._writer.send(b"\0")

    def wait(self, connection: HasFileno | None, seconds: float, *, write: bool = False) -> bool:
        """Wait for the socket to be readable (or writable), for a wake-up or for the time to pass.

        Returns whether there is something to read, or the peer has gone.
        """
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        if connection is not None:
            poll.register(connection, select.POLLIN | (select.POLLOUT if write else 0))
        readable = False
        for number, events in poll.poll(max(0.0, seconds) * 1000):
            if number == self._reader.fileno():
                # In this order. A wake-up in between sends nothing and need not: what it is about was
                # there before, and is looked at after this. The other way round its byte would be read
                # here and the next ones, told that one is under way, would wake nobody.
                self._drain()
                self._signalled = False
            else:
                readable = bool(events & _READ)
        return readable

    def close(self) -> None:
        """Close both ends."""
        self._reader.close()
        self._writer.close()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._reader.recv(4096)
