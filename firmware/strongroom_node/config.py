"""What node.json and the gateway's configuration may say; a mistake is named in words.

Needed when the node starts and when a new configuration comes, and not in between (compat.forget).
"""

from strongroom_node.compat import const
from strongroom_node.contract import MAX_NUMBER, is_name
from strongroom_node.errors import ConfigError

_MAX_DEVICES = const(32)
KEYS = ("version", "devices", "limits")
LIMITS = {
    "outbox_bytes": (16384, 16777216),
    "ram_bytes": (512, 65536),
    "answer_ms": (300, 10000),
    "sound_ms": (0, 3600000),
}
HEARD = ("feedback", "alarm")  # settings that name a signal of the same node
RESERVED = ("gateway", "state", "alarm")  # what stands in a node's place in topics of the gateway
SETTINGS = ("room", "node", "broker", "board", "devices", "limits", "wifi", "ethernet")


def check(config, known_types):
    """Return the configuration if it can be used. Raises ConfigError naming what is wrong and what would be right."""
    if not isinstance(config, dict):
        raise ConfigError("the configuration must be an object")
    for key in config:
        if key not in KEYS:
            raise ConfigError(_unknown(key, KEYS))
    version = config.get("version")
    whole = isinstance(version, int) and not isinstance(version, bool)
    if not whole or not 1 <= version <= MAX_NUMBER:
        raise ConfigError("version must be a whole number from 1 to %d" % MAX_NUMBER)
    check_devices(config.get("devices"), known_types)
    check_limits(config.get("limits", {}))
    return config


def check_settings(settings, known_types):
    """Return node.json if it can be used. Raises ConfigError."""
    if not isinstance(settings, dict):
        raise ConfigError("node.json must be an object")
    for key in settings:
        if key not in SETTINGS:
            raise ConfigError(_unknown(key, SETTINGS))
    for key in ("room", "node"):
        if not is_name(settings.get(key)):
            raise ConfigError("%s must be 1 to 32 of a-z 0-9 -" % key)
    if settings["node"] in RESERVED:
        raise ConfigError(
            "node must not be %s: the gateway speaks under that name" % settings["node"]
        )
    broker = settings.get("broker")
    if not isinstance(broker, dict) or not isinstance(broker.get("host"), str):
        raise ConfigError("broker must have a host")
    check_devices(settings.get("devices"), known_types)
    check_limits(settings.get("limits", {}))
    return settings


def check_devices(devices, known_types):
    """Raise ConfigError when a list of devices cannot be used. The drivers check their own keys."""
    if not isinstance(devices, list) or len(devices) > _MAX_DEVICES:
        raise ConfigError("devices must be a list of at most %d" % _MAX_DEVICES)
    seen = set()
    for device in devices:
        if not isinstance(device, dict) or not is_name(device.get("id")):
            raise ConfigError("a device needs an id of 1 to 32 of a-z 0-9 -")
        if device["id"] in seen:
            raise ConfigError("two devices are called %s" % device["id"])
        seen.add(device["id"])
        kind = device.get("type")
        if kind not in known_types:
            raise ConfigError("%s: %s" % (device["id"], _unknown(kind, known_types)))
    signals = [device["id"] for device in devices if device["type"] == "signal"]
    for device in devices:
        for key in HEARD:
            # A slip here would be found on the day when nothing is heard.
            if device.get(key) is not None and device[key] not in signals:
                word = "%s: %s must be a signal of this node" % (device["id"], key)
                raise ConfigError("%s; %s" % (word, _unknown(device[key], signals)))


def check_limits(limits):
    """Raise ConfigError when limits are unknown or out of range."""
    if not isinstance(limits, dict):
        raise ConfigError("limits must be an object")
    for key in limits:
        if key not in LIMITS:
            raise ConfigError(_unknown(key, LIMITS))
        low, high = LIMITS[key]
        value = limits[key]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ConfigError("%s must be %d to %d" % (key, low, high))


def _unknown(word, known):
    best = _nearest(str(word), known)
    hint = "; did you mean %s?" % best if best else ""
    return "%r is not known%s" % (word, hint)


def _nearest(word, known):
    # MicroPython has no difflib; two letters' difference finds the slips of a keyboard.
    best, least = None, 3
    for candidate in known:
        if len(word) > 2 and (candidate.startswith(word) or word.startswith(candidate)):
            return candidate
        distance = _distance(word, candidate)
        if distance < least:
            best, least = candidate, distance
    return best


def _distance(a, b):
    row = list(range(len(b) + 1))
    for i in range(1, len(a) + 1):
        last, row[0] = row[0], i
        for j in range(1, len(b) + 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a[i - 1] != b[j - 1]))
    return row[-1]
