"""MQTT 3.1.1 packets: what the lean transport sends, and the strict reading of what comes.

Section numbers are those of the OASIS standard, MQTT version 3.1.1.
"""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..errors import TransportError
from .port import Inbound

CONNACK: Final = 0x20
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
SUBACK: Final = 0x90
PINGRESP: Final = 0xD0
PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"
_DUP: Final = 0x08

MOST_KEPT: Final = 1_048_576
"""A longer packet is cut to ``CUT`` bytes: the contract allows 1 KiB, so it is refused anyway."""
CUT: Final = 70_000
_MOST_TOPICS: Final = 4_096

REFUSALS: Final = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses the client id",
    3: "it is not available",
    4: "bad user name or password",
    5: "not authorised",
}


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def _packet(first: int, body: bytes) -> bytes:
    head = bytearray((first,))
    left = len(body)
    while left > 127:
        head.append(left & 0x7F | 0x80)
        left >>= 7
    head.append(left)
    return bytes(head) + body


def connect(client_id: str, keepalive: int, will: tuple[str, bytes] | None) -> bytes:
    """Return CONNECT (3.1) for a persistent session; the will is retained, QoS 1."""
    flags = 0x2C if will else 0x00
    body = _text("MQTT") + struct.pack(">BBH", 4, flags, keepalive) + _text(client_id)
    if will:
        topic, payload = will
        body += _text(topic) + struct.pack(">H", len(payload)) + payload
    return _packet(0x10, body)


def subscribe(packet_id: int, topics: Sequence[str]) -> bytes:
    """Return SUBSCRIBE (3.8) with QoS 1 for all topics."""
    return _packet(
        0x82, struct.pack(">H", packet_id) + b"".join(_text(topic) + b"\x01" for topic in topics)
    )


def publish(topic: str, payload: bytes, qos: int, retain: bool, packet_id: int) -> bytes:
    """Return PUBLISH (3.3)."""
    number = struct.pack(">H", packet_id) if qos else b""
    return _packet(PUBLISH | qos << 1 | retain, _text(topic) + number + payload)


def again(packet: bytes) -> bytes:
    """Return a PUBLISH marked as sent before."""
    return bytes((packet[0] | _DUP,)) + packet[1:]


def pubacks(packet_ids: Sequence[int]) -> bytes:
    """Return PUBACK (3.4) for each id, in one piece."""
    words = [word for number in packet_ids for word in (0x4002, number)]
    return struct.pack(f">{len(words)}H", *words)


class Connack(NamedTuple):
    """CONNACK (3.2)."""

    session: bool
    code: int


class Parsed(NamedTuple):
    """What one read brought."""

    messages: list[Inbound]
    acked: list[int]
    """Packet ids of our own messages that the broker has."""


class Parser:
    """Takes a stream of bytes apart. Anything that is not MQTT raises TransportError."""

    def __init__(self, connection: int) -> None:
        self._base = connection << 16
        self._rest = b""
        self._skip = 0
        self._topics: dict[bytes, str] = {}

    def connack(self, data: bytes) -> Connack | None:
        """Read the first packet of a connection; None while it is not complete."""
        self._rest += data
        if len(self._rest) < 4:
            return None
        head, self._rest = self._rest[:4], self._rest[4:]
        if head[:2] != b"\x20\x02" or head[2] > 1:
            raise TransportError(f"not an MQTT broker: it answers {head.hex()}")
        return Connack(head[2] == 1, head[3])

    def feed(self, data: bytes) -> Parsed:
        """Take apart what came, together with what was left of the last time."""
        parsed = Parsed([], [])
        if self._skip:
            data, self._skip = data[self._skip :], max(0, self._skip - len(data))
        if self._rest:
            data = self._rest + data
        position = 0
        size = len(data)
        add = parsed.messages.append
        known = self._topics.get
        base = self._base
        while size - position >= 2:
            first = data[position]
            length = data[position + 1]
            start = position + 2
            if length > 127:
                found = _length(data, position + 1)
                if found is None:
                    break
                length, start = found
            end = start + length
            if end > size:
                if length <= MOST_KEPT or size - start < CUT:
                    break
                self._skip = end - size  # the rest of it will not be kept
                end = size
            if first & 0xF0 == PUBLISH:
                if end - start < 2:
                    raise TransportError("PUBLISH without a topic")
                body = start + 2 + (data[start] << 8 | data[start + 1])
                topic = known(data[start + 2 : body]) or self._topic(data[start + 2 : body])
                token = base
                qos = first >> 1 & 3
                if qos:
                    token = base | int.from_bytes(data[body : body + 2], "big")
                    body += 2
                if body > end or qos > 1 or (qos and token == base):
                    raise TransportError(
                        f"PUBLISH that is malformed: {data[position:end][:64].hex()}"
                    )
                add(Inbound(topic, data[body:end], qos, first & 1 == 1, first & _DUP != 0, token))
            else:
                _other(first, data[start:end], parsed)
            position = end
        self._rest = data[position:]
        return parsed

    def _topic(self, raw: bytes) -> str:
        try:
            topic = raw.decode()
        except UnicodeDecodeError:
            raise TransportError(f"PUBLISH with a topic that is not UTF-8: {raw[:64]!r}") from None
        if not topic:
            raise TransportError("PUBLISH with an empty topic")
        if len(self._topics) >= _MOST_TOPICS:
            self._topics.clear()
        self._topics[raw] = topic
        return topic


def _length(data: bytes, position: int) -> tuple[int, int] | None:
    """Read a remaining length (2.2.3): the length and where the body starts; None if incomplete."""
    value = shift = 0
    for at in range(position, position + 4):
        if at >= len(data):
            return None
        value |= (data[at] & 0x7F) << shift
        if data[at] < 0x80:
            return value, at + 1
        shift += 7
    raise TransportError("a packet with an endless length")


def _other(first: int, body: bytes, parsed: Parsed) -> None:
    """Take a packet that is no PUBLISH."""
    if first == PUBACK and len(body) == 2:
        parsed.acked.append(body[0] << 8 | body[1])
    elif first == SUBACK and len(body) > 2:
        if any(code not in (0, 1) for code in body[2:]):
            raise TransportError("the broker refuses a subscription")
    elif first != PINGRESP or body:
        raise TransportError(f"a packet that is malformed: {first:02x} {body[:64].hex()}")
