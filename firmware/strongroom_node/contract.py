"""The wire contract as the node speaks it: topics, records out, commands, configuration and acknowledgements in.

The same contract is written down, message by message, in docs/asyncapi.json.
"""

import json

from strongroom_node.compat import IS_MICROPYTHON, const
from strongroom_node.errors import ContractError

ROOT = "strongroom/v1"
MAX_BYTES = 1024  # of a record from a node
MAX_IN = 8192  # of a message to a node
# In a message to a node; so deep can it nest at most before it is refused.
_MAX_BRACKETS = const(512)
_MAX_DEPTH = const(6)
_MAX_MARKS = const(256)  # (boot, seq) pairs in one acknowledgement
MAX_NUMBER = 2147483647  # boot, seq, version
EVENT = "event"
TELEMETRY = "telemetry"
EVENTS = ("tag", "contact", "shelf", "input", "node", "command")
MEASURES = ("climate", "air", "power", "health")
COMMANDS = ("relay", "signal", "reboot", "identify", "clock")
PATTERNS = ("ok", "deny", "alarm", "off", "attention")
_NAME = const("abcdefghijklmnopqrstuvwxyz0123456789-")
_ENVELOPE = ("boot", "seq", "mono", "ts", "clk")
_CLOCKS = ("none", "rtc", "ntp", "gateway")
_FIELDS = {  # of a command, beside its id: all of them, and no others
    "relay": ("exp", "relay", "on", "lease"),
    "signal": ("exp", "signal", "pattern", "text", "ms"),
    "reboot": ("exp",),
    "identify": ("exp", "ms"),
    "clock": ("mono", "ts"),
}


def topic(room, node, *levels):
    """Return the topic of a node: topic("r1", "n1", "event", "tag")."""
    return "/".join((ROOT, room, node) + levels)


def is_name(text):
    """Whether a room, node or device id is what the contract allows."""
    return (
        isinstance(text, str)
        and 1 <= len(text) <= 32
        and text[0] != "-"
        and all(c in _NAME for c in text)
    )


def tag_id(raw):
    """Return a tag's id as lower-case hex. `raw` is its bytes, 4 to 31. Raises ContractError.

    A 4-byte id that starts with 88 is the cascade byte of a longer id: a reader that reports it read half an id.
    """
    if not 4 <= len(raw) <= 31:
        raise ContractError("a tag id has 4 to 31 bytes, not %d" % len(raw))
    if len(raw) == 4 and raw[0] == 0x88:
        raise ContractError("half a tag id: 88 is the cascade byte")
    return "".join("%02x" % b for b in raw)


def make(lane, kind, boot, seq, stamp, fields):
    """Return a record as it goes over the wire: compact UTF-8 JSON, the envelope first. Raises ContractError.

    stamp   (mono ms since boot, ts Unix ms or None, clk none|rtc|ntp|gateway)
    fields  what the kind carries besides; texts, finite numbers, true, false, None, or a dict of those
    """
    if kind not in (EVENTS if lane == EVENT else MEASURES):
        raise ContractError("no %s is called %r" % (lane, kind))
    mono, ts, clk = stamp
    if clk not in _CLOCKS or (ts is None) != (clk == "none"):
        raise ContractError("a time %r from the clock %r" % (ts, clk))
    for key in fields:
        if key in _ENVELOPE:
            raise ContractError("%s: the field %r belongs to the envelope" % (kind, key))
    _check_value(kind, fields, 2)
    time = "null" if ts is None else "%d" % ts
    text = '{"boot":%d,"seq":%d,"mono":%d,"ts":%s,"clk":"%s"' % (boot, seq, mono, time, clk)
    body = dumps(fields)
    text += "," + body[1:] if fields else "}"
    try:
        data = text.encode()
    except ValueError:  # half of a surrogate pair
        raise ContractError("%s: not Unicode text" % kind)
    if len(data) > MAX_BYTES:
        raise ContractError(
            "%s: %d bytes, at most %d go over the wire" % (kind, len(data), MAX_BYTES)
        )
    return data


if IS_MICROPYTHON:

    def dumps(value):
        """Return compact JSON; characters beyond ASCII stay as they are."""
        return json.dumps(value, separators=(",", ":"))

