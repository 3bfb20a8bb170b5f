"""The node's runtime through a real mosquitto, with a listener in the gateway's place."""

import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from support.faultproxy import FaultProxy
from support.interpreters import BOTH, Program
from support.listener import Listener
from support.waiting import wait_for

HERE = Path(__file__).parent
PROGRAM = HERE / "node_program.py"
pytestmark = [pytest.mark.needs("mosquitto"), pytest.mark.parametrize("interpreter", BOTH)]

INPUT = {"input": "door", "on": True, "value": None}
CLIMATE = {"sensor": "t1", "t": 20.5, "rh": 45.0}
SIREN = {"id": "siren", "type": "signal", "pin": 27}
FAN = {"id": "fan", "type": "relay", "pin": 26}


@pytest.fixture
def boot(interpreter, tmp_path):
    """Start the node: boot(port, work, devices=..., broker settings...)."""
    running = []

    def start(port, work, devices=(), cause="power", **broker):
        flash = tmp_path / "flash"
        flash.mkdir(exist_ok=True)
        settings = {"room": "r1", "node": "n1", "devices": list(devices)}
        settings["broker"] = {"host": "127.0.0.1", "port": port, "tls": None} | broker
        task = {"folder": str(flash), "settings": settings, "work": work, "cause": cause}
        program = Program(interpreter, PROGRAM, task, heap="256wK")
        running.append(program)
        return program

    yield start
    for program in running:
        program.__exit__(None, None, None)


def accepted(program, lane="event"):
    lines = [line for line in program.lines if line["step"] == "accepted" and line["lane"] == lane]
    return [(line["boot"], line["seq"]) for line in lines]


def have(room, lane="event", node="n1"):
    return [(record["boot"], record["seq"]) for record in room.of(node, lane)]


def files(tmp_path):
    return [path.name for path in (tmp_path / "flash").iterdir() if path.suffix == ".q"]


def answers(room):
    """The first answer to each command."""
    first = {}
    for record in room.of("n1", "event", "command"):
        first.setdefault(record["id"], record)
    return first


def test_drains_in_order_and_forgets_what_is_acknowledged(boot, broker, room, tmp_path):
    program = boot(
        broker.port,
        [[1, "event", "input", INPUT, 40], [1, "telemetry", "climate", CLIMATE, 40]],
    )
    program.line("emitted")
    wait_for(lambda: not files(tmp_path), 10, lambda: f"empty flash: {files(tmp_path)}")
    wait_for(lambda: have(room) == accepted(program), 10, "all events heard")
    wait_for(lambda: have(room, "telemetry") == accepted(program, "telemetry"), 10, "all readings")
    for lane in ("event", "telemetry"):
        heard = [entry for entry in room.order("n1") if entry[0] == lane]
        assert heard == sorted(heard)
    assert room.copies == 0
    assert room.last("n1", "status") == b"online"
    info = json.loads(room.last("n1", "info"))
    assert info["node"] == "n1"
    assert info["boot"] == program.line("ready")["boot"]


def test_events_go_before_readings(boot, broker, tmp_path):
    """Everything is sensed while the broker is away; then events come first."""
    broker.stop()
    work = [[0, "telemetry", "climate", CLIMATE, 60], [0, "event", "input", INPUT, 20]]
    program = boot(broker.port, work)
    program.line("emitted")
    broker.start()
    with Listener(broker.port, "r1") as room:
        wait_for(lambda: len(have(room, "telemetry")) >= 60, 20, "the readings")
        lanes = [lane for lane, _, _ in room.order("n1")]
    assert lanes[: len(accepted(program))] == ["event"] * len(accepted(program))


def test_puback_is_not_a_delivery(boot, broker, room, tmp_path):
    """The broker has everything; the gateway says nothing; the node keeps it and sends it again."""
    room.acking = False
    start = time.monotonic()
    program = boot(broker.port, [[0, "event", "input", INPUT, 10]], resend_ms=700)
    program.line("emitted")
    wait_for(lambda: len(have(room)) == 11, 10, "eleven events")
    kept = files(tmp_path)
    assert kept
    wait_for(lambda: room.copies >= 33, 20, lambda: f"three copies of each: {room.copies}")
    # 0.7 s, then 1.4 s, then 2.8 s; and never sooner.
    assert time.monotonic() - start > 4.9
    assert files(tmp_path)
    room.acknowledge("n1")
    program.line("drained")
    assert not files(tmp_path)
    assert have(room) == accepted(program)


