"""Card and UHF readers on whole emulated boards: from chip to outbox to beep, with no broker in sight."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from strongroom_sim.fleet import BoardProcess, make_board
from support.waiting import wait_for

STACK = ("04de5f1eacc040", "04de5f99010203", "11223344", "04112233445566778899")


@pytest.fixture(
    params=["cpython", pytest.param("micropython", marks=pytest.mark.needs("micropython"))]
)
def interpreter(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def start(tmp_path: Path, interpreter: str) -> Iterator[Callable[..., BoardProcess]]:
    boards: list[BoardProcess] = []

    def started(kind: str, **more: dict[str, Any]) -> BoardProcess:
        settings = make_board(
            tmp_path, "r1", f"{kind}-1", kind, {"host": "127.0.0.1", "port": 1, "tls": None}
        )
        for device in settings["devices"]:
            device.update(more.get(device["type"], {}))
        (tmp_path / "node.json").write_text(json.dumps(settings))
        board = BoardProcess(tmp_path, interpreter)
        boards.append(board)
        board.start()
        return board

    yield started
    for board in boards:
        board.stop()
        assert board.errors() == ""


def tags(board: BoardProcess) -> list[dict[str, Any]]:
    return [one for one in board.accepted() if one["kind"] == "tag"]


def lamp(board: BoardProcess) -> list[int]:
    """Return where in the board's output its lamp went on."""
    return _on(board, "lamp", "led")


def sounds(board: BoardProcess, device: str) -> int:
    """Return how often a buzzer has sounded."""
    return len(_on(board, device, "pin"))


def _on(board: BoardProcess, device: str, role: str) -> list[int]:
    return [
        place
        for place, out in enumerate(board.outputs())
        if out["out"] == "pin" and out["dev"] == device and out["role"] == role and out["level"]
    ]


def test_a_stack_of_boxes_is_recorded_and_then_heard(start: Callable[..., BoardProcess]) -> None:
    board = start("desk")
    wait_for(board.accepted, 20, "the boot")
    for uid in STACK:
        board.send("desk", "place", uid=uid)
    wait_for(lambda: len(tags(board)) >= len(STACK), 10, lambda: str(tags(board)))
    wait_for(lambda: lamp(board), 10, "the lamp")
    first = next(n for n, out in enumerate(board.outputs()) if out.get("kind") == "tag")
    assert lamp(board)[0] > first, "light before the event was on flash"
    for uid in STACK:
        board.send("desk", "remove", uid=uid)
    wait_for(lambda: len(tags(board)) == 2 * len(STACK), 10, lambda: str(tags(board)))


def test_a_card_that_no_gateway_has_looked_at_calls_for_attention(
    start: Callable[..., BoardProcess],
) -> None:
    """One beep when it is on flash; then, as nobody answers, a short one every two seconds."""
    board = start("desk")
    wait_for(board.accepted, 20, "the boot")
    board.send("desk", "place", uid=STACK[0])
    wait_for(lambda: sounds(board, "lamp") == 1, 10, "the beep")
    assert len(tags(board)) == 1
    wait_for(lambda: sounds(board, "lamp") >= 3, 10, "the call")


def test_a_box_carried_out_with_the_link_down_sounds_the_siren(
    start: Callable[..., BoardProcess],
) -> None:
    board = start("gate")
    wait_for(board.accepted, 20, "the boot")
    epc = "e2801170000002aabbccddee"
    board.send("gate-in", "enter", epc=epc, rssi=-50)
    wait_for(lambda: sounds(board, "siren") == 1, 10, "the beep for who comes")
    board.send("gate-out", "enter", epc=epc, rssi=-44)
    wait_for(lambda: sounds(board, "siren") >= 5, 10, "the alarm")
    assert {record["kind"] for record in board.accepted() if record["lane"] == "event"} >= {"tag"}


def test_a_safe_that_stays_open_calls(
    start: Callable[..., BoardProcess],
) -> None:
    board = start("safe", contact={"open_ms": 1000})
    board.send("safe-door", "open")
    wait_for(lambda: sounds(board, "lamp") >= 2, 20, "the call")


def test_a_sensor_that_is_lost_shows_on_the_lamp_and_makes_no_sound(
    start: Callable[..., BoardProcess],
) -> None:
    board = start("climate")
    board.send("t2", "fault", kind="absent")
    wait_for(lambda: len(lamp(board)) >= 2, 30, "the lamp")
    assert sounds(board, "lamp") == 0


def test_a_cart_of_boxes_at_a_gate_that_stutters(start: Callable[..., BoardProcess]) -> None:
    """More boxes than a small node can follow: as many as it can are, and the rest is a fault."""
    board = start("gate")
    wait_for(board.accepted, 20, "the boot")
    for kind in ("split", "garbage"):
        board.send("gate-out", "fault", kind=kind, on=True)
    for n in range(60):
        board.send("gate-in", "enter", epc=f"e2801170000002{n:010x}", rssi=-50)
        board.send("gate-out", "enter", epc=f"e2801170000002{n:010x}", rssi=-60)
    wait_for(lambda: len(tags(board)) >= 4 * 32, 30, lambda: f"{len(tags(board))} events")
    assert board.running
    assert [out for out in board.outputs() if "MemoryError" in out.get("text", "")] == []
