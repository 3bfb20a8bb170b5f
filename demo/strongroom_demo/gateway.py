"""The gateway of the demo: the product's own `strongroom gateway` as a process, seen through its
own API."""

import json
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from .children import Child

HOST = "127.0.0.1"
START_S = 30.0
ANSWER_S = 5.0
PAGE = 500
OK = 200
DUPLICATES = "strongroom_duplicates_total"
_COMMAND = "import sys; from strongroom_gateway.cli import main; sys.exit(main())"


class GatewayError(RuntimeError):
    """The gateway ended, or did not answer in time."""


class Gateway:
    """The gateway process and what it says of itself."""

    def __init__(self, config: Path, log: Path, port: int, language: str) -> None:
        self.port = port
        self._asking = {"Accept-Language": language.replace("_", "-")}
        self.address = f"http://{HOST}:{port}"
        self.child = Child(
            [sys.executable, "-c", _COMMAND, "gateway", "--config", str(config)], log
        )

    def wait_until_ready(self, give_up: Callable[[], bool]) -> None:
        """Wait until /health answers; raises GatewayError with the end of its log."""
        deadline = time.monotonic() + START_S
        while self.child.running and time.monotonic() < deadline and not give_up():
            if self.get("/health") is not None:
                return
            time.sleep(0.1)
        raise GatewayError(self.child.log_tail())

    def entries(self, after: int) -> list[dict[str, Any]]:
        """Return the ledger's entries behind an index (-1: from the first), oldest first."""
        page = self.get(f"/api/v1/entries?after={after}&limit={PAGE}")
        return [] if page is None else list(page["entries"])

    def alarms(self) -> list[dict[str, Any]]:
        """Return the alarms that stand."""
        page = self.get("/api/v1/alarms")
        return [] if page is None else list(page["alarms"])

    def metrics(self) -> dict[str, float]:
        """Return the counters and gauges of /metrics by name with labels, as Prometheus would see
        them."""
        text = self._get("/metrics")
        return {} if text is None else parse_metrics(text.decode())

    def duplicates(self) -> int:
        """Return how many messages the gateway dropped because it had them already."""
        return int(
            sum(value for name, value in self.metrics().items() if name.startswith(DUPLICATES))
        )

    def get(self, path: str) -> Any:
        """Return a JSON answer, or None while nobody answers."""
        answer = self._get(path)
        return None if answer is None else json.loads(answer)

    def _get(self, path: str) -> bytes | None:
        connection = HTTPConnection(HOST, self.port, timeout=ANSWER_S)
        try:
            connection.request("GET", path, headers=self._asking)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
        return body if answer.status == OK else None


def parse_metrics(text: str) -> dict[str, float]:
    """Return the values of a Prometheus text by `name{labels}`."""
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            values[name] = float(value)
    return values
