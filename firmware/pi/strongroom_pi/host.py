"""What the node asks of the operating system: its service manager, its last start, its network."""

import asyncio
import socket
from pathlib import Path

from strongroom_node.errors import LinkError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
INTERFACES = Path("/sys/class/net")
WIRELESS = Path("/proc/net/wireless")


def notify(path: str | None, message: str) -> bool:
    """Send a line to the service manager's socket; False when nobody listens."""
    if not path:
        return False
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto(message.encode(), address)
        except OSError:
            return False
    return True


class ServiceWatchdog:
    """Feeds systemd, which restarts a node that falls silent (WatchdogSec in the unit)."""

    def __init__(self, path: str | None, ms: int) -> None:
        self._path = path
        # The runtime's own limit becomes the manager's, so that both mean the same silence.
        notify(path, f"READY=1\nWATCHDOG_USEC={ms * 1000}")

    def feed(self) -> None:
        """Tell the manager that the node is alive."""
        notify(self._path, "WATCHDOG=1")


def start_cause(state: Path) -> str:
    """Return "power" when the machine was restarted since the node last started, else "soft"."""
    now = BOOT_ID.read_text().strip()
    note = state / "boot_id"
    before = note.read_text().strip() if note.exists() else None
    if before == now:
        return "soft"
    state.mkdir(parents=True, exist_ok=True)
    note.write_text(now + "\n")
    return "power"


class HostNetwork:
    """The network as the operating system reports it."""

    def ok(self) -> bool:
        """Return whether any interface but the loopback is up."""
        for interface in INTERFACES.iterdir():
            state = interface / "operstate"
            if interface.name != "lo" and state.exists() and state.read_text().strip() == "up":
                return True
        return False

    def rssi(self) -> int | None:
        """Return the Wi-Fi signal in dBm, None on a wire."""
        try:
            lines = WIRELESS.read_text().splitlines()[2:]
        except OSError:
            return None
        return int(float(lines[0].split()[3])) if lines else None

    async def up(self, timeout_ms: int = 15000) -> None:
        """Wait for an interface; LinkError after `timeout_ms`."""
        waited = 0
        while not self.ok():
            if waited >= timeout_ms:
                raise LinkError("network", f"no interface came up in {timeout_ms // 1000} s")
            await asyncio.sleep(0.2)
            waited += 200
