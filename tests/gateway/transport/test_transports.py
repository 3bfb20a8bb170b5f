"""One suite for every transport, against a real mosquitto."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gateway.transport.clients import MAKERS, Client
from strongroom_gateway.transport.port import Inbound
from strongroom_gateway.transport.settings import Will
from support.faultproxy import FaultProxy
from support.mosquitto import Mosquitto, free_port
from support.waiting import wait_for

pytestmark = pytest.mark.needs("mosquitto")

Make = Callable[..., Client]


# The others save at every change; while the disk is busy, that takes longer than a client that stops
# waits for its last packets.
in_memory = pytest.mark.parametrize("broker", ["in memory"], indirect=True)


@pytest.fixture
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path / "broker")
    running.start(persistent=not hasattr(request, "param"))
    yield running
    running.stop()


@pytest.fixture(params=sorted(MAKERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str, broker: Mosquitto) -> Iterator[Make]:
    made: list[Client] = []

    def new(**options: object) -> Client:
        client = Client(kind, broker.port, **options)  # type: ignore[arg-type]  # a test's options
        made.append(client)
        return client

    yield new
    for client in made:
        client.transport.stop()


@pytest.fixture
def other(broker: Mosquitto) -> Iterator[Client]:
    """The other side: a node, or a panel on the wall."""
    client = Client("lean", broker.port, "other", ("out/#",)).start()
    client.wait_up()
    yield client
    client.transport.stop()


def send(client: Client, count: int, first: int = 0) -> list[bytes]:
    payloads = [b"%d" % number for number in range(first, first + count)]
    for payload in payloads:
        assert client.transport.publish("in/x", payload)
    return payloads


def test_messages_come_in_their_order(make: Make, other: Client) -> None:
    client = make().start()
    client.wait_up()
    client.wait_payloads(*send(other, 500))
    assert {message.topic for message in client.received} == {"in/x"}
    assert {(message.qos, message.retain, message.dup) for message in client.received} == {
        (1, False, False)
    }
    assert len(client.threads) == 1


def test_what_comes_while_the_gateway_is_busy_is_one_batch(make: Make, other: Client) -> None:
    client = make()
    client.gate.clear()
    client.start()
    client.wait_up()
    first = send(other, 1)
    wait_for(lambda: client.waiting, 10, "the first message")
    sent = send(other, 300, first=1)
    wait_for(lambda: not other.transport._outgoing, 10, "the broker has them")  # type: ignore[attr-defined]  # the lean one
    client.gate.set()
    client.wait_payloads(*first, *sent)
    assert client.batches <= 10


@pytest.mark.parametrize("size", [0, 1, 100, 127, 128, 16_000, 70_000, 300_000])
def test_payloads_of_all_sizes(make: Make, other: Client, size: int) -> None:
    client = make().start()
    client.wait_up()
    payload = os.urandom(size)
    other.transport.publish("in/x", payload)
    other.transport.publish("in/x", b"next")
    client.wait_payloads(payload, b"next")


def test_publishing_from_many_threads_keeps_each_ones_order(make: Make, other: Client) -> None:
    client = make().start()
    client.wait_up()

    def fill(name: int) -> None:
        for number in range(200):
            assert client.transport.publish(f"out/{name}", b"%d" % number)

    threads = [threading.Thread(target=fill, args=(name,)) for name in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: len(other.received) == 1000, 10, lambda: f"{len(other.received)} of 1000")
    for name in range(5):
        got = [int(m.payload) for m in other.received if m.topic == f"out/{name}"]
        assert got == list(range(200))


@in_memory
def test_a_broker_that_pauses_gets_everything_in_its_order(
    make: Make, other: Client, broker: Mosquitto
) -> None:
    client = make().start()
    client.wait_up()
    sent = [b"%03d" % number + bytes(60_000) for number in range(200)]  # more than sockets hold
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        for payload in sent:
            assert client.transport.publish("out/x", payload)
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    other.wait_payloads(*sent, seconds=30)
    client.wait_payloads(*send(other, 20))


def test_publishing_from_the_callback_goes_out_at_once(make: Make, other: Client) -> None:
    client = make()
    client.on_up = lambda: client.transport.publish("out/hello", b"1") and None
    client.start()
    other.wait_payloads(b"1")


def test_without_acknowledgement_messages_come_again_after_a_reconnect(
    make: Make, other: Client
) -> None:
    client = make(acking=False).start()
    client.wait_up()
    sent = send(other, 100)
    client.wait_payloads(*sent)
    client.transport.ack(client.received[:40])
    # The broker has the acknowledgements when it has answered something sent after them.
    client.transport.publish("out/barrier", b"")
    wait_for(lambda: other.received, 10, "the barrier")
    client.transport.stop()
    again = make().start()
    again.wait_payloads(*sent[40:])
    assert all(message.dup for message in again.received)


def test_acknowledged_messages_do_not_come_again(make: Make, other: Client) -> None:
    client = make().start()
    client.wait_up()
    client.wait_payloads(*send(other, 50))
    client.transport.publish("out/barrier", b"")
    wait_for(lambda: other.received, 10, "the barrier")
    client.transport.stop()
    again = make().start()
    again.wait_up()
    again.wait_payloads(*send(other, 1, first=1000))


@in_memory
def test_what_was_acknowledged_right_before_stopping_does_not_come_again(
    make: Make, other: Client, broker: Mosquitto
) -> None:
    client = make(acking=False).start()
    client.wait_up()
    client.wait_payloads(*send(other, 500))
    stopping = threading.Thread(target=client.transport.stop)
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        client.transport.ack(client.received)
        late = send(other, 300, first=500)
        stopping.start()
        stopping.join(0.5)  # one that does not wait for the broker has closed its socket by now
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    stopping.join(10)
    again = make().start()
    again.wait_payloads(*late)


def test_messages_sent_while_away_are_kept(make: Make, other: Client) -> None:
    client = make().start()
    client.wait_up()
    client.transport.stop()
    sent = send(other, 200)
    again = make().start()
    again.wait_payloads(*sent)


def test_withheld_acknowledgements_do_not_stop_the_stream(make: Make, other: Client) -> None:
    client = make(acking=False).start()
    client.wait_up()
    client.wait_payloads(*send(other, 3_000), seconds=20)


def test_a_killed_broker_is_found_again_and_nothing_it_saved_is_lost(
    make: Make, other: Client, broker: Mosquitto
) -> None:
    client = make().start()
    client.wait_up()
    client.wait_payloads(*send(other, 10))
    broker.kill()
    client.wait_down()
    assert not client.transport.publish("out/x", b"lost")
    broker.restart()
    client.wait_up()
    other.wait_up()
    wait_for(lambda: other.links == [True, False, True], 10, lambda: f"{other.links}")
    client.received.clear()
    client.wait_payloads(*send(other, 10, first=100))
    assert client.links == [True, False, True]


def test_a_broker_that_forgot_everything_is_subscribed_to_again(
    make: Make, other: Client, broker: Mosquitto
) -> None:
    client = make().start()
    client.wait_up()
    broker.restart(empty=True)
    wait_for(lambda: client.links == [True, False, True], 10, lambda: f"{client.links}")
    wait_for(lambda: other.links == [True, False, True], 10, lambda: f"{other.links}")
    sent = send(other, 10)
    wait_for(lambda: client.payloads()[-1:] == sent[-1:], 10, "the last message")


def test_tokens_of_an_earlier_connection_are_ignored(
    make: Make, other: Client, broker: Mosquitto
) -> None:
    client = make(acking=False).start()
    client.wait_up()
    sent = send(other, 5)
    client.wait_payloads(*sent)
    stale = list(client.received)
    client.received.clear()
    wait_for(broker.database.exists, 10, "the broker's database")
    broker.restart()
    wait_for(lambda: client.links == [True, False, True], 10, lambda: f"{client.links}")
    wait_for(lambda: other.links == [True, False, True], 10, lambda: f"{other.links}")
    fresh = send(other, 5, first=100)
    wait_for(lambda: set(fresh) <= set(client.payloads()), 10, lambda: f"{client.payloads()}")
    client.transport.ack(stale)  # the same packet ids now stand for other messages
    client.transport.publish("out/barrier", b"")
    wait_for(lambda: other.received, 10, "the barrier")
    client.transport.stop()
    again = make().start()
    wait_for(lambda: set(fresh) <= set(again.payloads()), 10, lambda: f"{again.payloads()}")


def test_the_will_is_left_by_a_client_that_dies_and_not_by_one_that_leaves(
    kind: str, make: Make, other: Client, broker: Mosquitto
) -> None:
    will = Will("out/status", b"offline")
    client = make(client_id="leaver", will=will).start()
    client.wait_up()
    assert client.transport.publish("out/status", b"leaving", retain=True)
    client.transport.stop()
    other.wait_payloads(b"leaving")
    with FaultProxy(broker.port) as proxy:
        dying = Client(kind, proxy.port, client_id="dying", will=will).start()
        dying.wait_up()
        proxy.reset()
        wait_for(lambda: b"offline" in other.payloads(), 10, lambda: f"{other.payloads()}")
        dying.transport.stop()


def test_retained_messages_come_with_the_flag_and_live_ones_without(
    make: Make, other: Client
) -> None:
    other.transport.publish("in/kept", b"old", retain=True)
    client = make().start()
    client.wait_payloads(b"old")
    assert client.received[0].retain
    other.transport.publish("in/kept", b"new", retain=True)
    client.wait_payloads(b"old", b"new")
    assert not client.received[1].retain


def test_an_old_message_never_comes_behind_a_newer_one_after_a_reconnect(
    make: Make, other: Client, broker: Mosquitto
) -> None:
    client = make()
    client.start()
    client.wait_up()
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        assert client.transport.publish("out/alarm", b"old", retain=True)
    finally:
        broker.kill()
    client.wait_down()
    client.on_up = lambda: client.transport.publish("out/alarm", b"new", retain=True) and None
    broker.restart(empty=True)
    wait_for(lambda: b"new" in other.payloads(), 20, lambda: f"{other.payloads()}")
    late = Client("lean", broker.port, "late", ("out/#",)).start()
    late.wait_payloads(b"new")
    late.transport.stop()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff\xff\xff",  # an endless length
        b"\x30\x02\x00\x09",  # a topic longer than its packet
        b"\x32\x05\x00\x01x\x00\x00",  # packet id 0
        b"\x36\x06\x00\x01x\x00\x01y",  # QoS 3
        b"\x10\x02\x00\x00",  # a packet that only clients send
    ],
)
def test_a_broker_that_breaks_the_protocol_is_left_and_tried_again(
    kind: str, broker: Mosquitto, other: Client, garbage: bytes
) -> None:
    with FaultProxy(broker.port) as proxy:
        client = Client(kind, proxy.port).start()
        try:
            client.wait_up()
            proxy.inject(garbage)
            wait_for(lambda: client.links == [True, False, True], 10, lambda: f"{client.links}")
            client.received.clear()
            client.wait_payloads(*send(other, 3))
        finally:
            client.transport.stop()


def test_bytes_that_come_one_by_one(kind: str, broker: Mosquitto, other: Client) -> None:
    with FaultProxy(broker.port) as proxy:
        proxy.piece = 1
        client = Client(kind, proxy.port).start()
        try:
            client.wait_up()
            client.wait_payloads(*send(other, 20))
        finally:
            client.transport.stop()


def test_a_callback_that_fails_does_not_end_the_transport(make: Make, other: Client) -> None:
    client = make(acking=False)
    client.start()
    client.wait_up()
    good = client._on_messages
    failures: list[int] = []

    def fail(messages: list[Inbound]) -> None:
        failures.append(len(messages))
        raise RuntimeError("a mistake in the gateway")

    client.transport._on_messages = fail  # type: ignore[attr-defined]  # both keep it there
    send(other, 1)
    wait_for(lambda: failures, 10, "the failure")
    client.transport._on_messages = good  # type: ignore[attr-defined]
    send(other, 1, first=7)
    client.wait_payloads(b"7")


def test_a_broker_that_is_not_there_yet_is_waited_for(kind: str, tmp_path: Path) -> None:
    port = free_port()
    client = Client(kind, port).start()
    try:
        with Mosquitto(tmp_path / "late", port=port):
            client.wait_up()
    finally:
        client.transport.stop()


def test_a_link_that_goes_silent_is_given_up(make: Make, broker: Mosquitto) -> None:
    client = make(keepalive=1).start()
    client.wait_up()
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        client.wait_down()
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    client.wait_up()


def test_an_idle_link_is_kept(make: Make) -> None:
    client = make(keepalive=2).start()
    client.wait_up()
    started = time.monotonic()
    wait_for(lambda: time.monotonic() - started > 4, 20, "longer than the broker waits, 3 s")
    assert client.links == [True]


@in_memory
def test_stopping_sends_what_was_published_before(make: Make, other: Client) -> None:
    client = make().start()
    client.wait_up()
    for number in range(1000):
        assert client.transport.publish("out/x", b"%d" % number)
    client.transport.stop()
    other.wait_payloads(*(b"%d" % number for number in range(1000)))


def test_stopping_without_a_broker_is_quick(kind: str) -> None:
    client = Client(kind, free_port()).start()
    started = time.monotonic()
    client.transport.stop()
    assert time.monotonic() - started < 4.5  # one that waits for its thread takes 5 s
    assert not client.transport.publish("x", b"")
