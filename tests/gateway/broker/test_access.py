"""Who gets in and who may say and hear what: asked of a real mosquitto with the files of `init`.

A message that must not arrive is followed by one that must, on the same way: when the second is
there and the first is not, the first was refused rather than late.
"""

import shutil
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from strongroom_gateway.cli import main
from support.mosquitto import Mosquitto
from support.mqtt_tls import RefusedError, TlsClient
from support.waiting import wait_for

from .conftest import ROOM, init

pytestmark = pytest.mark.needs("mosquitto")
ROOT = f"strongroom/v1/{ROOM}"
Connect = Callable[..., TlsClient]


@pytest.fixture
def connect(running: Mosquitto) -> Connect:
    """Return a function that connects as "gateway" or as a node."""

    def as_somebody(name: str, **options: object) -> TlsClient:
        part = "gateway" if name == "gateway" else f"nodes/{name}"
        return TlsClient(running.port, running.folder / part, **options)  # type: ignore[arg-type]

    return as_somebody


@pytest.mark.parametrize(
    "topic", ["status", "info", "event/tag", "event/node", "telemetry/climate", "telemetry/health"]
)
def test_a_node_is_heard_under_its_own_name_and_under_no_other(
    connect: Connect, topic: str
) -> None:
    with connect("gateway") as gateway, connect("a") as node:
        gateway.subscribe(f"{ROOT}/+/{topic}")
        node.publish(f"{ROOT}/b/{topic}")
        node.publish(f"{ROOT}/a/{topic}")
        wait_for(lambda: f"{ROOT}/a/{topic}" in gateway.topics(), what="the node's own message")
        assert gateway.topics() == [f"{ROOT}/a/{topic}"]


@pytest.mark.parametrize(
    "topic",
    [
        "a/command/relay",
        "a/config",
        "a/ack",
        "b/command/relay",
        "b/ack",
        "state/gateway",
        "alarm/1",
        "gateway/event/tag",
    ],
)
def test_a_node_cannot_speak_as_the_gateway(connect: Connect, topic: str) -> None:
    with connect("gateway") as gateway, connect("a") as a, connect("b") as b:
        for listener in (gateway, b):
            listener.subscribe(f"{ROOT}/#")
        a.publish(f"{ROOT}/{topic}")
        a.publish(f"{ROOT}/a/event/tag")
        wait_for(lambda: f"{ROOT}/a/event/tag" in gateway.topics(), what="the node's own message")
        gateway.publish(f"{ROOT}/b/command/identify")
        wait_for(lambda: f"{ROOT}/b/command/identify" in b.topics(), what="the gateway's order")
        assert f"{ROOT}/{topic}" not in gateway.topics() + b.topics()


@pytest.mark.parametrize("topic", ["command/relay", "config", "ack"])
def test_a_node_hears_what_is_meant_for_it_and_nothing_meant_for_another(
    connect: Connect, topic: str
) -> None:
    with connect("gateway") as gateway, connect("a") as node:
        node.subscribe(f"{ROOT}/#", f"{ROOT}/b/{topic}", f"{ROOT}/+/{topic}")
        gateway.publish(f"{ROOT}/b/{topic}")
        gateway.publish(f"{ROOT}/a/{topic}")
        wait_for(lambda: f"{ROOT}/a/{topic}" in node.topics(), what="the node's own order")
        assert set(node.topics()) == {f"{ROOT}/a/{topic}"}


def test_a_node_does_not_hear_another_nodes_reports(connect: Connect) -> None:
    with connect("gateway") as gateway, connect("a") as a, connect("b") as b:
        a.subscribe("#", f"{ROOT}/b/#")
        b.publish(f"{ROOT}/b/event/tag")
        b.publish(f"{ROOT}/b/status", retain=True)
        gateway.publish(f"{ROOT}/a/command/identify")
        wait_for(a.topics, what="the order to the node")
        assert a.topics() == [f"{ROOT}/a/command/identify"]
        b.publish(f"{ROOT}/b/status", b"", retain=True)


def test_a_nodes_will_speaks_under_its_own_name_only(connect: Connect) -> None:
    with connect("gateway") as gateway:
        gateway.subscribe(f"{ROOT}/+/status")
        connect("a", will=(f"{ROOT}/b/status", b"offline")).vanish()
        connect("b", will=(f"{ROOT}/b/status", b"offline")).vanish()
        wait_for(lambda: gateway.received, what="the will of b")
        assert gateway.received == [(f"{ROOT}/b/status", b"offline")]


def test_a_node_cannot_take_over_the_session_of_another_by_its_client_id(
    connect: Connect,
) -> None:
    victim = connect("b", client_id="b", clean=False)
    victim.subscribe(f"{ROOT}/b/command/#")
    victim.close()
    with connect("gateway") as gateway, connect("a", client_id="b", clean=False) as thief:
        gateway.publish(f"{ROOT}/b/command/relay")
        gateway.publish(f"{ROOT}/b/command/identify")
        thief.subscribe(f"{ROOT}/a/command/#")
        gateway.publish(f"{ROOT}/a/command/identify")
        wait_for(thief.topics, what="the order to the thief itself")
        assert thief.topics() == [f"{ROOT}/a/command/identify"]
        with connect("b", client_id="b", clean=False) as victim:
            wait_for(lambda: len(victim.topics()) == 2, what="the orders that waited for the node")


