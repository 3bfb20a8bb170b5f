"""The Ethernet port of an ESP32."""

import machine
import network

from strongroom_esp32.waiting import until


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
        await until(self.ok, timeout_ms, "ethernet")

    def ok(self):
        """Return whether there is a network now."""
        return self._lan.isconnected()

    def rssi(self):
        """Return None: a wire has no signal strength."""
