"""People's acts over the gateway's admin socket, and what came of each."""

import http.client
import json
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

_PATIENCE_S = 12.0
Fate = Literal["done", "refused", "unknown"]


@dataclass(frozen=True)
class Asked:
    """An act that was asked for: `token` stands in its entry and nowhere else."""

    kind: str
    token: str
    fate: Fate
    entries: tuple[dict[str, Any], ...] = ()
    said: str = ""


class _Socket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_PATIENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_PATIENCE_S)
        self.sock.connect(str(self._path))


@dataclass
class Office:
    """Asks the gateway, and keeps what it answered. Safe from several threads."""

    socket: Path
    asked: list[Asked] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _count: int = 0

    def ask(self, kind: str, by: str, body: dict[str, Any], token_in: str) -> Asked:
        """Ask once; the field `token_in` of the body gets a word of its own."""
        with self._lock:
            self._count += 1
            token = f"asked-{self._count:05d}"
        found = self._asked(kind, by, body | {token_in: token}, token)
        with self._lock:
            self.asked.append(found)
        return found

    def _asked(self, kind: str, by: str, body: dict[str, Any], token: str) -> Asked:
        connection = _Socket(self.socket)
        try:
            connection.request(
                "POST",
                f"/api/v1/acts/{kind}",
                json.dumps({"by": by, "body": body}),
                {"content-type": "application/json", "accept-language": "en"},
            )
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as gone:
            # Killed before, or in the middle of, its answer.
            return Asked(kind, token, "unknown", said=repr(gone))
        finally:
            connection.close()
        if answer.status == 200:
            return Asked(kind, token, "done", tuple(said["entries"]))
        refused = answer.status in (404, 409, 422)
        return Asked(kind, token, "refused" if refused else "unknown", said=str(said))
