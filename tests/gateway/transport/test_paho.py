"""What the gateway relies on in paho beyond its documentation; a paho that changes it fails here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.transport.clients import Client
from strongroom_gateway.transport.paho import PahoTransport, WiredClient
from strongroom_gateway.transport.wire import Wire
from support.mosquitto import Mosquitto

pytestmark = pytest.mark.needs("mosquitto")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", extra=["max_inflight_messages 20"]) as running:
        yield running


def test_paho_speaks_through_the_wire_it_is_given(broker: Mosquitto) -> None:
    client = Client("paho", broker.port).start()
    try:
        client.wait_up()
        assert isinstance(client.transport, PahoTransport)
        assert isinstance(client.transport._client.socket(), Wire)
    finally:
        client.transport.stop()


def test_a_paho_without_the_hook_still_works(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(WiredClient, "_create_socket")
    client = Client("paho", broker.port, subscriptions=("in/#", "out/#")).start()
    try:
        client.wait_up()
        assert isinstance(client.transport, PahoTransport)
        assert not isinstance(client.transport._client.socket(), Wire)
        sent = [b"%d" % number for number in range(500)] + [bytes(300_000), b"last"]
        for payload in sent:
            assert client.transport.publish("out/x", payload)
        # The broker sends twenty at a time: all of them come only if they are acknowledged.
        client.wait_payloads(*sent)
    finally:
        client.transport.stop()
