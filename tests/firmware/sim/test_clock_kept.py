"""The clock of a board goes on through a reset, and not through a power cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from strongroom_sim.fleet import BoardProcess, make_board
from support.mosquitto import Mosquitto
from support.room_listener import RoomListener
from support.waiting import wait_for

pytestmark = pytest.mark.needs("mosquitto")


@pytest.fixture(
    params=["cpython", pytest.param("micropython", marks=pytest.mark.needs("micropython"))]
)
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BoardProcess]:
    with Mosquitto(tmp_path / "broker") as broker, RoomListener(broker.port, "r1") as room:
        address = {"host": "127.0.0.1", "port": broker.port, "tls": None}
        make_board(tmp_path / "shelf-1", "r1", "shelf-1", "shelf", address)
        board = BoardProcess(tmp_path / "shelf-1", request.param)
        board.room = room
        board.start()
        yield board
        board.stop()
        assert board.errors() == ""


def boots(room: RoomListener) -> list[str]:
    return [one.clk for one in room.of("event", "node") if one.body.what == "boot"]


def test_a_reset_keeps_the_time_and_a_power_cut_does_not(board: BoardProcess) -> None:
    room = board.room
    room.wait("event", "node", lambda body: body.what == "clock.anchor")
    room.publish("shelf-1", "command/reboot", {"id": "again", "exp": 2_000_000_000_000})
    wait_for(board.tend, 20, "the reset")
    wait_for(lambda: boots(room) == ["none", "rtc"], 20, lambda: str(boots(room)))
    last = room.of("event", "node")[-1]
    assert abs(last.ts - last.received) < 10_000
    board.kill()
    board.start()
    wait_for(lambda: boots(room) == ["none", "rtc", "none"], 20, lambda: str(boots(room)))
