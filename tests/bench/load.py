"""Load on a broker: several nodes' messages, written by a raw socket so that the load costs little itself.

A packet is built once, before the clock starts; sending is then a copy into the socket. The broker's
PUBACKs are counted, not parsed: each is four bytes, and this connection subscribes to nothing.
"""

import json
import selectors
import socket
import struct
import time
from collections.abc import Sequence

CONNECT_TIMEOUT = 5.0
PUBACK_BYTES = 4


def packet(topic: str, payload: bytes, packet_id: int) -> bytes:
    """Return an MQTT 3.1.1 PUBLISH with QoS 1 (OASIS MQTT 3.1.1, section 3.3)."""
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", packet_id) + payload
    length, remaining = b"", len(body)
    while True:
        remaining, digit = divmod(remaining, 128)
        length += bytes([digit | (128 if remaining else 0)])
        if not remaining:
            return b"\x32" + length + body


class Loader:
    """One connection that publishes ready-made packets as fast as its window, or a rate, allows."""

    def __init__(self, port: int, client_id: str, window: int = 2000) -> None:
        """Connect with a clean session. ``window`` is the most messages without a PUBACK."""
        self.window = window
        self.unacked = 0
        self._socket = socket.create_connection(("127.0.0.1", port), CONNECT_TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = client_id.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack("!H", len(name)) + name
        self._socket.sendall(b"\x10" + bytes([len(body)]) + body)
        answer = self._socket.recv(4)
        assert answer == b"\x20\x02\x00\x00", f"the broker refused the load: {answer!r}"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._left_over = 0

    def send(self, packets: Sequence[bytes], chunk: int = 64) -> None:
        """Publish everything, never more than the window ahead of the broker."""
        for start in range(0, len(packets), chunk):
            part = packets[start : start + chunk]
            while self.unacked + len(part) > self.window:
                self.collect(1.0)
            self._socket.sendall(b"".join(part))
            self.unacked += len(part)
            self.collect(0)

    def send_at(self, packets: Sequence[bytes], rate: float) -> list[float]:
        """Publish one at a time at ``rate`` a second; return the moment each was handed over."""
        sent, start = [], time.perf_counter()
        for n, one in enumerate(packets):
            while (wait := start + n / rate - time.perf_counter()) > 0:
                self.collect(wait)
            sent.append(time.perf_counter())
            self._socket.sendall(one)
            self.unacked += 1
        return sent

    def collect(self, wait: float) -> None:
        """Count the PUBACKs that are there, waiting at most ``wait`` seconds for the first."""
        if self._selector.select(wait):
            data = self._socket.recv(65536)
            assert data, "the broker closed the connection of the load"
            received = len(data) + self._left_over
            count, self._left_over = divmod(received, PUBACK_BYTES)
            self.unacked -= count

    def close(self) -> None:
        """Drop the connection."""
        self._selector.close()
        self._socket.close()


CLIMATE: dict[str, object] = {"sensor": "t1", "t": 20.5, "rh": 50.2}
EVENT_OF = 5  # in the mixed load every fifth message of a node is an event, as in rooms


def readings(room: str, nodes: int, count: int, boot: int) -> list[bytes]:
    """Return ``count`` climate readings in band, spread over ``nodes`` nodes, ready to send."""
    return [_message(room, n, nodes, boot, "telemetry/climate", CLIMATE) for n in range(count)]


def taps(room: str, nodes: int, count: int, boot: int) -> list[bytes]:
    """Return ``count`` reads of tags that no rule has an opinion on, each an entry of the ledger."""
    return [
        _message(room, n, nodes, boot, "event/tag", tag("shelf", f"e280{n:020x}"))
        for n in range(count)
    ]


def mixed(room: str, nodes: int, count: int, boot: int) -> list[bytes]:
    """Return readings with an event after every four of a node, each lane with its own numbers."""
    packets = []
    for n in range(count):
        events, place = divmod(n // nodes, EVENT_OF)
        if place == EVENT_OF - 1:
            kind, seq, fields = "event/tag", events + 1, tag("shelf", f"e280{n:020x}")
        else:
            kind, seq, fields = "telemetry/climate", n // nodes - events + 1, CLIMATE
        packets.append(message(room, f"load-{n % nodes}", kind, boot, seq, fields, n % 65535 + 1))
    return packets


def tag(reader: str, tag_id: str) -> dict[str, object]:
    """Return the fields of a sighting."""
    return {
        "reader": reader,
        "id": tag_id,
        "act": "seen",
        "tech": "hf",
        "ant": None,
        "rssi": None,
        "n": 1,
        "span": 0,
    }


def _message(
    room: str, n: int, nodes: int, boot: int, kind: str, fields: dict[str, object]
) -> bytes:
    node, seq = f"load-{n % nodes}", n // nodes + 1
    return message(room, node, kind, boot, seq, fields, n % 65535 + 1)


def message(
    room: str,
    node: str,
    kind: str,
    boot: int,
    seq: int,
    fields: dict[str, object],
    packet_id: int = 1,
) -> bytes:
    """Return one contract message of a node, ready to send."""
    stamp = {
        "boot": boot,
        "seq": seq,
        "mono": seq * 10,
        "ts": int(time.time() * 1000),
        "clk": "ntp",
    }
    payload = json.dumps({**stamp, **fields}, separators=(",", ":")).encode()
    return packet(f"strongroom/v1/{room}/{node}/{kind}", payload, packet_id)
