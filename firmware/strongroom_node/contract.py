"""The wire contract as the node speaks it: topics, records out, commands, configuration and acknowledgements in.

The same contract is written down, message by message, in docs/asyncapi.json.
"""

import json

from strongroom_node.errors import ContractError

ROOT = "strongroom/v1"
MAX_BYTES = 1024
MAX_NUMBER = 2147483647  # boot, seq, version
EVENT = "event"
TELEMETRY = "telemetry"
EVENTS = ("tag", "contact", "shelf", "input", "node", "command")
MEASURES = ("climate", "air", "power", "health")
COMMANDS = ("relay", "signal", "reboot", "identify", "clock")
PATTERNS = ("ok", "deny", "alarm", "off", "attention")
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789-"
_HEX = "0123456789abcdef"


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
    """Return a record as it goes over the wire. Raises ContractError.

    stamp   (mono ms since boot, ts Unix ms or None, clk none|rtc|ntp|gateway)
    fields  what the kind carries besides
    """
    if kind not in (EVENTS if lane == EVENT else MEASURES):
        raise ContractError("no %s is called %r" % (lane, kind))
    mono, ts, clk = stamp
    record = {"boot": boot, "seq": seq, "mono": mono, "ts": ts, "clk": clk}
    for key in fields:
        if key in record:
            raise ContractError("%s: the field %r belongs to the envelope" % (kind, key))
        record[key] = fields[key]
    _finite(record)
    # MicroPython writes non-ASCII characters as they are, CPython as escapes: both are JSON.
    data = json.dumps(record).encode()
    if len(data) > MAX_BYTES:
        raise ContractError(
            "%s: %d bytes, at most %d go over the wire" % (kind, len(data), MAX_BYTES)
        )
    return data


def parse(payload, what):
    """Return the object of a message from the gateway. Raises ContractError when it is not one."""
    if payload is None:
        raise ContractError("%s: too large" % what)
    try:
        message = json.loads(payload)
    except (
        ValueError,
        RuntimeError,
        RecursionError,
    ):  # RuntimeError: nested too deep, on MicroPython
        raise ContractError("%s: not JSON" % what)
    if not isinstance(message, dict):
        raise ContractError("%s: not an object" % what)
    return message


def parse_command(what, payload):
    """Return a command's fields, checked. Raises ContractError; its text can go into the answer."""
    if what not in COMMANDS:
        raise ContractError("no command is called %s" % what[:32])
    message = parse(payload, what)
    _text(message, "id", 64)
    if what == "clock":
        _number(message, "mono")
        _number(message, "ts")
        return message
    _number(message, "exp")
    if what == "relay":
        _text(message, "relay", 32)
        _number(message, "lease")
        if message.get("on") is not True and message.get("on") is not False:
            raise ContractError("on must be true or false")
    elif what == "signal":
        _text(message, "signal", 32)
        _number(message, "ms")
        if message.get("pattern") not in PATTERNS:
            raise ContractError("pattern must be one of " + " ".join(PATTERNS))
    elif what == "identify":
        _number(message, "ms")
    return message


def parse_ack(payload):
    """Return the acknowledgement as [(lane, boot, seq)]. Raises ContractError."""
    message = parse(payload, "ack")
    marks = []
    for lane in (EVENT, TELEMETRY):
        pairs = message.get(lane, [])
        if not isinstance(pairs, list):
            raise ContractError("ack: %s must be a list" % lane)
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2 or not all(_whole(n) for n in pair):
                raise ContractError("ack: %s must hold [boot, seq]" % lane)
            marks.append((lane, pair[0], pair[1]))
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


def _finite(record):
    for key in record:
        value = record[key]
        if isinstance(value, float) and not -1e300 < value < 1e300:  # false for NaN too
            raise ContractError("%s is not a finite number" % key)