def test_ack_of_a_part_is_progress(boot, broker, room, tmp_path):
    room.acking = False
    program = boot(broker.port, [[0, "event", "input", INPUT, 10]], resend_ms=2500)
    wait_for(lambda: len(have(room)) == 11, 10, "eleven events")
    number = program.line("ready")["boot"]
    room.say("n1", "ack", {"event": [[number, 6]], "telemetry": [], "ts": 1})
    wait_for(lambda: room.copies >= 5, 10, "a second copy of the rest")
    again = [seq for lane, _, seq in room.order("n1") if lane == "event"][11:]
    assert min(again) == 7, "what is acknowledged is not sent again"
    marks = {"event": [[number, 11], [number + 1, 99]], "telemetry": [[number, 1]], "ts": 1}
    room.say("n1", "ack", marks)
    program.line("drained")


@pytest.mark.parametrize("how", ["kill", "empty"])
def test_broker_dies_in_the_middle(boot, broker, room, tmp_path, how):
    work = [[10, "event", "input", INPUT, 300], [0, "telemetry", "climate", CLIMATE, 20]]
    program = boot(broker.port, work, resend_ms=1500)
    wait_for(lambda: len(accepted(program)) > 50, 10, "fifty events")
    broker.restart(empty=how == "empty")
    wait_for(lambda: len(accepted(program)) > 200, 20, "two hundred events")
    broker.restart(empty=how == "empty")
    program.line("emitted")
    program.line("drained", seconds=60)
    assert have(room) == accepted(program)
    assert have(room, "telemetry") == accepted(program, "telemetry")
    assert not files(tmp_path)
    if how == "empty":
        assert room.of("n1", "event", "node")[-1]["what"] == "session.lost"


def test_node_killed_and_started_again(boot, broker, room, tmp_path):
    """Three boots, two of them ended by kill -9: every event that was accepted arrives."""
    room.acking = False
    wanted = []
    for _ in range(2):
        program = boot(broker.port, [[5, "event", "input", INPUT, 1000]])
        wait_for(lambda p=program: len(accepted(p)) >= 25, 20, "some events")
        program.kill()
        program.__exit__(None, None, None)
        wanted += accepted(program)
    room.acking = True
    program = boot(broker.port, [[5, "event", "input", INPUT, 20]])
    program.line("drained", seconds=60)
    wanted += accepted(program)
    # The last one may have been torn from the test's own pipe by the kill; none may be missing.
    assert set(wanted) <= set(have(room))
    assert len({number for number, _ in wanted}) == 3
    assert not files(tmp_path)


def test_a_wedged_broker_does_not_stall_the_node(boot, broker, room):
    """Connected, and then nothing comes back: sensing goes on at its pace, and all of it arrives."""
    with FaultProxy(broker.port) as proxy:
        program = boot(proxy.port, [[10, "event", "input", INPUT, 300]], keepalive=4)
        wait_for(lambda: len(have(room)) > 20, 10, "a running node")
        proxy.black_hole = True
        line = program.line("emitted", seconds=40)
        # What waits for the broker waits 10 s: this tells it from a machine with other work.
        assert line["loop"] < 5000, "the loop was held up"
        monos = [line["mono"] for line in program.lines if line["step"] == "accepted"]
        gaps = [b - a for a, b in pairwise(monos)]
        assert max(gaps) < 5000
        proxy.black_hole = False
        program.line("drained", seconds=60)
    assert have(room) == accepted(program)


def test_status_after_a_cut(boot, broker, room):
    with FaultProxy(broker.port) as proxy:
        program = boot(proxy.port, [])
        program.line("ready")
        wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
        proxy.refuse = True
        proxy.reset()
        wait_for(lambda: room.last("n1", "status") == b"offline", 10, "the will")
        proxy.refuse = False
        wait_for(lambda: room.last("n1", "status") == b"online", 20, "online again")


def test_clock_handshake(boot, broker, room):
    program = boot(broker.port, [[50, "event", "input", INPUT, 100]])
    wait_for(lambda: room.last("n1", "info"), 10, "an info")
    mono = json.loads(room.last("n1", "info"))["mono"]
    room.say("n1", "command/clock", {"id": "c0", "mono": mono + 1, "ts": 1850000000000})
    room.say("n1", "command/clock", {"id": "c1", "mono": mono, "ts": 1900000000000})
    wait_for(
        lambda: [r for r in room.of("n1", "event", "node") if r["what"] == "clock.anchor"],
        10,
        "an anchor",
    )
    anchors = [r for r in room.of("n1", "event", "node") if r["what"] == "clock.anchor"]
    assert len(anchors) == 1
    anchor = anchors[0]
    assert anchor["source"] == "gateway"
    assert anchor["of_boot"] == program.line("ready")["boot"]
    assert anchor["at_mono"] - mono < 20000
    assert 0 <= anchor["at_ts"] - 1900000000000 < 20000
    wait_for(lambda: any(r["clk"] == "gateway" for r in room.of("n1", "event", "input")), 10)
    record = [r for r in room.of("n1", "event", "input") if r["clk"] == "gateway"][-1]
    assert abs(record["ts"] - (record["mono"] - anchor["at_mono"]) - anchor["at_ts"]) < 2


