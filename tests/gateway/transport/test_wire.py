"""The socket between a client and the broker: nothing lost, nothing cut, whatever the socket takes."""

import random
import socket
import ssl
from collections.abc import Iterator

import pytest
from strongroom_gateway.transport.wire import MOST_UNSENT, Wire
from support.waiting import wait_for

Ends = tuple[Wire, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    near.setblocking(False)
    far.settimeout(10)
    wire = Wire(near)
    yield wire, far
    wire.close()
    far.close()


def arrive(far: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        data = far.recv(65_536)
        assert data, f"the end after {len(got)} of {count} bytes"
        got += data
    return got


def read(wire: Wire, size: int) -> bytes:
    def some() -> list[bytes] | None:
        try:
            return [wire.recv(size)]
        except BlockingIOError:
            return None

    found = wait_for(some, 10, "something to read", every=0.001)
    assert found
    return found[0]


def test_reads_of_any_size_give_the_stream_as_it_was_sent(ends: Ends) -> None:
    wire, far = ends
    chance = random.Random(7)
    sent, got = chance.randbytes(300_000), b""
    at = 0
    while len(got) < len(sent):
        if at < len(sent) and chance.random() < 0.3:
            size = chance.choice([1, 2, 1_000, 40_000])
            far.sendall(sent[at : at + size])
            at = min(at + size, len(sent))
        if len(got) < at:
            asked = chance.choice([1, 1, 1, 7, 200, 100_000])
            data = read(wire, asked)
            assert 1 <= len(data) <= asked
            got += data
    assert got == sent
    assert wire.pending() == 0
    with pytest.raises(BlockingIOError):
        wire.recv(1)


def test_what_was_read_ahead_is_pending(ends: Ends) -> None:
    wire, far = ends
    far.sendall(b"abcdef")
    assert read(wire, 1) == b"a"
    assert wire.pending() == 5
    assert wire.recv(100) == b"bcdef"
    assert wire.pending() == 0


def test_the_end_comes_behind_the_last_byte(ends: Ends) -> None:
    wire, far = ends
    far.sendall(b"last")
    far.close()
    assert read(wire, 1) == b"l"
    assert read(wire, 9) == b"ast"
    assert read(wire, 1) == b""


def test_what_is_sent_is_collected_until_it_is_flushed(ends: Ends) -> None:
    wire, far = ends
    assert [wire.send(piece) for piece in (b"ab", bytearray(b"cde"), b"f")] == [2, 3, 1]
    far.setblocking(False)
    with pytest.raises(BlockingIOError):
        far.recv(1)
    assert wire.unsent == 6
    assert wire.wants_write
    assert wire.flush()
    far.settimeout(10)
    assert arrive(far, 6) == b"abcdef"
    assert not wire.wants_write
    assert not wire.flush()


def test_a_peer_that_does_not_read_stops_the_sender_and_loses_nothing(ends: Ends) -> None:
    wire, far = ends
    chance = random.Random(8)
    taken = []
    with pytest.raises(BlockingIOError):
        while True:
            packet = chance.randbytes(chance.choice([2, 4, 5_000, 90_000]))
            assert wire.send(packet) == len(packet), "a packet was cut"
            taken.append(packet)
            assert sum(map(len, taken)) < 100_000_000, "nothing ever stops it"
    assert MOST_UNSENT <= wire.unsent < MOST_UNSENT + 90_000
    assert wire.wants_write
    sent, got = b"".join(taken), b""
    while len(got) < len(sent):
        wire.flush()
        got += far.recv(65_536)
    assert got == sent
    assert wire.unsent == 0
    assert wire.send(b"more") == 4


def test_a_connection_that_failed_takes_nothing_more_and_gives_what_it_had(ends: Ends) -> None:
    wire, far = ends
    far.sendall(b"xyz")
    assert read(wire, 1) == b"x"
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()

    def fails() -> bool:
        try:
            wire.put(b"into the void")
            wire.flush()
        except ConnectionError:
            return True
        return False

    wait_for(fails, 10, "the reset")
    with pytest.raises(ConnectionError):
        wire.send(b"x")
    with pytest.raises(ConnectionError):
        wire.flush()
    assert wire.recv(2) == b"yz"
    with pytest.raises(ConnectionError):
        wire.recv(1)


def test_closing_sends_what_is_waiting(ends: Ends) -> None:
    wire, far = ends
    wire.send(b"farewell")
    wire.close()
    assert arrive(far, 8) == b"farewell"
    assert far.recv(1) == b""


class Moody(socket.socket):
    """A socket that has moods as TLS has: it must read before it can send."""

    mood: type[Exception] | None = None

    def send(self, data: object, flags: int = 0) -> int:  # type: ignore[override]  # bytes-like
        if self.mood:
            raise self.mood
        return super().send(data, flags)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mood", "wants_write"), [(ssl.SSLWantReadError, False), (ssl.SSLWantWriteError, True)]
)
def test_while_tls_must_read_first_nobody_waits_for_room_to_write(
    mood: type[Exception], wants_write: bool
) -> None:
    left, far = socket.socketpair()
    near = Moody(fileno=left.detach())
    near.setblocking(False)
    wire = Wire(near)
    near.mood = mood
    wire.send(b"abc")
    assert not wire.flush()
    assert wire.wants_write is wants_write
    far.sendall(b"the record it was waiting for")
    near.mood = None
    read(wire, 1)
    assert wire.wants_write
    assert wire.flush()
    assert far.recv(10) == b"abc"
    wire.close()
    far.close()
