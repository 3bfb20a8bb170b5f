"""The climate task: readings, one word on loss, one on return, and a steady pace."""

import asyncio

from strongroom_node.compat import ticks_add
from strongroom_node.errors import DriverError
from strongroom_node.tasks import climate, pace


class Node:
    """Takes what a task reports."""

    def __init__(self):
        self.events = []
        self.readings = []
        self.rule = None

    def complain(self, signal, name, rule):
        assert (signal, name) == ("lamp", "t1")
        self.rule = rule

    def emit(self, kind, fields):
        self.events.append((kind, fields))

    def measure(self, kind, fields):
        self.readings.append((kind, fields))


class Sensor:
    """Answers from a list: a reading, or the kind of an error; the last entry for ever."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = 0

    async def read(self):
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, str):
            raise DriverError(answer, "t1")
        return {"t": answer, "rh": 50.0}


async def play(answers, cfg):
    """Return the node after the sensor was asked for all its answers."""
    node, sensor = Node(), Sensor(answers)
    settings = {"every_ms": 2}
    settings.update(cfg)
    task = asyncio.create_task(climate.run(node, "t1", sensor, settings, lambda: None))
    for _ in range(1000):
        if sensor.asked > len(answers):
            break
        await asyncio.sleep(0.002)
    else:
        raise AssertionError("asked only %d times" % sensor.asked)
    task.cancel()
    node.readings = node.readings[: len([a for a in answers if not isinstance(a, str)])]
    return node


def said(node):
    return [(f["what"], f["device"], f.get("why")) for kind, f in node.events if kind == "node"]


async def check_readings():
    node = await play([20.1, 20.2], {})
    assert node.events == []
    assert node.readings == [
        ("climate", {"sensor": "t1", "t": 20.1, "rh": 50.0}),
        ("climate", {"sensor": "t1", "t": 20.2, "rh": 50.0}),
    ]


async def check_a_passing_fault_is_silent():
    node = await play([20.0, "crc", "crc", 20.1, "crc", "nak", 20.2], {})
    assert said(node) == []
    assert len(node.readings) == 3


async def check_loss_and_return_are_said_once():
    node = await play([20.0] + ["absent"] * 9 + [20.5] * 3, {})
    assert said(node) == [
        ("driver.fault", "t1", "absent"),
        ("sensor.lost", "t1", None),
        ("driver.ok", "t1", None),
        ("sensor.back", "t1", None),
    ]
    assert [f["t"] for _, f in node.readings] == [20.0, 20.5, 20.5, 20.5]


async def check_a_lost_sensor_shows_on_the_lamp():
    node = await play([20.0, "crc", "crc"] + [20.0], {"alarm": "lamp"})
    assert node.rule.wanted(0) is None
    node = await play(["absent"] * 4, {"alarm": "lamp"})
    assert node.rule.wanted(0) == "notice"
    node = await play(["absent"] * 4 + [20.0, 20.0], {"alarm": "lamp"})
    assert node.rule.wanted(0) is None
    assert (await play(["absent"] * 4, {})).rule is None


async def check_the_limit_is_a_setting():
    for fails, lost in ((1, True), (4, False)):
        node = await play(["crc"] * 3 + [20.0], {"fails": fails})
        assert ("sensor.lost" in [w for w, _, _ in said(node)]) is lost


async def check_a_sensor_that_never_was_there():
    node = await play(["absent"] * 5, {})
    assert said(node) == [("driver.fault", "t1", "absent"), ("sensor.lost", "t1", None)]


PERIOD = ticks_add(0, -1) + 1  # where the ticks of this interpreter wrap


class Ticks:
    """Stands in for the clock of `pace`, which then takes no time at all."""

    def __init__(self, start=0):
        self.now = start

    def __enter__(self):
        self.saved = (pace.ticks_ms, pace.sleep_ms)
        pace.ticks_ms, pace.sleep_ms = self.ticks_ms, self.sleep_ms
        return self

    def __exit__(self, *_):
        pace.ticks_ms, pace.sleep_ms = self.saved

    def ticks_ms(self):
        return self.now % PERIOD

    async def sleep_ms(self, ms):
        self.now += ms


async def check_a_long_wait_shows_life():
    beats = []
    with Ticks() as ticks:
        await pace.rest(10300, lambda: beats.append(ticks.now))
        assert ticks.now == 10300
    gaps = [b - a for a, b in zip([0] + beats, beats)]
    assert max(gaps) <= 500 and beats[-1] == 10300, beats


async def check_pace_does_not_drift():
    # The ticks wrap in between.
    with Ticks(PERIOD - 200) as ticks:
        start = ticks.now
        cadence = pace.Cadence(50)
        turns = []
        for _ in range(8):
            ticks.now += 20  # what the loop does in between
            await cadence.next(lambda: None)
            turns.append(ticks.now - start)
        assert turns == [50, 100, 150, 200, 250, 300, 350, 400]
        ticks.now += 170  # three turns late: they are not made up for
        await cadence.next(lambda: None)
        await cadence.next(lambda: None)
        assert ticks.now - start == 400 + 170 + 50