def relay(command_id, on=True, exp=4000000000000, lease=60000, name="fan"):
    return {"id": command_id, "exp": exp, "relay": name, "on": on, "lease": lease}


def levels(program, pin=26):
    return [line["level"] for line in program.lines if line["step"] == "pin" and line["pin"] == pin]


def test_commands(boot, broker, room):
    # A command is retained before the node is there: refused whenever the node meets it.
    room.say("n1", "command/relay", relay("kept"), retain=True)
    program = boot(broker.port, [], [FAN, SIREN])
    wait_for(lambda: "kept" in answers(room), 10, "an answer to the retained one")
    assert answers(room)["kept"]["ok"] is False
    assert 1 not in levels(program)
    room.say("n1", "command/relay", relay("on"))
    wait_for(lambda: 1 in levels(program), 5, "the relay")
    room.say("n1", "command/relay", relay("on", on=False))
    room.say("n1", "command/relay", relay("late", on=False, exp=1000))
    room.say("n1", "command/relay", relay("who", name="nobody"))
    room.say("n1", "command/relay", {"id": "short"})
    room.say("n1", "command/dance", {"id": "dance"})
    room.say("n1", "command/relay", b"\xff\xfe{")
    room.say("n1", "command/relay", b"[" * 5000)
    room.say("n1", "ack", b'{"event": [[1]]}')
    room.say("n1", "ack", b"x" * 20000)
    room.say("n1", "command/relay", relay("off", on=False))
    wait_for(lambda: "off" in answers(room), 10, "an answer to the last one")
    assert levels(program)[-1] == 0
    said = answers(room)
    assert said["on"]["ok"] is True
    assert said["off"]["ok"] is True
    for name, word in (
        ("kept", "retained"),
        ("who", "nobody"),
        ("short", "exp"),
        ("dance", "dance"),
    ):
        assert said[name]["ok"] is False
        assert word in said[name]["why"]
    twice = [r for r in room.of("n1", "event", "command") if r["id"] == "on"]
    assert [r["ok"] for r in twice] == [True, False]
    if said["late"]["clk"] != "none":
        assert said["late"]["ok"] is False
        assert "expired" in said["late"]["why"]


def test_lease_runs_out_without_anybody(boot, broker, room):
    program = boot(broker.port, [], [FAN])
    wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
    room.say("n1", "command/relay", relay("on", lease=1500))
    wait_for(lambda: 1 in levels(program), 5, "the relay on")
    broker.kill()
    wait_for(lambda: levels(program)[-1] == 0, 5, "the relay off")
    broker.restart()
    wait_for(
        lambda: [r for r in room.of("n1", "event", "node") if r["what"] == "relay.expired"],
        20,
        "the event",
    )


def test_reboot_command_says_goodbye(boot, broker, room):
    program = boot(broker.port, [], [FAN])
    wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
    room.say("n1", "command/reboot", {"id": "again", "exp": 4000000000000})
    program.line("reset")
    program.end()
    wait_for(lambda: room.last("n1", "status") == b"offline", 5, "offline")
    assert answers(room)["again"]["ok"] is True


def test_configuration_is_kept_used_and_refused(boot, broker, room):
    program = boot(broker.port, [], [FAN])
    wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
    room.say("n1", "config", {"version": 3, "devices": [{"id": "x", "type": "sht4"}]})
    room.say("n1", "config", b"no json")
    wait_for(
        lambda: [r for r in room.of("n1", "event", "node") if r["what"] == "config.refused"][1:],
        10,
        "two refusals",
    )
    refused = [r for r in room.of("n1", "event", "node") if r["what"] == "config.refused"]
    assert refused[0]["version"] == 3
    assert "sht4x" in refused[0]["why"], "it says what was meant"
    room.say("n1", "config", {"version": 4, "devices": [SIREN]}, retain=True)
    program.line("reset")
    program.end()
    program = boot(broker.port, [], [FAN])
    assert program.line("ready")["config"] == 4
    wait_for(lambda: json.loads(room.last("n1", "info"))["config"] == 4, 10, "the new version")
    assert [c["id"] for c in json.loads(room.last("n1", "info"))["capabilities"]] == ["siren"]
    # It is retained and comes again with every connection; that is no reason to start again. The
    # node lives on for longer than it would wait before a reset.
    asked = 0

    def lives_on():
        nonlocal asked
        asked += 1
        room.say("n1", "command/identify", {"id": f"who{asked}", "exp": 4000000000000, "ms": 10})
        answered = [r["mono"] for i, r in answers(room).items() if i.startswith("who")]
        return answered and max(answered) - min(answered) > 2000

    wait_for(lives_on, 20, "answers over two seconds", every=0.2)
    assert not [line for line in program.lines if line["step"] == "reset"]
