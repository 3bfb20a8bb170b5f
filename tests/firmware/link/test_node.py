"""The whole node in trouble of its own: dead flash, boots that fail, configurations that fail."""

import json
from pathlib import Path

import pytest
from support.interpreters import BOTH, Program
from support.waiting import wait_for

PROGRAM = Path(__file__).with_name("node_program.py")
pytestmark = [pytest.mark.needs("mosquitto"), pytest.mark.parametrize("interpreter", BOTH)]

INPUT = {"input": "door", "on": True, "value": None}
SIREN = {"id": "siren", "type": "signal", "pin": 27}
FAN = {"id": "fan", "type": "relay", "pin": 26}


@pytest.fixture
def boot(interpreter, tmp_path, broker):
    """Start the node: boot(work, devices, cause)."""
    running = []

    def start(work=(), devices=(), cause="power"):
        flash = tmp_path / "flash"
        flash.mkdir(exist_ok=True)
        settings = {"room": "r1", "node": "n1", "devices": list(devices)}
        settings["broker"] = {"host": "127.0.0.1", "port": broker.port, "tls": None}
        task = {"folder": str(flash), "settings": settings, "work": list(work), "cause": cause}
        program = Program(interpreter, PROGRAM, task, heap="256wK")
        running.append(program)
        return program

    yield start
    for program in running:
        program.__exit__(None, None, None)


def told(room, what):
    return [record for record in room.of("n1", "event", "node") if record["what"] == what]


def levels(program, pin):
    return [line["level"] for line in program.lines if line["step"] == "pin" and line["pin"] == pin]


def accepted(program, kind):
    return [line for line in program.lines if line["step"] == "accepted" and line["kind"] == kind]


def test_dead_flash_is_loud_and_the_node_lives_on(boot, room, tmp_path):
    dead = tmp_path / "flash.dead"
    program = boot([[50, "event", "input", INPUT, 4000]], [SIREN, FAN])
    wait_for(lambda: len(accepted(program, "input")) > 10, 10, "events")
    assert 1 not in levels(program, 27)
    dead.write_bytes(b"")
    wait_for(lambda: 1 in levels(program, 27), 15, "the siren")
    count = len(accepted(program, "input"))
    # Readings and commands go on: they need no flash.
    room.say("n1", "command/relay", {
        "id": "on", "exp": 4000000000000, "relay": "fan", "on": True, "lease": 60000,
    })  # fmt: skip
    wait_for(lambda: 1 in levels(program, 26), 10, "the relay")
    dead.unlink()
    wait_for(lambda: len(accepted(program, "input")) > count + 5, 10, "events again")
    wait_for(lambda: told(room, "driver.fault"), 15, "the report")
    (report,) = told(room, "driver.fault")
    assert report["device"] == "flash"
    lost = int(report["why"].split()[0])
    assert lost > 0
    (tmp_path / "flash.enough").touch()
    emitted = program.line("emitted")["count"]
    program.line("drained", seconds=30)
    inputs = len(room.of("n1", "event", "input"))
    assert inputs == len(accepted(program, "input"))
    assert inputs + lost >= emitted, "every event is kept or counted"


def test_a_node_whose_flash_is_dead_from_the_start_still_connects(boot, room, tmp_path):
    (tmp_path / "flash.dead").write_bytes(b"")
    program = boot([], [SIREN])
    wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
    assert program.line("ready")["boot"] >= 1 << 16
    wait_for(lambda: 1 in levels(program, 27), 15, "the siren")


def test_safe_mode_keeps_the_link_and_the_relays_off(boot, room, tmp_path):
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash" / "boots").write_bytes(b"5")
    program = boot([], [FAN, SIREN], cause="watchdog")
    assert program.line("ready")["safe"] is True
    wait_for(lambda: told(room, "safe_mode"), 10, "the event")
    assert told(room, "boot")[0]["cause"] == "watchdog"
    room.say("n1", "command/relay", {
        "id": "on", "exp": 4000000000000, "relay": "fan", "on": True, "lease": 60000,
    })  # fmt: skip
    wait_for(lambda: room.of("n1", "event", "command"), 10, "an answer")
    assert room.of("n1", "event", "command")[0]["why"] == "safe mode"
    assert 1 not in levels(program, 26)
    room.say("n1", "command/reboot", {"id": "again", "exp": 4000000000000})
    program.line("reset")


def test_a_configuration_that_kills_the_node_is_given_up(boot, room):
    """It boots twice and dies within the minute; then the devices of node.json are back."""
    program = boot([], [FAN])
    wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
    room.say("n1", "config", {"version": 7, "devices": [SIREN]}, retain=False)
    program.line("reset")
    program.end()
    for _ in range(2):
        program = boot([], [FAN])
        assert program.line("ready")["config"] == 7
        program.kill()
    program = boot([], [FAN])
    assert program.line("ready")["config"] == 0
    wait_for(lambda: told(room, "config.refused"), 10, "the word about it")
    assert told(room, "config.refused")[0]["version"] == 7
    info = json.loads(room.last("n1", "info"))
    assert [device["id"] for device in info["capabilities"]] == ["fan"]


def test_a_configuration_with_an_impossible_device_is_given_up_at_once(boot, room):
    program = boot([], [FAN])
    wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
    broken = {"id": "lamp", "type": "signal"}  # a signal needs a pin, a led or both
    room.say("n1", "config", {"version": 8, "devices": [FAN, broken]}, retain=False)
    program.line("reset")
    program.end()
    program = boot([], [FAN])
    program.line("reset")
    program.end()
    program = boot([], [FAN])
    assert program.line("ready")["config"] == 0
    wait_for(lambda: told(room, "config.refused"), 10, "the word about it")
    refused = told(room, "config.refused")[0]
    assert refused["version"] == 8
    assert "lamp" in refused["why"]


def test_a_broken_device_of_node_json_does_not_stop_the_others(boot, room):
    boot([], [{"id": "lamp", "type": "signal"}, FAN])
    wait_for(lambda: told(room, "driver.fault"), 10, "the fault")
    assert told(room, "driver.fault")[0]["device"] == "lamp"
    wait_for(lambda: room.last("n1", "status") == b"online", 10, "online")
