"""What stands around a board is remembered while it has no power; what was taken away is not."""

import json

from strongroom_sim.script import Standing


def after(*happened) -> list[tuple]:
    standing = Standing()
    for dev, do, args in happened:
        standing.apply(dev, do, args)
    return [
        (order["dev"], order["do"], order["with"]) for order in map(json.loads, standing.lines())
    ]


def test_the_last_value_stands() -> None:
    assert after(("t1", "set", {"t": 20, "rh": 50}), ("t1", "set", {"t": 21, "rh": 51})) == [
        ("t1", "set", {"t": 21, "rh": 51})
    ]


def test_each_card_stands_until_it_is_taken_away() -> None:
    assert after(
        ("desk", "place", {"uid": "0411"}),
        ("desk", "place", {"uid": "0422"}),
        ("desk", "remove", {"uid": "0411"}),
    ) == [("desk", "place", {"uid": "0422"})]


def test_each_carriage_stands_where_it_was_left() -> None:
    assert after(
        ("bank-a", "move", {"channel": 0, "mm": 100}),
        ("bank-a", "move", {"channel": 1, "mm": 900}),
        ("bank-a", "move", {"channel": 0, "mm": 200}),
    ) == [
        ("bank-a", "move", {"channel": 0, "mm": 200}),
        ("bank-a", "move", {"channel": 1, "mm": 900}),
    ]


def test_a_door_is_open_or_shut_never_both() -> None:
    assert after(("d", "close", {}), ("d", "open", {})) == [("d", "open", {})]


def test_a_fault_stands_until_it_is_gone() -> None:
    on = ("t1", "fault", {"kind": "crc", "on": True})
    assert after(on) == [on]
    assert after(on, ("t1", "fault", {"kind": "crc", "on": False})) == []


def test_power_and_network_of_the_board_do_not_stand() -> None:
    assert after(("board", "network_cut", {"on": True}), ("board", "power_cut", {})) == []
