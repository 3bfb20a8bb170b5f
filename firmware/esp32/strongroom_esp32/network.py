"""The local network of an ESP32: Ethernet where the board has it, else Wi-Fi."""

import asyncio

import machine
import network
from strongroom_node.errors import ConfigError, LinkError

STEP_MS = 100


def open_network(settings, board):
    """Return the network the settings ask for; ConfigError when the board has no way to one."""
    network.hostname(settings.get("node", "strongroom"))
    wifi = settings.get("wifi")
    if wifi is not None:
        if not wifi.get("ssid"):
            raise ConfigError("wifi needs an ssid")
        return Wifi(wifi["ssid"], wifi.get("psk"))
    if "lan" in board:
        return Ethernet(board["lan"])
    raise ConfigError("node.json has no wifi and this board has no Ethernet")


async def _wait(condition, timeout_ms, what):
    waited = 0
    while not condition():
        if waited >= timeout_ms:
            raise LinkError("network", "%s did not come up in %d s" % (what, timeout_ms // 1000))
        await asyncio.sleep(STEP_MS / 1000)
        waited += STEP_MS


class Wifi:
    """A Wi-Fi station. It never scans: a scan stops the whole node for two seconds."""

    def __init__(self, ssid, key):
        self._ssid = ssid
        self._key = key
        self._wlan = network.WLAN(network.STA_IF)

    async def up(self, timeout_ms=15000):
        """Join the network; LinkError when that takes longer than `timeout_ms`."""
        if self.ok():
            return
        # Off and on again: the way out of a station stuck on an access point that left.
        self._wlan.active(False)
        self._wlan.active(True)
        self._wlan.config(pm=network.WLAN.PM_NONE)
        self._wlan.connect(self._ssid, self._key)
        await _wait(self.ok, timeout_ms, "wifi " + self._ssid)

    def ok(self):
        """Return whether there is a network now."""
        return self._wlan.isconnected()

    def rssi(self):
        """Return the signal in dBm, None without a network."""
        return self._wlan.status("rssi") if self.ok() else None


class Ethernet:
    """A wired port."""

    def __init__(self, wiring):
        options = dict(wiring)
        if "phy_type" in options:
            options["phy_type"] = getattr(network, options["phy_type"])
        if "ref_clk_mode" in options:
            options["ref_clk_mode"] = getattr(machine.Pin, options["ref_clk_mode"])
        for role in ("mdc", "mdio", "power", "ref_clk"):
            if role in options:
                options[role] = machine.Pin(options[role])
        self._lan = network.LAN(**options)

    async def up(self, timeout_ms=15000):
        """Bring the port up; LinkError when that takes longer than `timeout_ms`."""
        if not self._lan.active():
            self._lan.active(True)
        await _wait(self.ok, timeout_ms, "ethernet")

    def ok(self):
        """Return whether there is a network now."""
        return self._lan.isconnected()

    def rssi(self):
        """Return None: a wire has no signal strength."""
