"""The real firmware on emulated boards against a real broker: what happens in the room comes out
on the wire.

Both interpreters, all five kinds of node. Every message heard is decoded by the gateway's strict
decoder.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from strongroom_sim.fleet import KINDS, BoardProcess, make_board
from support.mosquitto import Mosquitto
from support.room_listener import RoomListener
from support.waiting import wait_for

ROOM = "room-1"
UID = "04a1b2c3d4e5f6"
EPC = "e28011700000020a1b2c3d4e"

pytestmark = pytest.mark.needs("mosquitto", "micropython")


@pytest.fixture(params=["micropython", "cpython"])
def interpreter(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def room(broker: Mosquitto) -> Iterator[RoomListener]:
    with RoomListener(broker.port, ROOM) as listening:
        yield listening
    assert listening.refused == []


@pytest.fixture
def start(
    tmp_path: Path, broker: Mosquitto, interpreter: str
) -> Iterator[Callable[[str], BoardProcess]]:
    boards: list[BoardProcess] = []

    def started(kind: str) -> BoardProcess:
        home = tmp_path / f"{kind}-1"
        make_board(
            home, ROOM, f"{kind}-1", kind, {"host": "127.0.0.1", "port": broker.port, "tls": None}
        )
        board = BoardProcess(home, interpreter)
        boards.append(board)
        board.start()
        return board

    yield started
    for board in boards:
        board.stop()
    for board in boards:
        assert board.errors() == "", board.errors()
        assert [out for out in board.outputs() if out.get("level") == "error"] == []


def accepted_keys(board: BoardProcess) -> set:
    return {(board.node, r["lane"], r["boot"], r["seq"]) for r in board.accepted()}


def wait_until_heard(board: BoardProcess, room: RoomListener) -> None:
    """Everything the firmware accepted until now has come through."""
    wanted = accepted_keys(board)
    assert wanted
    wait_for(lambda: wanted <= room.keys, 20, lambda: f"missing {sorted(wanted - room.keys)}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_node_comes_up_and_says_what_it_is(
    kind: str, start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start(kind)
    booted = room.wait("event", "node", lambda body: body.what == "boot")
    assert booted.node == f"{kind}-1"
    info, retained = wait_for(lambda: room.infos and room.infos[0], 10, "the info")
    assert not retained
    assert {capability.id for capability in info.body.capabilities} == {
        device["id"] for device in _devices(board)
    }
    assert any(status.online for status in room.status)
    wait_until_heard(board, room)


def test_the_air_around_the_sensors_is_what_is_measured(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("climate")
    board.send("t1", "set", t=21.25, rh=63.5)
    board.send("t2", "set", t=18.5, rh=41.0)
    near = room.wait(
        "telemetry", "climate", lambda body: body.sensor == "t1" and abs(body.rh - 63.5) < 0.1
    )
    assert near.body.t == pytest.approx(21.25, abs=0.05)
    other = room.wait(
        "telemetry", "climate", lambda body: body.sensor == "t2" and abs(body.rh - 41.0) < 0.1
    )
    assert other.body.t == pytest.approx(18.5, abs=0.05)


def test_a_relay_obeys_a_command_and_drops_when_its_lease_ends(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("climate")
    room.wait("telemetry", "climate", lambda body: body.sensor == "t1")
    room.wait("event", "node", lambda body: body.what == "clock.anchor")
    order = {"id": "dry-1", "relay": "dehumidifier", "on": True, "lease": 1500}
    room.publish(board.node, "command/relay", {**order, "exp": 2_000_000_000_000})
    assert room.wait("event", "command", lambda body: body.id == "dry-1").body.ok
    assert [o["level"] for o in _pin(board, "dehumidifier")][-1:] == [1]
    room.wait("event", "node", lambda body: body.what == "relay.expired")
    wait_for(lambda: _pin(board, "dehumidifier")[-1]["level"] == 0, 5, "the relay is off")


def test_taps_at_the_desk(start: Callable[[str], BoardProcess], room: RoomListener) -> None:
    board = start("desk")
    other = "0411223344aabb"
    board.send("desk", "place", uid=UID)
    seen = room.wait("event", "tag", lambda body: body.act == "seen" and body.id == UID)
    assert (seen.body.reader, seen.body.tech) == ("desk", "hf")
    board.send("desk", "place", uid=other)  # two cards in the field at once
    room.wait("event", "tag", lambda body: body.act == "seen" and body.id == other)
    board.send("desk", "remove", uid=UID)
    room.wait("event", "tag", lambda body: body.act == "gone" and body.id == UID)
    board.send("desk", "remove", uid=other)
    room.wait("event", "tag", lambda body: body.act == "gone" and body.id == other)
    assert {one.body.id for one in room.of("event", "tag")} == {UID, other}


def test_a_tag_through_the_gate_is_heard_inside_then_outside(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("gate")
    board.send("gate-in", "fault", kind="split", on=True)
    board.send("gate-in", "enter", epc=EPC, rssi=-48)
    inner = room.wait("event", "tag", lambda body: body.ant == "inner" and body.act == "seen")
    assert (inner.body.id, inner.body.tech, inner.body.rssi) == (EPC, "uhf", -48)
    board.send("gate-out", "enter", epc=EPC, rssi=-52)
    outer = room.wait("event", "tag", lambda body: body.ant == "outer")
    assert outer.body.rssi == -52
    assert outer.body.reader == inner.body.reader == "gate"
    board.send("gate-in", "leave", epc=EPC)
    board.send("gate-out", "leave", epc=EPC)
    inside, outside = (
        room.wait("event", "tag", lambda body, ant=ant: body.act == "gone" and body.ant == ant)
        for ant in ("inner", "outer")
    )
    assert inside.body.n >= 1 and outside.body.n >= 1


def test_the_safe_door_opens_once_however_its_contact_bounces(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("safe")
    room.wait("event", "node", lambda body: body.what == "boot")
    board.send("safe-door", "open")
    opened = room.wait("event", "contact", lambda body: body.open)
    assert opened.body.input == "safe-door"
    board.send("safe-door", "close")
    room.wait("event", "contact", lambda body: not body.open and body.edges > 0)
    assert len([one for one in room.of("event", "contact") if one.body.open]) == 1


def test_a_carriage_moves_and_stops_at_its_end(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("shelf")
    board.send("bank-a", "move", channel=0, mm=600)
    board.send("bank-a", "move", channel=1, mm=1500)
    room.wait("event", "node", lambda body: body.what == "boot")
    for mm in range(580, -1, -20):
        board.send("bank-a", "move", channel=0, mm=mm)
    stopped = room.wait(
        "event",
        "shelf",
        lambda body: body.carriage == 1 and body.state == "stopped" and body.end == "low",
    )
    assert stopped.body.mm == pytest.approx(0, abs=10)


def test_a_sensor_with_wrong_checksums_is_lost_and_comes_back(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("climate")
    room.wait("telemetry", "climate", lambda body: body.sensor == "t2")
    board.send("t2", "fault", kind="crc", on=True)
    fault = room.wait("event", "node", lambda body: body.what == "driver.fault")
    assert (fault.body.device, fault.body.why) == ("t2", "crc")
    room.wait("event", "node", lambda body: body.what == "sensor.lost" and body.device == "t2")
    board.send("t2", "fault", kind="crc", on=False)
    room.wait("event", "node", lambda body: body.what == "sensor.back" and body.device == "t2")


@pytest.mark.parametrize("interpreter", ["micropython"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "device", "fault", "why"),
    [
        ("climate", "t2", "absent", "absent"),
        ("desk", "desk", "absent", "absent"),
        ("gate", "gate-in", "silent", "timeout"),
        ("shelf", "bank-a", "wire0", "carriage 1: range"),
    ],
)
def test_what_fails_is_told_by_name_and_so_is_that_it_works_again(
    kind: str,
    device: str,
    fault: str,
    why: str,
    start: Callable[[str], BoardProcess],
    room: RoomListener,
) -> None:
    board = start(kind)
    room.wait("event", "node", lambda body: body.what == "clock.anchor")
    board.send(device, "fault", kind=fault, on=True)
    told = room.wait("event", "node", lambda body: body.what == "driver.fault", 30)
    assert (told.body.device, told.body.why) == (device, why)
    board.send(device, "fault", kind=fault, on=False)
    room.wait("event", "node", lambda body: body.what == "driver.ok", 30)


def test_taps_while_the_network_is_cut_come_later(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("desk")
    room.wait("event", "node", lambda body: body.what == "boot")
    board.send("board", "network_cut", on=True)
    board.send("desk", "place", uid=UID)
    wait_for(lambda: _taps(board), 10, "the tap is accepted")
    assert room.of("event", "tag") == []
    board.send("board", "network_cut", on=False)
    room.wait("event", "tag", lambda body: body.id == UID)
    wait_until_heard(board, room)


def test_a_reset_connection_is_made_again(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("desk")
    wait_for(lambda: room.infos, 15, "the first info")
    board.send("board", "network_cut", on=True, how="reset")
    wait_for(lambda: not room.status[-1].online, 15, "the will")
    board.send("board", "network_cut", on=False)
    wait_for(lambda: len(room.infos) >= 2, 20, "an info of the second connection")


@pytest.mark.parametrize("by", ["board", "fleet"])
def test_a_power_cut_loses_nothing_that_was_accepted(
    by: str, start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("desk")
    room.wait("event", "node", lambda body: body.what == "boot")
    board.send("board", "network_cut", on=True)
    board.send("desk", "place", uid=UID)
    wait_for(lambda: _taps(board), 10, "the tap is accepted")
    if by == "board":
        board.send("board", "power_cut")
        wait_for(lambda: not board.running, 10, "the board is gone")
        assert board.status == -9
    else:
        board.kill()
    board.start()
    tap = room.wait("event", "tag", lambda body: body.id == UID, 20)
    boots = {one.boot for one in room.of("event", "node") if one.body.what == "boot"}
    wait_for(
        lambda: len({o.boot for o in room.of("event", "node") if o.body.what == "boot"}) == 2,
        20,
        "the second boot",
    )
    assert tap.boot in boots
    wait_until_heard(board, room)
    # The card still lies on the reader: the fresh board finds it again.
    wait_for(lambda: len({o.boot for o in room.of("event", "tag")}) == 2, 15, "the card again")


def test_a_node_without_a_clock_gets_the_gateway_s_and_anchors_it(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    start("safe")
    booted = room.wait("event", "node", lambda body: body.what == "boot")
    assert (booted.ts, booted.clk) == (None, "none")
    anchor = room.wait("event", "node", lambda body: body.what == "clock.anchor")
    assert anchor.body.source == "gateway"
    assert abs(anchor.body.at_ts - anchor.received) < 10_000


def test_a_node_with_a_battery_knows_the_time_from_the_start(
    start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start("safe")
    room.wait("event", "node", lambda body: body.what == "boot")
    board.send("board", "clock_set")
    wait_for((board.directory / "rtc-battery").exists, 5, "the battery")
    board.kill()
    board.start()
    booted = wait_for(
        lambda: next((o for o in room.of("event", "node") if o.clk == "rtc"), None), 15, "a boot"
    )
    assert booted.body.what == "boot"
    assert abs(booted.ts - booted.received) < 10_000


def test_the_board_ends_with_its_input(start: Callable[[str], BoardProcess]) -> None:
    board = start("safe")
    wait_for(board.accepted, 15, "the board runs")
    board.stop()
    assert board.status == 0


def _devices(board: BoardProcess) -> list[dict]:
    import json

    return json.loads((board.directory / "node.json").read_text())["devices"]


def _pin(board: BoardProcess, device: str) -> list[dict]:
    return [out for out in board.outputs() if out["out"] == "pin" and out["dev"] == device]


@pytest.mark.parametrize("interpreter", ["micropython"], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
def test_a_node_needs_no_more_than_64_kb_of_an_esp32(
    kind: str, start: Callable[[str], BoardProcess], room: RoomListener
) -> None:
    board = start(kind)
    room.wait("event", "node", lambda body: body.what == "clock.anchor")
    wait_until_heard(board, room)
    board.send("board", "heap")
    used = wait_for(
        lambda: next((out for out in board.outputs() if out["out"] == "heap"), None), 10, "the heap"
    )
    words = 2  # a 64-bit word here for a 32-bit word there
    assert 10_000 < used["node"] <= 64 * 1024 * words, used
    assert used["emulation"] <= 24 * 1024 * words, used


def _taps(board: BoardProcess) -> list[dict]:
    return [record for record in board.accepted() if record["kind"] == "tag"]
