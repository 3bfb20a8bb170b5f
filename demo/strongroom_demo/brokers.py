"""The demo's broker: mosquitto with certificates where it is installed, else the one that comes
along.

Both listen on 127.0.0.1 only and end with the demo. Each says in one sentence what it is and why
it was taken.
"""

import getpass
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

from strongroom_gateway import cli

from .children import Child
from .words import _

HOST = "127.0.0.1"
START_S = 15.0


class BrokerError(RuntimeError):
    """The broker process ended or never listened."""


class Broker(Protocol):
    """What the demo asks of a broker."""

    kind: str
    why: str
    port: int
    child: Child

    def node_settings(self, node: str) -> dict[str, Any]:
        """Return the broker section of a node's node.json."""

    def gateway_settings(self) -> dict[str, Any]:
        """Return the [mqtt] section of the gateway's configuration."""


def free_port(wanted: int = 0) -> int:
    """Return `wanted` when nobody listens on it, else any free TCP port of this machine."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free TCP port")


def start_broker(folder: Path, room: str, nodes: Sequence[str], kind: str = "auto") -> Broker:
    """Start mosquitto, or the embedded broker where it is missing or asked for; return it
    listening."""
    program = shutil.which("mosquitto") or shutil.which(
        "mosquitto", path="/usr/sbin:/usr/local/sbin"
    )
    broker: Broker
    if program is not None and kind != "embedded":
        broker = Mosquitto(folder, room, nodes, program)
    elif kind == "mosquitto":
        raise BrokerError(_("mosquitto was asked for and is not installed"))
    else:
        broker = Embedded(folder, asked=kind == "embedded")
    _wait_until_it_listens(broker)
    return broker


class Mosquitto:
    """A real mosquitto: TLS only, a certificate for each node, each under its own name only."""

    kind = "mosquitto"

    def __init__(self, folder: Path, room: str, nodes: Sequence[str], program: str) -> None:
        self.port = free_port()
        self.home = folder / "broker"
        self.why = _("mosquitto is installed; TLS, and each node may speak for itself alone")
        words = ["broker", "init", str(self.home), "--room", room]
        for node in nodes:
            words += ["--node", node]
        words += ["--host", HOST, "--bind", HOST, "--port", str(self.port)]
        words += ["--user", getpass.getuser()]  # the temporary folder is closed to other accounts
        if _quietly(lambda: cli.main(words)) != 0:
            raise BrokerError("strongroom broker init failed")
        self.child = Child(
            [program, "-c", str(self.home / "mosquitto.conf")], folder / "broker.log"
        )

    def node_settings(self, node: str) -> dict[str, Any]:
        """Return host, port and the node's own certificate."""
        home = self.home / "nodes" / node
        tls = {part: str(home / f"{part}.der") for part in ("ca", "cert", "key")}
        return {"host": HOST, "port": self.port, "tls": tls}

    def gateway_settings(self) -> dict[str, Any]:
        """Return host, port and the gateway's certificate."""
        home = self.home / "gateway"
        tls = {
            "ca": str(home / "ca.pem"),
            "certificate": str(home / "cert.pem"),
            "key": str(home / "key.pem"),
        }
        return {"host": HOST, "port": self.port, "tls": tls}


class Embedded:
    """The broker from the Python package amqtt: plain, for this machine, for showing only."""

    kind = "embedded (amqtt)"

    def __init__(self, folder: Path, asked: bool) -> None:
        self.port = free_port()
        self.why = (
            _("asked for; plain text on 127.0.0.1, nothing of it survives")
            if asked
            else _("mosquitto is not installed; plain text on 127.0.0.1, nothing of it survives")
        )
        self.child = Child(
            [sys.executable, "-m", "strongroom_demo.embedded", HOST, str(self.port)],
            folder / "broker.log",
            ends_with_input=True,
        )

    def node_settings(self, node: str) -> dict[str, Any]:
        """Return host and port."""
        return {"host": HOST, "port": self.port, "tls": None}

    def gateway_settings(self) -> dict[str, Any]:
        """Return host and port."""
        return {"host": HOST, "port": self.port}


def _wait_until_it_listens(broker: Broker) -> None:
    deadline = time.monotonic() + START_S
    while broker.child.running and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, broker.port), 1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    broker.child.stop()
    raise BrokerError(f"{broker.kind}: {broker.child.log_tail()}")


def _quietly(act: Callable[[], int]) -> int:
    with redirect_stdout(StringIO()):
        return act()


def program_version(program: str, *words: str) -> str:
    """Return the first line a program prints for some words, for the report."""
    said = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    lines = (said.stdout + said.stderr).splitlines()
    return lines[0].strip() if lines else ""
