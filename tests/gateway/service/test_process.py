"""The product as it is run: a process, a real broker, the command line, signals."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from strongroom_gateway.cli import main
from support.mosquitto import Mosquitto, free_port
from support.sensing import Nodes
from support.waiting import wait_for

CONFIG = """
[room]
id = "r1"
name = "Room 1"
language = "en"
[ledger]
path = "ledger.db"
[mqtt]
port = {broker}
[api]
port = {api}
admin_socket = "admin.sock"
[[gate]]
id = "exit"
name = "Exit"
node = "g1"
reader = "gate"
[[item]]
id = "HX-H-01"
name = "Box 1"
tags = ["e2000001"]
home = "A-1"
"""
ALARM = "exit.no_leave:HX-H-01"
TOPIC = f"strongroom/v1/r1/alarm/{ALARM}"


class Node:
    """A node's side of the broker."""

    def __init__(self, port):
        self.seen = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _c, _u, m: self.seen.setdefault(m.topic, []).append(
            m.payload
        )
        self.client.on_connect = lambda c, *_: c.subscribe(
            [
                ("strongroom/v1/r1/g1/ack", 1),
                ("strongroom/v1/r1/alarm/+", 1),
                ("strongroom/v1/r1/state/+", 1),
            ]
        )
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def send(self, sensed):
        topic = f"strongroom/v1/r1/{sensed.node}/{sensed.lane}/{sensed.kind}"
        self.client.publish(topic, sensed.raw, 1).wait_for_publish(10)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path / "broker", extra=["max_inflight_messages 0"]) as running:
        yield running


