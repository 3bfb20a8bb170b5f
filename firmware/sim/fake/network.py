"""The `network` module of an emulated ESP32: a radio or a cable that `bench.air` can take away."""

from strongroom_sim.bench import bench

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
PHY_LAN8720 = 1


class WLAN:
    PM_NONE = 0
    PM_PERFORMANCE = 1

    def __init__(self, interface_id=STA_IF):
        self._active = False
        self._asked = None
        self.options = {}

    def active(self, is_active=None):
        if is_active is None:
            return self._active
        self._active = bool(is_active)
        if not self._active:
            self._asked = None
        return self._active

    def connect(self, ssid=None, key=None, *, bssid=None):
        if not self._active:
            raise OSError("Wifi Not Started")
        bench.air.attempts += 1
        self._asked = (ssid, key)

    def disconnect(self):
        self._asked = None

    def isconnected(self):
        return self.status() == STAT_GOT_IP

    def status(self, param=None):
        if param == "rssi":
            return bench.air.rssi
        if not self._active or self._asked is None:
            return STAT_IDLE
        if not bench.air.up or (bench.air.ssid is not None and bench.air.ssid != self._asked[0]):
            return STAT_NO_AP_FOUND
        if bench.air.key is not None and bench.air.key != self._asked[1]:
            return STAT_WRONG_PASSWORD
        return STAT_GOT_IP

    def config(self, *names, **options):
        if names:
            return self.options.get(names[0])
        self.options.update(options)
        return None


class LAN:
    def __init__(self, id=0, **pins):
        self._active = False

    def active(self, is_active=None):
        if is_active is not None:
            self._active = bool(is_active)
        return self._active

    def isconnected(self):
        return self._active and bench.air.up

    def config(self, *names, **options):
        return None


_hostname = "mpy-esp32"


def hostname(name=None):
    global _hostname
    if name is not None:
        _hostname = name
    return _hostname
