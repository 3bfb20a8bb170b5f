"""A TCP proxy that treats the bytes between a client and a server badly, on demand.

    with FaultProxy(broker.port) as proxy:
        client.connect("127.0.0.1", proxy.port)
        proxy.black_hole = True            # taken from each side, never given to the other
        proxy.piece = 1                    # every byte in a segment of its own
        proxy.delay = 0.2                  # seconds before each piece is passed on
        proxy.refuse = True                # new connections are reset at once
        proxy.reset()                      # RST on every open connection
        proxy.hang_up()                    # FIN on every open connection
        proxy.inject(b"\\xff\\xff")          # bytes the server never sent, to every client
        proxy.drop_from_server = match     # function(bytes) -> bool: this chunk is swallowed
        proxy.watch = chunks.append        # function(bytes): sees what comes from clients

It runs in a thread of its own; the attributes may be changed at any moment.
"""

import contextlib
import select
import socket
import struct
import threading
import time
from typing import Self

TICK = 0.02


class FaultProxy:
    """One listening port of 127.0.0.1 in front of another."""

    def __init__(self, target: int) -> None:
        """Listen on a free port for connections to `target`."""
        self.target = target
        self.black_hole = False
        self.refuse = False
        self.piece = 65536
        self.delay = 0.0
        self.drop_from_server = lambda data: False
        self.watch = lambda data: None
        self.accepted = 0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def open(self) -> int:
        """How many connections pass through it now."""
        return len(self._pairs)

    def reset(self) -> None:
        """End every connection with RST, both sides."""
        with self._lock:
            for pair in self._pairs:
                for side in pair:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._close_all()

    def hang_up(self) -> None:
        """End every connection with FIN."""
        with self._lock:
            self._close_all()

    def inject(self, data: bytes) -> None:
        """Send bytes to every client as if the server had."""
        with self._lock:
            for client, _ in self._pairs:
                with contextlib.suppress(OSError):
                    client.sendall(data)

    def __enter__(self) -> Self:
        """Start to pass connections on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._stop = True
        self._thread.join(10)
        self.hang_up()
        self._listener.close()

    def _close_all(self) -> None:
        for pair in self._pairs:
            for side in pair:
                side.close()
        self._pairs = []

    def _run(self) -> None:
        while not self._stop:
            with self._lock:
                ways = {a: b for pair in self._pairs for a, b in (pair, pair[::-1])}
                clients = {client for client, _ in self._pairs}
                try:
                    ready = select.select([self._listener, *ways], [], [], 0)[0]
                except ValueError:
                    continue
                for side in ready:
                    if side is self._listener:
                        self._accept()
                    else:
                        self._pass(side, ways[side], side in clients)
            if not ready:
                # Outside the lock, so that the test's commands get their turn.
                with contextlib.suppress(OSError, ValueError):
                    select.select([self._listener, *ways], [], [], TICK)

    def _accept(self) -> None:
        client = self._listener.accept()[0]
        self.accepted += 1
        try:
            if self.refuse:
                raise ConnectionRefusedError
            server = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            return
        for side in (client, server):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs.append((client, server))

    def _pass(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        try:
            data = source.recv(65536)
            if from_client:
                self.watch(data)
            if data and (self.black_hole or (not from_client and self.drop_from_server(data))):
                return
            for at in range(0, len(data), self.piece):
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data[at : at + self.piece])
        except OSError:
            data = b""
        if not data and not self.black_hole:
            self._pairs = [pair for pair in self._pairs if source not in pair]
            source.close()
            sink.close()
