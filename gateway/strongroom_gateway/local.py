"""Asking the gateway of this machine over its admin socket, for the commands of `strongroom`."""

import argparse
import http.client
import json
import socket
from pathlib import Path
from typing import Any

from .config import load
from .errors import StrongroomError
from .i18n import DEFAULT, LANGUAGES, text

_SECONDS = 30.0
_DONE = (200, 202)  # 202: accepted, but not yet on the disk


class NoGatewayError(StrongroomError):
    """Nobody answers at the socket."""


class RefusedByGatewayError(StrongroomError):
    """The gateway did not do it; the text says why."""


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(str(self._path))


def add_socket(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which gateway, and in which language it answers."""
    at = parser.add_mutually_exclusive_group(required=True)
    at.add_argument("--config", type=Path, metavar="FILE", help="the gateway's configuration")
    at.add_argument("--socket", type=Path, metavar="PATH", help="the gateway's admin socket")
    parser.add_argument("--language", choices=LANGUAGES, default=DEFAULT)


def _socket(arguments: argparse.Namespace) -> Path:
    """Return where the gateway listens; the configuration is read once, a long list asks often."""
    if arguments.socket is None:
        arguments.socket = load(arguments.config).config.api.admin_socket
    if arguments.socket is None:
        said = text("alarm.no_socket", {"file": arguments.config}, arguments.language)
        raise NoGatewayError(said)
    return Path(arguments.socket)


def ask(arguments: argparse.Namespace, method: str, path: str, body: Any = None) -> Any:
    """Return what the gateway answers.

    Raises NoGatewayError when nobody does, RefusedByGatewayError with its words when it refuses.
    """
    at = _socket(arguments)
    connection = _Connection(at)
    headers = {"accept-language": arguments.language.replace("_", "-")}
    payload = None if body is None else json.dumps(body).encode()
    if payload is not None:
        headers["content-type"] = "application/json"
    try:
        connection.request(method, path, payload, headers)
        answer = connection.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException) as bad:
        params = {"socket": at, "reason": getattr(bad, "strerror", None) or str(bad)}
        raise NoGatewayError(text("alarm.no_gateway", params, arguments.language)) from bad
    finally:
        connection.close()
    if answer.status not in _DONE:
        raise RefusedByGatewayError(_reason(said))
    return json.loads(said)


def _reason(said: bytes) -> str:
    """Return why a request was refused: our own text, or the complaint about a field."""
    detail = json.loads(said)["detail"]
    if isinstance(detail, str):
        return detail
    return "; ".join(f"{'.'.join(str(p) for p in d['loc'][1:])}: {d['msg']}" for d in detail)
