"""Rolling carriages: draw wires on an emulated ADS1115, end stops, the task on top."""

import asyncio

from strongroom_esp32.hal import Board
from strongroom_node.drivers import ads1115_shelf
from strongroom_node.errors import ConfigError, DriverError
from strongroom_node.tasks import shelf as shelf_task
from strongroom_sim.bench import bench
from strongroom_sim.chips.ads1115 import Ads1115
from strongroom_sim.chips.gpio import Switch

CARRIAGES = (
    {
        "channel": 0,
        "mm_at_0": -200,
        "mm_at_full": 2000,
        "low_pin": 32,
        "low_mm": 0,
        "high_pin": 33,
        "high_mm": 1800,
    },
    {"channel": 3, "mm_at_0": 2400, "mm_at_full": 400},
)


def build(**more):
    """Return (driver, chip, low stop, high stop)."""
    bench.clear()
    board = Board()
    board._settings = {"board": "esp32-sim"}
    chip = Ads1115({c["channel"]: (c["mm_at_0"], c["mm_at_full"]) for c in CARRIAGES})
    bench.i2c[0].attach(0x48, chip)
    low, high = Switch(32, bounce=False), Switch(33, bounce=False)
    chip.do_move(0, 900)
    chip.do_move(3, 1000)
    cfg = {"id": "bank-a", "bus": "i2c0", "addr": 72, "carriages": list(CARRIAGES)}
    cfg.update(more)
    return ads1115_shelf.create(board, cfg), chip, low, high


async def error(driver, carriage=1):
    try:
        mm = await driver.position(carriage)
    except DriverError as e:
        assert e.device == "bank-a"
        return e.kind
    raise AssertionError("read %r" % mm)


class Canned:
    """A bus with an ADS1115 played from bytes."""

    def __init__(self, answers):
        self.answers = answers
        self.written = []

    def write(self, addr, data):
        self.written.append((addr, bytes(data)))

    def read(self, addr, n):
        return self.answers.pop(0)

    def recover(self):
        return True


async def check_bytes_of_a_conversion():
    # At +-4.096 V the value 0x4000 is 2.048 V. The config says busy first, then idle.
    bus = Canned([b"\x73\x83", b"\xf3\x83", b"\x40\x00"])
    chip = ads1115_shelf.I2cDevice(bus, 0x49, "bank-a")
    one = ads1115_shelf.Carriage({"channel": 3, "mm_at_0": 0, "mm_at_full": 4096}, None, None)
    bank = ads1115_shelf.Ads1115Shelf(chip, [one], 4096, 40)
    assert await bank.read() == [(1, 2048)]
    assert bus.written[0] == (0x49, b"\x01\xf3\x83")
    assert bus.written[-1] == (0x49, b"\x00")


async def check_positions_over_the_whole_way():
    driver, chip, _, _ = build()
    assert driver.count == 2
    for first, second in ((0, 600), (1, 1000), (912, 1234), (1799, 2200)):
        chip.do_move(0, first)
        chip.do_move(3, second)
        assert await driver.read() == [(1, first), (2, second)]


async def check_end_stops():
    driver, chip, low, high = build()
    assert driver.end(1) == "none"
    assert driver.end(2) == "none"
    chip.do_move(0, 3)
    low.do_set(True)
    assert (driver.end(1), await driver.position(1)) == ("low", 3)
    low.do_set(False)
    chip.do_move(0, 1795)
    high.do_set(True)
    assert (driver.end(1), await driver.position(1)) == ("high", 1795)


async def check_stop_against_wire():
    driver, chip, low, high = build()
    low.do_set(True)
    assert await error(driver) == "disagree"
    assert await driver.position(2) == 1000, "the other carriage still counts"
    chip.do_move(0, 40)
    assert await driver.position(1) == 40
    chip.do_move(0, 42)
    assert await error(driver) == "disagree"
    chip.do_move(0, 0)
    high.do_set(True)
    assert await error(driver) == "disagree", "both ends at once"


async def check_broken_wire():
    driver, chip, _, _ = build()
    chip.do_fault("wire0")
    assert await error(driver) == "range"
    assert await driver.position(2) == 1000
    chip.do_fault("wire0", on=False)
    assert await driver.position(1) == 900
    chip.do_set(0, 3295)  # wiper shorted to the supply
    assert await error(driver) == "range"
    chip.do_set(0, -12)
    assert await error(driver) == "range"


async def check_converter_faults():
    driver, chip, _, _ = build()
    for fault, kinds in (("absent", ("absent",)), ("nak", ("nak",)), ("busy", ("timeout",))):
        chip.do_fault(fault)
        assert await error(driver) in kinds, fault
        chip.do_fault(fault, on=False)
        assert await driver.position(1) == 900
    bench.i2c[0].hold_low(9)
    assert await driver.position(1) == 900


async def check_power_lost_in_mid_conversion():
    driver, chip, _, _ = build()
    waiting = asyncio.create_task(driver.position(1))
    await asyncio.sleep(0)
    assert chip.writes == 1
    chip.do_brown_out()
    try:
        mm = await waiting
    except DriverError as e:
        assert e.kind == "timeout"
    else:
        raise AssertionError("a chip that lost its settings gave %r" % mm)
    assert await driver.position(1) == 900


