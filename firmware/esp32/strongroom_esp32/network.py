"""The local network of an ESP32: Ethernet where the board has it, else Wi-Fi."""

import network
from strongroom_node.errors import ConfigError


def open_network(settings, board):
    """Return the network the settings ask for; ConfigError when the board has no way to one."""
    network.hostname(settings.get("node", "strongroom"))
    wifi = settings.get("wifi")
    if wifi is not None:
        if not wifi.get("ssid"):
            raise ConfigError("wifi needs an ssid")
        from strongroom_esp32.wifi import Wifi

        return Wifi(wifi["ssid"], wifi.get("psk"))
    if "lan" in board:
        from strongroom_esp32.ethernet import Ethernet

        return Ethernet(board["lan"])
    raise ConfigError("node.json has no wifi and this board has no Ethernet")