else:

    def dumps(value):
        """Return compact JSON; characters beyond ASCII stay as they are."""
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def parse(payload, what):
    """Return the object of a message from the gateway. Raises ContractError when it is not one.

    Its numbers are finite, it nests at most _MAX_DEPTH deep and has at most MAX_IN bytes.
    """
    if payload is None or len(payload) > MAX_IN:
        raise ContractError("%s: too large, at most %d bytes" % (what, MAX_IN))
    payload = bytes(payload)
    # Counted before anything is built of it: brackets are what costs a small heap most.
    if payload.count(b"[") + payload.count(b"{") > _MAX_BRACKETS:
        raise ContractError("%s: more than %d brackets" % (what, _MAX_BRACKETS))
    try:
        message = json.loads(str(payload, "utf-8"))
    except ValueError:  # UnicodeError is one
        raise ContractError("%s: not JSON" % what)
    if not isinstance(message, dict):
        raise ContractError("%s: not an object" % what)
    _check_value(what, message, _MAX_DEPTH)
    return message


def parse_command(what, payload):
    """Return a command's fields, checked. Raises ContractError; its text can go into the answer."""
    if what not in COMMANDS:
        raise ContractError("no command is called %s" % what[:32])
    message = parse(payload, what)
    _text(message, "id", 64)
    fields = _FIELDS[what]
    for key in message:
        if key != "id" and key not in fields:
            raise ContractError("a %s command has no %s" % (what, key[:32]))
    for key in ("exp", "mono", "ts", "lease", "ms"):
        if key in fields:
            _number(message, key)
    if what == "relay":
        _name(message, "relay")
        if message.get("on") is not True and message.get("on") is not False:
            raise ContractError("on must be true or false")
    elif what == "signal":
        _name(message, "signal")
        if message.get("pattern") not in PATTERNS:
            raise ContractError("pattern must be one of " + " ".join(PATTERNS))
        if message.get("text") is not None:
            _text(message, "text", 120)
    return message


def parse_ack(payload):
    """Return the acknowledgement as [(lane, boot, seq)]. Raises ContractError: an ack counts whole or not at all."""
    message = parse(payload, "ack")
    marks = []
    for lane in (EVENT, TELEMETRY):
        pairs = message.get(lane, [])
        if not isinstance(pairs, list):
            raise ContractError("ack: %s must be a list" % lane)
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2:
                raise ContractError("ack: %s must hold [boot, seq]" % lane)
            for number in pair:
                if not _whole(number) or not 1 <= number <= MAX_NUMBER:
                    raise ContractError("ack: %s: no boot or seq is %r" % (lane, number))
            marks.append((lane, pair[0], pair[1]))
    if len(marks) > _MAX_MARKS:
        raise ContractError("ack: %d marks, at most %d" % (len(marks), _MAX_MARKS))
    return marks


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def _number(message, key):
    if not _whole(message.get(key)):
        raise ContractError("%s must be a whole number" % key)


def _text(message, key, longest):
    value = message.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise ContractError("%s must be a text of 1 to %d characters" % (key, longest))


def _name(message, key):
    if not is_name(message.get(key)):
        raise ContractError("%s must be 1 to 32 of a-z 0-9 -" % key)


def _check_value(name, value, depth):
    """Refuse what is not JSON on every interpreter: NaN, Infinity, bytes, keys that are no text, endless nesting."""
    if value is None or isinstance(value, (bool, str)):
        return
    if isinstance(value, int):
        if not -(1 << 53) < value < 1 << 53:
            raise ContractError("%s: a number too large for JSON" % name)
    elif isinstance(value, float):
        if (
            not -3e38 < value < 3e38
        ):  # false for NaN too; a float of an ESP32 has 32 bits, and no more can be frozen in
            raise ContractError("%s: not a finite number" % name)
    elif isinstance(value, dict):
        _check_depth(name, depth)
        for key in value:
            if not isinstance(key, str):
                raise ContractError("%s: the key %r is no text" % (name, key))
            _check_value(key, value[key], depth - 1)
    elif isinstance(value, (list, tuple)):
        _check_depth(name, depth)
        for one in value:
            _check_value(name, one, depth - 1)
    else:
        raise ContractError("%s: a %s cannot be sent" % (name, type(value).__name__))


def _check_depth(name, depth):
    if depth <= 0:
        raise ContractError("%s: nested too deep" % name)
