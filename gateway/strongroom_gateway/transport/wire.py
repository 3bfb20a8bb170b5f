"""A connected socket, plain or TLS, that is read and written in large pieces.

A packet costs paho three reads and a write; each is a system call, and each lets another thread have
the interpreter. Here reads are served from what one read brought, and what is sent is collected until
`flush`. It has the methods paho wants of a socket. Once connected, it belongs to one thread and does
not block.
"""

import socket
import ssl
import time
from contextlib import suppress
from typing import Final

READ_BYTES: Final = 65_536
MOST_UNSENT: Final = 262_144
"""Bytes; while the socket takes nothing and so much is waiting, `send` takes nothing either."""


class Wire:
    """Reads ahead, and collects what goes out."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._tls = connection if isinstance(connection, ssl.SSLSocket) else None
        self._read = b""
        self._at = 0
        self._unsent = bytearray()
        self._until_readable = False
        self._failed: OSError | None = None
        self.linger = 0.0
        """Seconds that `close` may wait for the peer to take what was sent."""
        with suppress(OSError):  # one that is gone already says so when it is read
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        """Return the file descriptor, to wait on."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        """Let calls wait, or not."""
        self._socket.setblocking(flag)

    # -- reading -----------------------------------------------------------------------------------

    def pending(self) -> int:
        """Return how many bytes can be had although the socket will not announce them."""
        ahead = len(self._read) - self._at
        return ahead + self._tls.pending() if self._tls else ahead

    def recv(self, size: int) -> bytes:
        """Return at most ``size`` bytes, b"" at the end of the stream.

        Raises as a socket does: BlockingIOError, or one of TLS's, when nothing is there.
        """
        data = self._read[self._at : self._at + size]
        if data:
            self._at += len(data)
            return data
        self._read = self.receive()
        self._at = min(size, len(self._read))
        return self._read[:size]

    def receive(self) -> bytes:
        """Return what one read of the socket brings; for callers that take it apart themselves."""
        if self._failed is not None:
            raise self._failed
        self._until_readable = False
        return self._socket.recv(READ_BYTES)

    # -- writing -----------------------------------------------------------------------------------

    def send(self, data: bytes | bytearray) -> int:
        """Take all of ``data`` to be sent, or raise BlockingIOError: packets are never cut.

        OSError when the connection has failed.
        """
        if len(self._unsent) >= MOST_UNSENT:
            self.flush()
            if len(self._unsent) >= MOST_UNSENT:
                raise BlockingIOError
        self.put(data)
        return len(data)

    def put(self, data: bytes | bytearray) -> None:
        """Take ``data`` to be sent, however much is waiting; OSError when the connection has failed."""
        if self._failed is not None:
            raise self._failed
        self._unsent += data

    def flush(self) -> bool:
        """Send as much as the socket takes; return whether it took any. OSError ends the connection."""
        if self._failed is not None:
            raise self._failed
        before = len(self._unsent)
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except ssl.SSLWantReadError:
            self._until_readable = True
        except (BlockingIOError, ssl.SSLWantWriteError):
            pass  # the socket is full
        except OSError as error:
            self._failed = error
            raise
        return len(self._unsent) < before

    @property
    def unsent(self) -> int:
        """How many bytes wait to be sent."""
        return len(self._unsent)

    @property
    def wants_write(self) -> bool:
        """Whether to wait until the socket can be written to.

        Not while TLS must read before it can send: the socket could be written to all the time.
        """
        return bool(self._unsent) and not self._until_readable

    def close(self) -> None:
        """Send what is waiting, and close; with ``linger``, when the peer has taken it all."""
        with suppress(OSError):
            if self.linger:
                self._finish(time.monotonic() + self.linger)
            else:
                self.flush()
        self._socket.close()

    def _finish(self, deadline: float) -> None:
        """Say that nothing more comes, and read on until the peer ends too: it has read all then.

        Closing at once would answer what still comes with a reset, and the peer would drop what it
        has not read yet.
        """
        self._socket.settimeout(self.linger)
        if self._unsent:
            self._socket.sendall(self._unsent)
        self._socket.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            if not self._socket.recv(READ_BYTES):
                break
