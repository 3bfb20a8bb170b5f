"""The Wi-Fi of an ESP32."""

import network

from strongroom_esp32.waiting import until


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
        await until(self.ok, timeout_ms, "wifi " + self._ssid)

    def ok(self):
        """Return whether there is a network now."""
        return self._wlan.isconnected()

    def rssi(self):
        """Return the signal in dBm, None without a network."""
        return self._wlan.status("rssi") if self.ok() else None