@pytest.fixture
def site(tmp_path, broker):
    """Start gateways on one folder; each is ended and its log shown on failure."""
    api = free_port()
    config = tmp_path / "gateway.toml"
    config.write_text(CONFIG.format(broker=broker.port, api=api))
    started = []

    class Site:
        folder = tmp_path
        url = f"http://127.0.0.1:{api}"

        @staticmethod
        def start():
            words = [
                sys.executable,
                "-c",
                "import sys; from strongroom_gateway.cli import main; sys.exit(main())",
            ]
            log = (tmp_path / f"gateway-{len(started)}.log").open("wb")
            process = subprocess.Popen(
                [*words, "gateway", "--config", str(config)], stdout=log, stderr=subprocess.STDOUT
            )
            log.close()
            started.append(process)
            return process

        @staticmethod
        def wait(condition, what):
            """Wait, with time for a busy machine; a gateway that ended is told at once."""

            def come():
                alive = started[-1].poll() is None
                assert alive, f"it ended instead of {what}: {log()}"
                return condition()

            def log():
                return (tmp_path / f"gateway-{len(started) - 1}.log").read_text()[-2000:]

            return wait_for(come, 60, lambda: f"{what}: {log()}")

        @staticmethod
        def get(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{api}{path}", timeout=5) as answer:
                return json.loads(answer.read())

        @classmethod
        def healthy(cls):
            try:
                return cls.get("/health")["status"] == "ok"
            except (urllib.error.URLError, ConnectionError):
                return False

    yield Site
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


@pytest.mark.needs("mosquitto")
def test_kill_restart_command_line_and_a_clean_end(site, broker, capsys):
    nodes, first = Nodes(), site.start()
    site.wait(site.healthy, "the gateway's good health")
    node = Node(broker.port)
    now = int(site.get("/api/v1/room")["now"])
    for n, side in enumerate(["inner", "inner", "outer", "outer"]):
        node.send(nodes.read("e2000001", side, now, rssi=-45, mono=n * 200))
    wait_for(lambda: TOPIC in node.seen, 10, "the alarm")
    wait_for(lambda: "strongroom/v1/r1/g1/ack" in node.seen, 10, "the acknowledgement")
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)

    second = site.start()
    site.wait(site.healthy, "the gateway's good health after the kill")
    (alarm,) = site.get("/api/v1/alarms")["alarms"]
    assert (alarm["id"], alarm["state"]) == (ALARM, "LATCH_UNACK")
    local = ["--socket", str(site.folder / "admin.sock")]
    assert main(["alarm", "list", *local]) == 1
    assert ALARM in capsys.readouterr().out
    told = ["--by", "Li Wen", "--comment", "box is back"]
    assert main(["alarm", "reset", ALARM, *told, *local]) == 2
    assert "latched alarm" in capsys.readouterr().err
    assert main(["alarm", "ack", ALARM, *told, "--config", str(site.folder / "gateway.toml")]) == 0
    assert main(["alarm", "list", *local]) == 0
    assert main(["alarm", "reset", ALARM, *told, *local]) == 0
    assert "normal" in capsys.readouterr().out
    assert main(["alarm", "ack", ALARM, *told, *local]) == 2
    wait_for(lambda: node.seen[TOPIC][-1] == b"", 10, "the retained alarm to be taken down")

    os.kill(second.pid, signal.SIGTERM)
    assert second.wait(15) == 0
    assert {oct(path.stat().st_mode & 0o007) for path in site.folder.glob("ledger.db*")} == {"0o0"}
    log = (site.folder / "gateway-1.log").read_text()
    assert "does not answer" not in log, "the end of the gateway is no fault of the broker"
    state = json.loads(node.seen["strongroom/v1/r1/state/gateway"][-1])
    assert state["status"] == "offline"
    node.close()
    assert main(["alarm", "list", *local]) == 2
    assert "no gateway" in capsys.readouterr().err.lower()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "gateway.toml: api.prot: is not known here; did you mean port?"),
        (None, "gateway.toml: cannot be read: No such file or directory"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named_once(
    tmp_path, capsys, monkeypatch, text, said
):
    monkeypatch.setattr("strongroom_gateway.service.set_up_logging", lambda level: None)
    file = tmp_path / "gateway.toml"
    if text is not None:
        file.write_text(CONFIG.format(broker=1, api=1).replace("[api]", f"[api]\n{text}"))
    assert main(["gateway", "--config", str(file)]) == 2
    assert capsys.readouterr().err == f"strongroom: {tmp_path}/{said}\n"


@pytest.mark.needs("mosquitto")
def test_it_starts_while_the_broker_is_away_and_finds_it_later(site, broker):
    broker.stop()
    site.start()

    def reasons():
        try:
            site.get("/health")
        except urllib.error.HTTPError as trouble:
            with trouble:
                return json.loads(trouble.read())["reasons"]
        except (urllib.error.URLError, ConnectionError):
            return []
        return []

    site.wait(lambda: any("broker" in r for r in reasons()), "trouble in words")
    broker.restart()
    site.wait(site.healthy, "good health once the broker is there")


@pytest.mark.needs("mosquitto")
def test_a_will_tells_that_it_died(site, broker):
    process = site.start()
    site.wait(site.healthy, "the gateway's good health")
    node = Node(broker.port)
    topic = "strongroom/v1/r1/state/gateway"
    wait_for(lambda: topic in node.seen, 10, "its state")
    assert json.loads(node.seen[topic][-1]) == {"status": "online", "recording": True, "why": None}
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: json.loads(node.seen[topic][-1])["status"] == "offline", 10, "the will")
    node.close()


@pytest.mark.needs("mosquitto")
def test_it_ends_whichever_thread_hears_the_signal(site):
    """A tracer that holds the main thread makes the kernel choose another one."""
    process = site.start()
    site.wait(site.healthy, "the gateway's good health")
    threads = sorted(int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir())
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.tgkill(process.pid, threads[-1], signal.SIGTERM) == 0
    assert process.wait(30) == 0


def test_a_configuration_that_is_wrong_is_one_line_and_no_start(tmp_path, capsys):
    file = tmp_path / "gateway.toml"
    file.write_text('[room]\nid = "r1"\nname = "R"\n[ledger]\npath = "x"\n[api]\nprot = 1\n')
    assert main(["gateway", "--config", str(file)]) == 2
    assert "did you mean port?" in capsys.readouterr().err


def test_a_certificate_that_is_not_there_is_named(tmp_path, capsys):
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[room]\nid = "r1"\nname = "R"\n[ledger]\npath = "x"\n'
        '[mqtt.tls]\nca = "ca.pem"\ncertificate = "c.pem"\nkey = "k.pem"\n'
    )
    assert main(["gateway", "--config", str(file)]) == 2
    said = capsys.readouterr().err
    for key, name in (("ca", "ca.pem"), ("certificate", "c.pem"), ("key", "k.pem")):
        assert f"mqtt.tls.{key}: cannot be read: {tmp_path / name}: No such file" in said