def check_settings_that_cannot_be():
    for wrong, word in (
        ({"carriages": [{"channel": 4, "mm_at_0": 0, "mm_at_full": 1}]}, "channel"),
        ({"carriages": [{"channel": 0, "mm_at_0": 7, "mm_at_full": 7}]}, "differ"),
        ({"carriages": [{"channel": 0, "mm_at_0": 0, "mm_at_full": 1, "low_pin": 32}]}, "low_mm"),
        ({"carriages": []}, "1 to 4"),
    ):
        try:
            build(**wrong)
        except ConfigError as e:
            assert word in str(e), str(e)
        else:
            raise AssertionError("accepted %r" % wrong)


def play(track, positions, step_ms=100, start=0):
    """Return [(ms, mm, state)] of what a track reports for positions read every `step_ms`."""
    told = []
    for i, mm in enumerate(positions):
        state = track.update(mm, start + i * step_ms)
        if state is not None:
            told.append((start + i * step_ms, mm, state))
    return told


def check_track_tells_a_movement():
    rolling = [0] * 10 + [i * 30 for i in range(1, 41)] + [1200] * 30
    told = play(shelf_task.Track({}), rolling)
    assert told[0] == (0, 0, "stopped")
    assert told[1] == (1000, 30, "moving")
    assert told[-1] == (6400, 1200, "stopped"), told
    moving = [at for at, _, state in told if state == "moving"]
    gaps = [b - a for a, b in zip(moving, moving[1:])]
    assert min(gaps) >= 500, gaps
    assert len(moving) >= 8, "about twice a second on the way"
    assert [state for _, _, state in told].count("stopped") == 2


def check_track_ignores_noise():
    wavering = [500, 503, 498, 504, 496] * 40
    assert play(shelf_task.Track({}), wavering) == [(0, 500, "stopped")]


def check_track_sees_a_slow_push():
    told = play(shelf_task.Track({}), [i // 4 for i in range(200)] + [50] * 40)
    assert [s for _, _, s in told][:2] == ["stopped", "moving"]
    assert told[1][1] == 15
    assert told[-1][2] == "stopped"
    assert 50 - told[-1][1] < 15, "the last report is within a step of where it stands"


def check_track_over_a_pause_on_the_way():
    told = play(shelf_task.Track({}), [0] + [300] * 10 + [600] * 20)
    assert [s for _, _, s in told].count("stopped") == 2, "a second's rest is not a stop"
    assert told[-1][1:] == (600, "stopped")


class Node:
    def __init__(self):
        self.events = []

    def emit(self, kind, fields):
        self.events.append((kind, fields))


async def until(condition, what):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(what)


async def check_task_reports_movements_and_faults():
    driver, chip, low, _ = build()
    node = Node()
    cfg = {"poll_ms": 5, "settle_ms": 100, "fails": 2}
    task = asyncio.create_task(shelf_task.run(node, "bank-a", driver, cfg, lambda: None))
    await until(lambda: len(node.events) == 2, "no positions at the start")
    assert [e[1]["carriage"] for e in node.events] == [1, 2]
    chip.do_move(0, 0)
    low.do_set(True)
    await until(lambda: len(node.events) >= 4, "no stop")
    kinds = [
        (e[1]["state"], e[1]["mm"], e[1]["end"]) for e in node.events if e[1].get("carriage") == 1
    ]
    assert kinds[0] == ("stopped", 900, "none")
    assert kinds[1][0] == "moving"
    assert kinds[-1] == ("stopped", 0, "low")
    for _, fields in node.events:
        assert set(fields) == {"bank", "carriage", "mm", "state", "end"}
    count = len(node.events)
    chip.do_fault("wire3")
    await until(lambda: len(node.events) > count, "broken wire not told")
    assert node.events[-1] == (
        "node",
        {"what": "driver.fault", "device": "bank-a", "why": "carriage 2: range"},
    )
    chip.do_move(0, 400)
    low.do_set(False)
    await until(lambda: node.events[-1][1].get("state") == "stopped", "carriage 1 went unseen")
    chip.do_fault("wire3", on=False)
    await until(lambda: node.events[-1][1].get("what") == "driver.ok", "return not told")
    told = [e[1]["what"] for e in node.events if e[0] == "node"]
    assert told == ["driver.fault", "driver.ok"]
    chip.do_fault("wire0")
    chip.do_fault("wire3")
    await until(lambda: [e[0] for e in node.events].count("node") == 4, "two wires not told")
    chip.do_fault("wire0", on=False)
    chip.do_move(0, 900)
    await until(lambda: node.events[-1][1].get("state") == "stopped", "carriage 1 not back")
    told = [e[1]["what"] for e in node.events if e[0] == "node"]
    assert told[2:] == ["driver.fault", "driver.fault"], "not well while one wire is broken"
    chip.do_fault("wire3", on=False)
    await until(lambda: node.events[-1][1].get("what") == "driver.ok", "return not told")
    task.cancel()
