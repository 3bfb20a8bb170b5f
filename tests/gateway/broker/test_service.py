"""The broker as it is left running: what a kill costs, its account, a node on MicroPython."""

import os
import pwd
import subprocess
import tempfile
from pathlib import Path

import pytest
from strongroom_gateway.cli import main
from support.mosquitto import Mosquitto, free_port
from support.mqtt_tls import TlsClient
from support.needs import micropython
from support.waiting import wait_for

from .conftest import ROOM, init

pytestmark = pytest.mark.needs("mosquitto")
ROOT = f"strongroom/v1/{ROOM}"
SAVED_EVERY = 1000


def fill(folder: Path, port: int) -> None:
    """Leave a retained order, a session that waits for orders, and enough traffic to be saved."""
    with TlsClient(port, folder / "nodes" / "a", clean=False) as node:
        node.subscribe(f"{ROOT}/a/command/#")
    with TlsClient(port, folder / "gateway") as gateway:
        gateway.publish(f"{ROOT}/a/config", b"kept", retain=True)
        gateway.publish(f"{ROOT}/a/command/identify", b"waiting")
        for _ in range(SAVED_EVERY):
            gateway.client.publish(f"{ROOT}/state/gateway", b"x", qos=1, retain=True)
        gateway.publish(f"{ROOT}/state/gateway", b"last", retain=True)


def assert_all_is_there(folder: Path, port: int) -> None:
    with TlsClient(port, folder / "nodes" / "a", clean=False) as node:
        node.subscribe(f"{ROOT}/a/config")
        wait_for(lambda: len(node.received) >= 2, what="the waiting order and the configuration")
        assert sorted(node.received) == [
            (f"{ROOT}/a/command/identify", b"waiting"),
            (f"{ROOT}/a/config", b"kept"),
        ]


def test_what_the_broker_has_saved_survives_kill_9(folder: Path) -> None:
    with Mosquitto.of(folder) as broker:
        fill(folder, broker.port)
        wait_for(broker.database.exists, what="the database being saved")
        broker.restart()
        assert_all_is_there(folder, broker.port)


def test_a_broker_that_is_stopped_saves_everything(folder: Path) -> None:
    with Mosquitto.of(folder) as broker:
        fill(folder, broker.port)
        broker.stop()
        broker.start()
        assert_all_is_there(folder, broker.port)
        with TlsClient(broker.port, folder / "gateway") as gateway:
            gateway.subscribe(f"{ROOT}/state/gateway")
            wait_for(lambda: gateway.received, what="the room's state")
            assert gateway.received == [(f"{ROOT}/state/gateway", b"last")]


def test_an_oversized_message_is_not_passed_on_and_costs_nobody_the_connection(
    folder: Path,
) -> None:
    with (
        Mosquitto.of(folder) as broker,
        TlsClient(broker.port, folder / "nodes" / "a") as node,
        TlsClient(broker.port, folder / "gateway") as gateway,
    ):
        gateway.subscribe(f"{ROOT}/+/event/#")
        node.publish(f"{ROOT}/a/event/tag", b"x" * 16_385)
        node.publish(f"{ROOT}/a/event/tag", b"x" * 1024)
        wait_for(lambda: gateway.received, what="the message of a size that is allowed")
        assert [len(payload) for _, payload in gateway.received] == [1024]


def test_started_by_root_it_runs_under_the_account_of_the_package() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root starts it under another account")
    try:
        account = pwd.getpwnam("mosquitto")
    except KeyError:
        pytest.skip("this machine has no account of the mosquitto package")
    # Not in pytest's own folder, which no other account can enter.
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        folder = Path(made) / "broker of the room"  # and a path with spaces
        words = ["broker", "init", str(folder), "--room", ROOM, "--node", "a"]
        assert main([*words, "--bind", "127.0.0.1", "--port", str(free_port())]) == 0
        assert main(["broker", "check", str(folder)]) == 0
        with Mosquitto.of(folder) as broker:
            assert Path(f"/proc/{broker.pid}").stat().st_uid == account.pw_uid
            fill(folder, broker.port)
            wait_for(broker.database.exists, what="the database being saved")
            assert_all_is_there(folder, broker.port)


MICROPYTHON_NODE = """
import socket, sys, tls
folder, port = sys.argv[1], int(sys.argv[2])
def read(name):
    with open(folder + "/" + name, "rb") as file:
        return file.read()
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.verify_mode = tls.CERT_REQUIRED
context.load_verify_locations(read("ca.der"))
context.load_cert_chain(read("cert.der"), read("key.der"))
plain = socket.socket()
plain.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
secure = context.wrap_socket(plain, server_hostname=sys.argv[3])
secure.write(b"\\x10\\x0d\\x00\\x04MQTT\\x04\\x02\\x00\\x3c\\x00\\x01a")
print(secure.read(4))
"""


@pytest.mark.needs("micropython")
@pytest.mark.parametrize(("host", "let_in"), [("localhost", True), ("elsewhere.lan", False)])
def test_a_node_on_micropython_gets_in_with_the_binary_files(
    folder: Path, tmp_path: Path, host: str, let_in: bool
) -> None:
    script = tmp_path / "node.py"
    script.write_text(MICROPYTHON_NODE)
    with Mosquitto.of(folder) as broker:
        answer = subprocess.run(
            [str(micropython()), script, folder / "nodes" / "a", str(broker.port), host],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert (answer.stdout.strip() == r"b' \x02\x00\x00'") is let_in, answer.stdout + answer.stderr


@pytest.mark.needs("micropython")
def test_a_node_on_micropython_refuses_a_broker_of_another_authority(
    folder: Path, tmp_path: Path
) -> None:
    script = tmp_path / "node.py"
    script.write_text(MICROPYTHON_NODE)
    init(tmp_path / "other")
    with Mosquitto.of(folder) as broker:
        words = [script, tmp_path / "other" / "nodes" / "a", str(broker.port), "localhost"]
        answer = subprocess.run(
            [str(micropython()), *words], capture_output=True, text=True, check=False, timeout=30
        )
    assert answer.returncode != 0
    assert "ca.der" not in answer.stderr
    assert answer.stdout == ""
