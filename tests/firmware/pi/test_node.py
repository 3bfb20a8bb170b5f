"""The whole node on a Raspberry Pi's ports: pins to outbox, and off when it ends."""

import asyncio
import json
import os
import signal

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from strongroom_node.app import Node
from strongroom_pi import hal, main, safe

SETTINGS = {
    "room": "r1",
    "node": "n1",
    "broker": {"host": "127.0.0.1", "port": 1},
    "board": "raspberry-pi",
    "devices": [
        {"id": "door", "type": "contact", "pin": 4, "closed": 0},
        {"id": "dry", "type": "relay", "pin": 26},
        {"id": "lamp", "type": "signal", "pin": 27},
        {"id": "t1", "type": "sht4x", "bus": "i2c77"},
    ],
}


@pytest.fixture
def pins():
    """gpiozero on mock pins."""
    before = Device.pin_factory
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


async def until(condition, what):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail(what)


@pytest.fixture
def board(tmp_path):
    """A Pi with the devices above."""
    path = tmp_path / "node.json"
    path.write_text(json.dumps(SETTINGS))
    return hal.Board(str(path), str(tmp_path / "state"))


def test_events_reach_the_outbox_and_relays_fall_at_the_end(pins, board, tmp_path):
    accepted = []
    node = Node(board, board.settings(), on_accept=lambda *record: accepted.append(record))

    def count(kind):
        return len([record for record in accepted if record[3] == kind])

    async def live():
        task = asyncio.create_task(node.run())
        await until(lambda: count("contact") == 1, "the door's first state")
        pins.pin(4).drive_low()
        await until(lambda: count("contact") == 2, "the door's closing")
        served = node._served[("relay", "dry")]
        assert served({"on": True, "lease": 60000}) is None
        assert pins.pin(26).state is True
        await node.supervisor.stop()
        await until(lambda: pins.pin(26).state is False, "the relay stayed on")
        task.cancel()

    asyncio.run(live())
    written = b"".join(file.read_bytes() for file in (tmp_path / "state").iterdir())
    for state in (b'"open":true', b'"open":false'):
        assert state in written.replace(b" ", b"")
    assert b"i2c77" in written, "the sensor that could not be opened is not told"


def test_a_stop_of_the_service_switches_relays_off(pins, board, monkeypatch):
    driven = []

    def run(given):
        async def hold():
            relay = given.pin_out(26, 0)
            try:
                relay.set(1)
                driven.append(pins.pin(26).state)
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(60)
            finally:
                relay.set(0)

        asyncio.run(hold())

    monkeypatch.setattr(main, "main", run)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as leaving:
            main.run(board)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert leaving.value.code == 0
    assert driven == [True]
    assert pins.pin(26).state is False


def test_outputs_left_on_by_a_killed_node_are_made_safe(pins, board):
    pins.pin(26).function = "output"
    pins.pin(26).state = True
    assert safe.make_safe(board) == []
    assert pins.pin(26).state is False
    assert pins.pin(27).state is False


def test_an_output_that_cannot_be_made_safe_is_named(pins, board, capsys):
    board.settings()["devices"][1]["pin"] = 99
    assert safe.make_safe(board) == ["dry"]
    assert "dry" in capsys.readouterr().err
    assert pins.pin(27).function == "output", "the others are safe all the same"
