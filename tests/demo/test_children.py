"""Broker and children: they start, they listen, and they end when they are told to, or alone."""

import os
import socket
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from strongroom_demo.brokers import BrokerError, free_port, start_broker
from strongroom_demo.children import Child
from support.waiting import wait_for

TALKER = "import sys; print('here', flush=True); sys.stdin.read()"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('here', flush=True); time.sleep(60)"
)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def here(child: Child) -> bool:
    return "here" in child.log_tail()


def test_a_child_ends_when_told(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", TALKER], tmp_path / "log", ends_with_input=True)
    wait_for(lambda: here(child), what="the child speaks")
    child.stop()
    assert not child.running and not alive(child.pid)
    child.stop()  # once more does no harm


def test_a_child_that_does_not_listen_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom_demo.children.STOP_S", 0.2)
    child = Child([sys.executable, "-c", STUBBORN], tmp_path / "log")
    wait_for(lambda: here(child), what="the child speaks")
    child.stop()
    assert not alive(child.pid)


def test_a_child_is_apart_from_the_terminal(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", TALKER], tmp_path / "log", ends_with_input=True)
    try:
        # Ctrl-C goes to the group of the terminal: the demo ends its children in its own order.
        assert os.getpgid(child.pid) != os.getpgid(0)
        assert os.getsid(child.pid) != os.getsid(0)
    finally:
        child.kill()


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        assert free_port(wanted) != wanted
    assert free_port() > 0


def test_the_embedded_broker_delivers_and_ends_with_its_input(tmp_path: Path) -> None:
    broker = start_broker(tmp_path, "archive-1", ["a-1"], "embedded")
    try:
        assert broker.kind.startswith("embedded")
        assert broker.node_settings("a-1") == {
            "host": "127.0.0.1",
            "port": broker.port,
            "tls": None,
        }
        got: list[bytes] = []
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.on_message = lambda _client, _data, message: got.append(message.payload)
        client.on_connect = lambda c, *_rest: c.subscribe("x/#", 1)
        client.on_subscribe = lambda c, *_rest: c.publish("x/y", b"hello", 1)
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        wait_for(lambda: got == [b"hello"], what="the message comes back")
        client.disconnect()
        client.loop_stop()
    finally:
        broker.child._process.stdin.close()
        wait_for(lambda: not broker.child.running, what="the broker ends with its input")
        broker.child.stop()


@pytest.mark.needs("mosquitto")
def test_mosquitto_is_taken_where_it_is_installed_with_a_certificate_for_each_node(
    tmp_path: Path,
) -> None:
    broker = start_broker(tmp_path, "archive-1", ["a-1", "b-1"])
    try:
        assert broker.kind == "mosquitto"
        for node in ("a-1", "b-1"):
            for path in broker.node_settings(node)["tls"].values():
                assert Path(path).stat().st_size > 0
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        tls = broker.gateway_settings()["tls"]
        client.tls_set(tls["ca"], tls["certificate"], tls["key"])
        joined: list[bool] = []
        client.on_connect = lambda _c, _u, _f, reason, _p: joined.append(not reason.is_failure)
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        wait_for(lambda: joined == [True], what="the gateway's certificate is accepted")
        client.disconnect()
        client.loop_stop()
    finally:
        broker.child.stop()
    assert not alive(broker.child.pid)


def test_mosquitto_asked_for_and_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_args, **_more: None)
    with pytest.raises(BrokerError, match="not installed"):
        start_broker(tmp_path, "archive-1", ["a-1"], "mosquitto")
