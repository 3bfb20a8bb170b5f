"""The packets of MQTT 3.1.1 a node needs: built in one buffer each, and cut out of a byte stream.

Whatever a server sends that is not MQTT is a LinkError("protocol").
"""

from strongroom_node.compat import const
from strongroom_node.errors import LinkError

_CONNECT = const(0x10)
CONNACK = 0x20
PUBLISH = 0x30
PUBACK = 0x40
SUBSCRIBE = 0x82
SUBACK = 0x90
UNSUBSCRIBE = 0xA2
UNSUBACK = 0xB0
PINGREQ = 0xC0
PINGRESP = 0xD0
DISCONNECT = 0xE0
DUP = 0x08
_MAX_REMAINING = const(268435455)  # the protocol's largest packet body
REJECTED = (
    "",
    "protocol version",
    "client id",
    "server unavailable",
    "user or password",
    "not authorised",
)


def packet(header, size):
    """Return (buffer, offset): a packet of `size` body bytes with its fixed header filled in."""
    if size > _MAX_REMAINING:
        raise ValueError("packet too large")
    digits = 1
    while size >> (7 * digits):
        digits += 1
    buffer = bytearray(1 + digits + size)
    buffer[0] = header
    for i in range(digits):
        buffer[1 + i] = (size >> (7 * i)) & 0x7F | (0x80 if i < digits - 1 else 0)
    return buffer, 1 + digits


def put(buffer, at, data):
    """Write a length-prefixed string at an offset and return the offset behind it."""
    buffer[at] = len(data) >> 8
    buffer[at + 1] = len(data) & 0xFF
    buffer[at + 2 : at + 2 + len(data)] = data
    return at + 2 + len(data)


def connect_packet(client_id, clean, keepalive, will):
    """Return a _CONNECT; keepalive in seconds, will (topic, payload, qos, retain) or None."""
    name = client_id.encode()
    flags = 0x02 if clean else 0
    size = 10 + 2 + len(name)
    if will:
        topic, payload, qos, retain = will
        flags |= 0x04 | qos << 3 | (0x20 if retain else 0)
        size += 4 + len(topic.encode()) + len(payload)
    buffer, at = packet(_CONNECT, size)
    at = put(buffer, at, b"MQTT")
    buffer[at : at + 4] = bytes([4, flags, keepalive >> 8, keepalive & 0xFF])
    at = put(buffer, at + 4, name)
    if will:
        put(buffer, put(buffer, at, topic.encode()), payload)
    return buffer


def names_packet(header, pid, topics, suffix):
    """Return a packet of an id and a list of names, each followed by `suffix`; also a bare ack."""
    names = [topic.encode() for topic in topics]
    buffer, at = packet(header, 2 + sum(2 + len(name) + len(suffix) for name in names))
    buffer[at] = pid >> 8
    buffer[at + 1] = pid & 0xFF
    at += 2
    for name in names:
        at = put(buffer, at, name)
        buffer[at : at + len(suffix)] = suffix
        at += len(suffix)
    return buffer


def publish_packet(topic, payload, qos, retain, pid):
    """Return a whole PUBLISH packet; `pid` is ignored at QoS 0."""
    name = topic.encode()
    if not 0 < len(name) <= 65535 or b"#" in name or b"+" in name or b"\x00" in name:
        raise ValueError("not a topic to publish to")
    behind = 2 if qos else 0
    buffer, at = packet(
        PUBLISH | (qos << 1) | (1 if retain else 0), 2 + len(name) + behind + len(payload)
    )
    at = put(buffer, at, name)
    if qos:
        buffer[at] = pid >> 8
        buffer[at + 1] = pid & 0xFF
    buffer[at + behind :] = payload
    return buffer


def _room(size):
    """Return a buffer; a small one when a crowded heap has no room for all of it."""
    try:
        return bytearray(size)
    except MemoryError:
        return bytearray(min(size, 256))


class Parser:
    """Cuts a server's byte stream into packets, however the bytes are split.

    A body longer than `limit` is passed over: its first `limit` bytes are kept, so that its topic
    and packet id can still be read, and the rest is dropped as it arrives.
    """

    def __init__(self, limit):
        self.limit = limit
        self._header = None
        self._restart()

    def _restart(self):
        self._header = None
        self._size = 0
        self._shift = 0
        self._body = None
        self._got = 0

    def feed(self, data):
        """Return the packets `data` completes: a list of (header byte, body, size as sent)."""
        done = []
        view = memoryview(data)
        at = 0
        while at < len(view):
            if self._header is None:
                self._header = view[at]
                at += 1
            elif self._body is None:
                digit = view[at]
                at += 1
                self._size |= (digit & 0x7F) << self._shift
                self._shift += 7
                if digit & 0x80:
                    if self._shift > 21:
                        raise LinkError("protocol", "length of five bytes")
                    continue
                self._body = _room(min(self._size, self.limit))
            else:
                take = min(len(view) - at, self._size - self._got)
                keep = min(take, len(self._body) - self._got)
                if keep > 0:
                    self._body[self._got : self._got + keep] = view[at : at + keep]
                self._got += take
                at += take
            if self._body is not None and self._got == self._size:
                done.append((self._header, self._body, self._size))
                self._restart()
        return done


def parse_publish(header, body):
    """Return (topic, packet id or None, offset of the payload) of a PUBLISH, or LinkError."""
    qos = (header >> 1) & 3
    if qos > 1:
        raise LinkError("protocol", "QoS %d was never asked for" % qos)
    length = (body[0] << 8 | body[1]) if len(body) >= 2 else 0
    at = 2 + length
    if not length or at + 2 * qos > len(body):
        raise LinkError("protocol", "PUBLISH too short")
    try:
        topic = bytes(body[2:at]).decode()
    except UnicodeError:
        raise LinkError("protocol", "topic is not UTF-8")
    if "#" in topic or "+" in topic or "\x00" in topic:
        raise LinkError("protocol", "wildcard in a topic")
    if not qos:
        return topic, None, at
    pid = body[at] << 8 | body[at + 1]
    if not pid:
        raise LinkError("protocol", "packet id 0")
    return topic, pid, at + 2


def parse_connack(first):
    """Return whether the broker had a session for us; LinkError when the packet refuses us."""
    header, body, size = first
    if header != CONNACK or size != 2 or body[0] > 1:
        raise LinkError("protocol", "no CONNACK")
    if body[1]:
        why = REJECTED[body[1]] if body[1] < len(REJECTED) else "code %d" % body[1]
        raise LinkError("rejected", why)
    return body[0] == 1
