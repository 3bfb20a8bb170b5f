"""The thread that serves the API: a TCP port for reading, a Unix socket for acts.

It is a failure domain of its own: a port that is taken, or a client that misbehaves, keeps no alarm
and no record waiting. While the port cannot be had it is tried again.
"""

import asyncio
import contextlib
import logging
import os
import socket
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI

RETRY_S = 5.0
_BACKLOG = 64

log = logging.getLogger(__name__)


class ApiServer:
    """Serves the applications from a thread until it is stopped."""

    def __init__(
        self,
        read: FastAPI,
        address: tuple[str, int],
        admin: FastAPI | None = None,
        admin_socket: Path | None = None,
    ) -> None:
        self._read, self._address = read, address
        self._admin, self._admin_socket = admin, admin_socket
        self._servers: list[uvicorn.Server] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="api", daemon=True)
        self._ready = threading.Event()
        self.port: int | None = None
        """The port in use, None until it could be had."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wait_for_port(self, seconds: float) -> int | None:
        """Return the port once it could be had, None when it could not within some seconds."""
        self._ready.wait(seconds)
        return self.port

    def stop(self, seconds: float = 5.0) -> None:
        """End the servers and the thread."""
        self._stopping.set()
        for server in self._servers:
            server.should_exit = True
        self._thread.join(seconds)

    def _run(self) -> None:
        complained = False
        while not self._stopping.is_set():
            with contextlib.ExitStack() as stack:
                try:
                    sockets = self._open(stack)
                except OSError as error:
                    if not complained:
                        log.error("the API cannot be served: %s", error)
                    complained = True
                    self._stopping.wait(RETRY_S)
                    continue
                log.info("the API is served on %s:%s", self._address[0], self.port)
                asyncio.run(self._serve(sockets))

    def _open(self, stack: contextlib.ExitStack) -> list[tuple[FastAPI, socket.socket]]:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # With the protocol named: asyncio turns Nagle's algorithm off only where it sees TCP, and
        # each answer of two parts would wait 40 ms for the reader's acknowledgement.
        tcp = stack.enter_context(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP))
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((host, port))
        tcp.listen(_BACKLOG)
        opened = [(self._read, tcp)]
        if self._admin is not None and self._admin_socket is not None:
            path = self._admin_socket
            local = stack.enter_context(private_socket(path))
            stack.callback(path.unlink, missing_ok=True)
            opened.append((self._admin, local))
        self.port = tcp.getsockname()[1]
        self._ready.set()
        return opened

    async def _serve(self, sockets: list[tuple[FastAPI, socket.socket]]) -> None:
        self._servers = [uvicorn.Server(_config(app)) for app, _ in sockets]
        if self._stopping.is_set():
            return
        await asyncio.gather(
            *(s.serve(sockets=[k]) for s, (_, k) in zip(self._servers, sockets, strict=True))
        )


def private_socket(path: Path) -> socket.socket:
    """Return a listening Unix socket that only its owner can open (mode 0600).

    What an earlier run left behind is removed, a socket that somebody answers on is not.
    """
    with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(str(path))
        raise OSError(f"{path}: another gateway answers there")
    path.unlink(missing_ok=True)
    local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Made for its owner alone from the first moment: a mode set afterwards would leave a gap.
        os.fchmod(local.fileno(), 0o600)
        local.bind(str(path))
        path.chmod(0o600)
        local.listen(_BACKLOG)
    except OSError:
        local.close()
        raise
    return local


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=2,
        limit_concurrency=200,
    )
