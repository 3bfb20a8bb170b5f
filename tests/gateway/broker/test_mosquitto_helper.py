"""The broker that other tests lean on does what it says: it starts, dies, remembers and forgets."""

from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from support.mosquitto import Mosquitto
from support.waiting import wait_for

pytestmark = pytest.mark.needs("mosquitto")


def publish_retained(port: int, topic: str, payload: str) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def retained(port: int, topic: str) -> str | None:
    """Return the retained message of a topic, or None when there is none.

    Retained messages come before the answer to a later subscription, on the same connection.
    """
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    found: list[str] = []
    answered: list[int] = []
    client.on_message = lambda _client, _data, message: found.append(message.payload.decode())
    client.on_subscribe = lambda _client, _data, mid, *_: answered.append(mid)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(topic, 1)
    client.subscribe("no/such/topic", 1)
    wait_for(lambda: len(answered) == 2, what="the answers to both subscriptions")
    client.disconnect()
    client.loop_stop()
    return found[0] if found else None


def test_a_restart_keeps_the_port_and_what_was_saved_and_an_empty_one_forgets(
    tmp_path: Path,
) -> None:
    with Mosquitto(tmp_path) as broker:
        port = broker.port
        publish_retained(port, "room/light", "on")
        wait_for(broker.database.exists, what="the database being saved")
        broker.kill()
        assert not broker.running
        broker.restart()
        assert (broker.port, retained(port, "room/light")) == (port, "on")
        broker.restart(empty=True)
        assert (broker.port, retained(port, "room/light")) == (port, None)
    assert not broker.running


def test_a_broker_without_persistence_forgets_when_it_is_stopped(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    broker.start(persistent=False)
    try:
        publish_retained(broker.port, "room/light", "on")
        assert retained(broker.port, "room/light") == "on"
        broker.stop()
        broker.restart()
        assert retained(broker.port, "room/light") is None
    finally:
        broker.kill()


def test_a_broker_that_cannot_start_says_what_mosquitto_said(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, extra=["no_such_option 1"])
    with pytest.raises(AssertionError, match="no_such_option"):
        broker.start()


def test_waiting_names_what_did_not_happen() -> None:
    answers = iter([0, 0, 7])
    assert wait_for(lambda: next(answers), every=0) == 7
    with pytest.raises(AssertionError, match="the lamp going on"):
        wait_for(lambda: False, seconds=0.02, what="the lamp going on")
