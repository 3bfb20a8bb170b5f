"""Checks of the packets and of the client against a server made of bytes, for both interpreters."""

import asyncio
import gc
import random

from strongroom_node import mqtt_wire as wire
from strongroom_node.errors import LinkError
from strongroom_node.mqtt import Client


class Server:
    """Gives the client the bytes it is told to, and remembers what the client wrote."""

    def __init__(self, *chunks):
        self.chunks = list(chunks)
        self.written = b""
        self.hung_up = False
        self.more = asyncio.Event()

    async def dial(self):
        """Open."""
        self.hung_up = False
        return self, self, self.hang_up

    def hang_up(self):
        """End."""
        self.hung_up = True

    async def read(self, most):
        """Give the next chunk; None in the list is the end of the stream."""
        while not self.chunks:
            self.more.clear()
            await self.more.wait()
        chunk = self.chunks.pop(0)
        if chunk is None:
            return b""
        if len(chunk) > most:
            self.chunks.insert(0, chunk[most:])
            chunk = chunk[:most]
        return chunk

    def write(self, data):
        """Take bytes."""
        self.written += bytes(data)

    async def drain(self):
        """Let others run."""
        await asyncio.sleep(0)

    def give(self, *chunks):
        """Send more."""
        self.chunks.extend(chunks)
        self.more.set()


CONNACK = b"\x20\x02\x00\x00"


def fails(action, *arguments):
    """Return the word of the LinkError an action raises."""
    try:
        action(*arguments)
    except LinkError as error:
        return error.kind
    return None


def check_remaining_length():
    """The examples of the standard, section 2.2.3."""
    for size, digits in (
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16383, b"\xff\x7f"),
        (16384, b"\x80\x80\x01"),
    ):
        buffer = None
        gc.collect()  # a small heap has room for one of the large ones
        buffer, at = wire.packet(0x30, size)
        assert bytes(buffer[1:at]) == digits
        assert len(buffer) == at + size
    assert fails(wire.Parser(10).feed, b"\x30\xff\xff\xff\xff\x01") == "protocol"


def check_packets_byte_for_byte():
    """Written out by hand from the standard."""
    assert (
        bytes(wire.connect_packet("n", False, 60, None))
        == b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x3c\x00\x01n"
    )
    will = ("w", b"off", 1, True)
    assert bytes(wire.connect_packet("n", True, 258, will)) == (
        b"\x10\x15\x00\x04MQTT\x04\x2e\x01\x02\x00\x01n\x00\x01w\x00\x03off"
    )
    assert (
        bytes(wire.publish_packet("a/b", b"hi", 1, True, 513)) == b"\x33\x09\x00\x03a/b\x02\x01hi"
    )
    assert bytes(wire.publish_packet("a/b", b"hi", 0, False, 9)) == b"\x30\x07\x00\x03a/bhi"
    assert (
        bytes(wire.names_packet(wire.SUBSCRIBE, 10, ["a/#"], b"\x01"))
        == b"\x82\x08\x00\x0a\x00\x03a/#\x01"
    )
    assert bytes(wire.names_packet(wire.PUBACK, 65535, (), b"")) == b"\x40\x02\xff\xff"


def check_topics_not_to_publish_to():
    for topic in ("", "a/#", "+/b", "a\x00b"):
        try:
            wire.publish_packet(topic, b"", 0, False, 0)
        except ValueError:
            continue
        raise AssertionError(topic)


def check_malformed_publishes():
    for body, header in (
        (b"", 0x30),
        (b"\x00", 0x30),
        (b"\x00\x00x", 0x30),
        (b"\x00\x05ab", 0x30),
        (b"\x00\x01a\x00", 0x32),
        (b"\x00\x01a\x00\x00", 0x32),
        (b"\x00\x01a\x00\x01", 0x34),
        (b"\x00\x01a\x00\x01", 0x36),
        (b"\x00\x02\xff\xfe", 0x30),
        (b"\x00\x03a/#", 0x30),
    ):
        assert fails(wire.parse_publish, header, body) == "protocol", (header, body)


def check_connack():
    assert wire.parse_connack((0x20, b"\x01\x00", 2)) is True
    assert wire.parse_connack((0x20, b"\x00\x00", 2)) is False
    assert fails(wire.parse_connack, (0x20, b"\x00\x05", 2)) == "rejected"
    assert fails(wire.parse_connack, (0x20, b"\x00\x77", 2)) == "rejected"
    for first in ((0x20, b"\x02\x00", 2), (0x20, b"\x00", 1), (0x30, b"\x00\x00", 2)):
        assert fails(wire.parse_connack, first) == "protocol"


def check_any_cut_gives_the_same_packets():
    stream = (
        CONNACK
        + b"\x32\x07\x00\x01a\x00\x01hi"
        + b"\xd0\x00"
        + b"\x30\x90\x01\x00\x01b"
        + b"x" * 141
    )
    whole = wire.Parser(4096).feed(stream)
    assert [packet[0] for packet in whole] == [0x20, 0x32, 0xD0, 0x30]
    for size in range(1, 40):
        parser, found = wire.Parser(4096), []
        for at in range(0, len(stream), size):
            found += parser.feed(stream[at : at + size])
        assert found == whole, size