def test_the_gateway_does_its_part(connect: Connect) -> None:
    reports = ["a/status", "a/info", "a/telemetry/climate", "a/event/tag"]
    orders = ["a/command/relay", "a/config", "a/ack"]
    own = ["state/gateway", "alarm/7"]
    with connect("gateway") as gateway, connect("a") as node:
        gateway.subscribe(f"{ROOT}/#")
        node.subscribe(f"{ROOT}/a/#")
        for topic in reports:
            node.publish(f"{ROOT}/{topic}")
        for topic in [*orders, *own]:
            gateway.publish(f"{ROOT}/{topic}")
        wait_for(lambda: len(gateway.topics()) >= 6, what="reports and the gateway's own topics")
        wait_for(lambda: len(node.topics()) >= 3, what="the orders")
        assert sorted(gateway.topics()) == sorted(f"{ROOT}/{topic}" for topic in reports + own)
        assert sorted(node.topics()) == sorted(f"{ROOT}/{topic}" for topic in orders)


@pytest.mark.parametrize(
    "topic", [f"{ROOT}/a/event/tag", f"{ROOT}/gateway/event/tag", f"{ROOT}/a/status", "other/x"]
)
def test_the_gateway_cannot_speak_as_a_node_or_elsewhere(connect: Connect, topic: str) -> None:
    with connect("gateway") as gateway:
        gateway.subscribe("#")
        gateway.publish(topic)
        gateway.publish(f"{ROOT}/state/gateway")
        wait_for(gateway.topics, what="the gateway's own topic")
        assert gateway.topics() == [f"{ROOT}/state/gateway"]


def test_nobody_gets_in_without_a_certificate(running: Mosquitto) -> None:
    with pytest.raises(RefusedError):
        TlsClient(running.port, None, ca=running.folder / "ca" / "cert.pem")


def test_nobody_gets_in_with_a_certificate_of_another_authority(
    running: Mosquitto, tmp_path: Path
) -> None:
    init(tmp_path / "other")
    with pytest.raises(RefusedError):
        TlsClient(
            running.port, tmp_path / "other" / "nodes" / "a", ca=running.folder / "ca" / "cert.pem"
        )


def test_a_node_notices_a_broker_of_another_authority(running: Mosquitto, tmp_path: Path) -> None:
    init(tmp_path / "other")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "other" / "nodes" / "a" / "ca.pem"))
    with (
        socket.create_connection(("127.0.0.1", running.port), 5) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        trusting.wrap_socket(plain, server_hostname="127.0.0.1")


def test_a_nodes_key_cannot_pass_itself_off_as_the_broker(running: Mosquitto) -> None:
    """TLS server with a node's certificate: a client that trusts the same authority refuses it."""
    node = running.folder / "nodes" / "a"
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(node / "cert.pem", node / "key.pem")
    client = ssl.create_default_context(cafile=str(node / "ca.pem"))
    client.check_hostname = False  # so that only the purpose of the certificate can be at fault
    left_in, left_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    right_in, right_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(left_in, left_out)
    answering = server.wrap_bio(right_in, right_out, server_side=True)
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        for _ in range(4):
            for side in (asking, answering):
                with suppress(ssl.SSLWantReadError):
                    side.do_handshake()
                right_in.write(left_out.read())
                left_in.write(right_out.read())


def test_the_brokers_own_certificate_is_no_way_in(running: Mosquitto) -> None:
    with pytest.raises(RefusedError):
        TlsClient(running.port, running.folder / "server")


def test_plain_tcp_is_refused(running: Mosquitto) -> None:
    with socket.create_connection(("127.0.0.1", running.port), 5) as plain:
        plain.sendall(bytes.fromhex("100f 0004 4d515454 04 02 003c 0003 616263".replace(" ", "")))
        plain.settimeout(5)
        try:
            answer = plain.recv(64)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"\x20"), "a CONNACK came over plain TCP"


def test_a_revoked_node_is_refused_and_gets_in_with_a_new_certificate(folder: Path) -> None:
    with Mosquitto.of(folder) as broker:
        TlsClient(broker.port, folder / "nodes" / "a").close()
        stolen = shutil.copytree(folder / "nodes" / "a", folder.parent / "stolen")
        assert main(["broker", "revoke", str(folder), "a"]) == 0
        broker.restart()
        with pytest.raises(RefusedError):
            TlsClient(broker.port, stolen)
        TlsClient(broker.port, folder / "nodes" / "b").close()
        assert main(["broker", "add-node", str(folder), "a"]) == 0
        TlsClient(broker.port, folder / "nodes" / "a").close()
        with pytest.raises(RefusedError):
            TlsClient(broker.port, stolen)


def test_a_node_added_while_the_broker_runs_gets_in_at_once(folder: Path) -> None:
    with Mosquitto.of(folder) as broker:
        assert main(["broker", "add-node", str(folder), "c"]) == 0
        with (
            TlsClient(broker.port, folder / "nodes" / "c") as node,
            TlsClient(broker.port, folder / "gateway") as gateway,
        ):
            gateway.subscribe(f"{ROOT}/+/event/#")
            node.publish(f"{ROOT}/c/event/tag")
            wait_for(gateway.topics, what="the new node's message")
