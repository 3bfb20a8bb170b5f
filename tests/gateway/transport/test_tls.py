"""Both transports over TLS with a client certificate, against a mosquitto that demands one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.transport.clients import MAKERS, Client
from strongroom_gateway.transport.settings import Tls
from support.certificates import Authority
from support.mosquitto import Mosquitto, free_port
from support.waiting import wait_for

pytestmark = pytest.mark.needs("mosquitto")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    server = authority.issue("localhost", ("localhost", "127.0.0.1"))
    plain = free_port()
    extra = [
        f"cafile {authority.pem}",
        f"certfile {server['cert']}",
        f"keyfile {server['key']}",
        "require_certificate true",
        f"listener {plain} 127.0.0.1",
        "allow_anonymous true",
    ]
    made = Mosquitto(tmp_path / "broker", extra=extra)
    # The helper waits with plain TCP connections; that is enough to see that the port is open.
    made.start(persistent=False)
    made.plain = plain  # type: ignore[attr-defined]  # for the other side of these tests
    yield made
    made.stop()


def files(authority: Authority, name: str = "gateway") -> Tls:
    issued = authority.issue(name)
    return Tls(authority.pem, Path(issued["cert"]), Path(issued["key"]))


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_messages_go_both_ways(
    kind: str, host: str, broker: Mosquitto, authority: Authority
) -> None:
    other = Client("lean", broker.plain, "other", ("out/#",)).start()  # type: ignore[attr-defined]
    client = Client(kind, broker.port, tls=files(authority), host=host).start()
    try:
        other.wait_up()
        client.wait_up()
        sent = [os.urandom(size) for size in (0, 10, 1000, 20_000, 100_000)]
        sent += [b"%d" % number for number in range(3_000)]
        for payload in sent:
            assert other.transport.publish("in/x", payload)
        client.wait_payloads(*sent, seconds=30)
        for payload in sent:
            assert client.transport.publish("out/x", payload)
        other.wait_payloads(*sent, seconds=30)
        broker.restart()
        wait_for(lambda: client.links == [True, False, True], 20, lambda: f"{client.links}")
    finally:
        client.transport.stop()
        other.transport.stop()


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_broker_that_pauses_gets_everything_in_its_order(
    kind: str, broker: Mosquitto, authority: Authority
) -> None:
    other = Client("lean", broker.plain, "other", ("out/#",)).start()  # type: ignore[attr-defined]
    client = Client(kind, broker.port, tls=files(authority)).start()
    try:
        other.wait_up()
        client.wait_up()
        sent = [b"%03d" % number + bytes(60_000) for number in range(200)]
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            for payload in sent:
                assert client.transport.publish("out/x", payload)
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        other.wait_payloads(*sent, seconds=30)
        assert other.transport.publish("in/x", b"and back")
        client.wait_payloads(b"and back")
    finally:
        client.transport.stop()
        other.transport.stop()


# Paho leaves the socket of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_broker_of_another_authority_is_not_spoken_to(
    kind: str, broker: Mosquitto, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    mine = files(authority)
    client = Client(kind, broker.port, tls=Tls(stranger.pem, mine.cert, mine.key)).start()
    try:
        wait_for(lambda: "rror" in broker.log_tail(), 10, lambda: f"{broker.log_tail()}")
        assert client.links == []
    finally:
        client.transport.stop()


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_certificate_of_another_authority_is_not_let_in(
    kind: str, broker: Mosquitto, authority: Authority, tmp_path: Path
) -> None:
    other = files(Authority(tmp_path / "stranger"))
    client = Client(kind, broker.port, tls=Tls(authority.pem, other.cert, other.key)).start()
    try:
        wait_for(lambda: "rror" in broker.log_tail(), 10, lambda: f"{broker.log_tail()}")
        assert client.links == []
    finally:
        client.transport.stop()