def check_oversized_is_not_kept():
    parser = wire.Parser(64)
    done = parser.feed(b"\x32\xff\xff\xff\x7f\x00\x01a\x00\x07")
    assert not done
    left = 268435455 - 5
    chunk = b"z" * 4096
    # A quarter of a gigabyte announced; half a megabyte of it is enough to see that nothing grows.
    for _ in range(128):
        assert not parser.feed(chunk)
        left -= len(chunk)
    assert len(parser._body) == 64
    parser._got = parser._size - 1  # skip the rest
    (packet,) = parser.feed(b"z")
    assert wire.parse_publish(packet[0], packet[1])[:2] == ("a", 7)
    assert packet[2] == 268435455


async def connected(*chunks, **settings):
    """Return a connected client and its server."""
    server = Server(CONNACK, *chunks)
    client = Client(server.dial, "n1", **settings)
    await client.connect()
    return client, server


async def check_random_bytes_end_in_a_link_error():
    """Whatever a server says: a LinkError or nothing, never another error, and no task left over."""
    random.seed(5)
    types = (0x20, 0x30, 0x32, 0x3B, 0x34, 0x40, 0x90, 0xB0, 0xD0, 0xF0, 0x50, 0x82)
    words = {}
    for number in range(300):
        noise = bytes([random.getrandbits(8) for _ in range(random.getrandbits(6))])
        if number % 2:
            noise = bytes([types[number % len(types)], len(noise)]) + noise
        client, _ = await connected(noise, None)
        client.on_message = lambda topic, payload, retain: None
        error = await asyncio.wait_for(client.lost(), 5)
        words[error.kind] = words.get(error.kind, 0) + 1
    assert set(words) <= {"protocol", "closed"}, words
    assert words["protocol"] > 100, words


async def check_packet_ids_wrap_and_skip_those_in_flight():
    client, server = await connected(window=4)
    client._last_id = 65533
    ids = []
    for _ in range(3):
        ids.append(await client.send("t", b""))
    assert ids == [65534, 65535, 1]
    server.give(b"\x40\x02\xff\xfe\x40\x02\xff\xff")  # 1 stays in flight
    while client.in_flight > 1:
        await asyncio.sleep(0)
    client._last_id = 65535
    assert await client.send("t", b"") == 2
    client.abort()


async def check_window_is_a_limit():
    client, server = await connected(window=3)
    for _ in range(3):
        await client.send("t", b"x")
    fourth = asyncio.create_task(client.send("t", b"y"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not fourth.done()
    assert client.in_flight == 3
    server.give(b"\x40\x02\x00\x02")
    assert await asyncio.wait_for(fourth, 5) == 4
    client.abort()


async def check_lost_connection_wakes_everybody():
    client, server = await connected(window=1)
    await client.send("t", b"x")
    waiting = [asyncio.create_task(client.publish("t", b"y")) for _ in range(3)]
    waiting.append(asyncio.create_task(client.subscribe(["a"])))
    await asyncio.sleep(0)
    server.give(None)
    for task in waiting:
        try:
            await asyncio.wait_for(task, 5)
        except LinkError as error:
            assert error.kind == "closed"
        else:
            raise AssertionError("it did not notice")
    assert server.hung_up


async def check_unknown_puback_is_only_counted():
    client, server = await connected()
    server.give(b"\x40\x02\x12\x34\xd0\x00")
    while not client.strays:
        await asyncio.sleep(0)
    assert client.connected
    client.abort()


async def check_incoming_is_acknowledged_after_the_handler():
    client, server = await connected()
    seen = []
    client.on_message = lambda *message: seen.append((message, bytes(server.written)))
    before = len(server.written)
    server.give(b"\x33\x07\x00\x01a\x00\x09hi" + b"\x30\x04\x00\x01bz")
    while len(seen) < 2 or b"\x40\x02\x00\x09" not in server.written[before:]:
        await asyncio.sleep(0)
    assert seen[0][0] == ("a", b"hi", True)
    assert b"\x40" not in seen[0][1][before:], "acknowledged before it was handled"
    assert seen[1][0] == ("b", b"z", False)
    client.abort()


async def check_refused_subscription():
    client, server = await connected()
    server.give(b"\x90\x04\x00\x01\x01\x80")
    try:
        await client.subscribe(["mine", "yours"])
    except LinkError as error:
        assert error.kind == "denied"
        assert "yours" in str(error)
    else:
        raise AssertionError("denied and not said")
    assert client.connected
    client.abort()


async def check_flood_of_questions_is_answered_in_step():
    """A server that sends faster than its answers can go out is read no further meanwhile."""
    client, server = await connected()
    client.on_message = lambda topic, payload, retain: None
    server.stalled = asyncio.Event()

    async def stalled():
        await server.stalled.wait()

    server.drain = stalled
    server.give(*([b"\x32\x05\x00\x01a\x00\x01"] * 500))
    for _ in range(3000):
        await asyncio.sleep(0)
    assert len(client._out) <= 65
    assert len(server.chunks) > 300
    client.abort()


def check_errors_of_sockets_have_a_word():
    from strongroom_node.dial import explain

    for error, word in (
        (OSError(111), "refused"),
        (OSError(113), "unreachable"),
        (OSError(101), "unreachable"),
        (OSError(110), "timeout"),
        (OSError(104), "closed"),
        (OSError(32), "closed"),
        (EOFError(), "closed"),
        (OSError(12), "network"),
        (OSError(-2), "resolve"),
        (OSError(-30592), "tls_refused"),
        (OSError(-9984), "tls"),
        (ValueError("The certificate validity has expired"), "tls_expired"),
        (OSError("what is this"), "network"),
        (OSError(), "network"),
    ):
        assert explain(error).kind == word, (error, explain(error).kind)
