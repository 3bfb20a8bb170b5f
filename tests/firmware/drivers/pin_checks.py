"""Contacts, inputs, relays and signals: drivers and tasks on an emulated board."""

import asyncio

from strongroom_esp32.hal import Board
from strongroom_node.drivers import contact, digital_input, relay, signal
from strongroom_node.errors import ConfigError
from strongroom_node.tasks import contact as contact_task
from strongroom_node.tasks import input as input_task
from strongroom_sim.bench import bench
from strongroom_sim.chips.gpio import Switch


def board():
    """Return an ESP32 on a bare bench."""
    bench.clear()
    made = Board()
    made._settings = {"board": "esp32-sim"}
    return made


class Node:
    """Takes what a task reports."""

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


def no_beat():
    pass


def check_contact_follows_its_switch():
    b = board()
    door = Switch(4, on=True, bounce=False)
    c = contact.create(b, {"id": "door", "pin": 4, "closed": 0})
    assert c.value() is False
    door.do_open()
    assert c.value() is True
    door.do_fault("short")
    assert c.value() is False
    door.do_fault("short", on=False)
    assert c.value() is True


def check_contact_whose_closed_level_is_high():
    b = board()
    door = Switch(4, on=True, active=1, bounce=False)
    c = contact.create(b, {"id": "door", "pin": 4, "closed": 1, "pull": "down"})
    assert c.value() is False
    door.do_fault("cut")
    assert c.value() is True, "a cut wire must look like an open door"


def check_input_follows_its_switch():
    b = board()
    beam = Switch(4, bounce=False)
    i = digital_input.create(b, {"id": "beam", "pin": 4})
    assert i.value() is False
    beam.do_set(True)
    assert i.value() is True


def check_relay_is_off_from_its_first_moment():
    for active in (0, 1):
        b = board()
        seen = []
        bench.pins[26].listen(lambda n, level, seen=seen: seen.append(level))
        r = relay.create(b, {"id": "dry", "pin": 26, "active": active})
        assert seen == [1 - active], "the first level an active-%d relay sees" % active
        assert r.on is False
        r.set(True)
        assert r.on is True
        r.set(False)
        assert seen == [1 - active, active, 1 - active]


def check_signal_drives_buzzer_and_lamp():
    b = board()
    s = signal.create(b, {"id": "lamp", "pin": 27, "led": 25})
    levels = []
    for sound, light in ((0, 0), (1, 0), (0, 1), (1, 1), (0, 0)):
        s.set(sound, light)
        levels.append((bench.pins[27].level, bench.pins[25].level))
    assert levels == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 0)]
    only_led = signal.create(board(), {"id": "lamp", "led": 25})
    only_led.set(True, True)
    assert bench.pins[25].level == 1
    try:
        signal.create(board(), {"id": "lamp"})
    except ConfigError as e:
        assert "lamp" in str(e)
    else:
        raise AssertionError("a signal without pins was accepted")


async def check_contact_task_reports_once_per_change():
    b = board()
    door = Switch(4, on=True)
    node = Node()
    cfg = {"id": "door", "type": "contact", "pin": 4}
    driver = contact.create(b, cfg)
    task = asyncio.create_task(contact_task.run(node, "door", driver, cfg, no_beat))
    await until(lambda: len(node.events) == 1, "no state at the start")
    for count, act in ((2, door.do_open), (3, door.do_close), (4, door.do_open)):
        act()
        await until(lambda count=count: len(node.events) == count, "change %d not seen" % count)
    task.cancel()
    assert [kind for kind, _ in node.events] == ["contact"] * 4
    assert [fields["open"] for _, fields in node.events] == [False, True, False, True]
    for _, fields in node.events:
        assert set(fields) == {"input", "open", "edges"}
        assert fields["input"] == "door"
    assert node.events[0][1]["edges"] == 0
    assert all(fields["edges"] >= 1 for _, fields in node.events[1:])


async def check_contact_task_complains_of_a_door_that_stays_open():
    class Listening(Node):
        def __init__(self):
            super().__init__()
            self.clock = self
            self.now = 0
            self.rules = {}

        def mono(self):
            return self.now

        def complain(self, signal, name, rule):
            self.rules[(signal, name)] = rule

    b = board()
    door, node = Switch(4, on=True), Listening()
    driver = contact.create(b, {"id": "door", "pin": 4})
    cfg = {"id": "door", "pin": 4, "alarm": "lamp", "open_ms": 60000}
    task = asyncio.create_task(contact_task.run(node, "door", driver, cfg, no_beat))
    await until(lambda: len(node.events) == 1, "no state at the start")
    rule = node.rules[("lamp", "door")]
    node.now = 5000
    door.do_open()
    await until(lambda: len(node.events) == 2, "the opening was not seen")
    assert (rule.wanted(64999), rule.wanted(65000)) == (None, "attention")
    door.do_close()
    await until(lambda: len(node.events) == 3, "the closing was not seen")
    assert rule.wanted(65000) is None
    task.cancel()


async def check_a_flicker_is_counted_and_not_reported():
    b = board()
    door = Switch(4, on=True, bounce=False)
    node = Node()
    cfg = {"id": "door", "type": "contact", "pin": 4}

    class Samples:
        """A contact read from a list: two short openings, then a real one."""

        def __init__(self):
            self.left = [0] * 8 + [1] * 4 + [0] * 6 + [1] * 2 + [0] * 8 + [1] * 9

        def value(self):
            return self.left.pop(0) if self.left else 1

    task = asyncio.create_task(
        contact_task.run(node, "door", Samples(), {"poll_ms": 1, "id": "door"}, no_beat)
    )
    await until(lambda: len(node.events) == 2, "the opening was not seen")
    task.cancel()
    assert [(f["open"], f["edges"]) for _, f in node.events] == [(False, 0), (True, 5)]
    assert door.level() == 0 and contact.create(b, cfg).value() is False


async def check_input_task_reports_on_and_off():
    b = board()
    beam = Switch(4)
    node = Node()
    driver = digital_input.create(b, {"id": "beam", "pin": 4})
    task = asyncio.create_task(input_task.run(node, "beam", driver, {}, no_beat))
    await until(lambda: len(node.events) == 1, "no state at the start")
    beam.do_set(True)
    await until(lambda: len(node.events) == 2, "the beam was not seen")
    task.cancel()
    assert node.events == [
        ("input", {"input": "beam", "on": False, "value": None}),
        ("input", {"input": "beam", "on": True, "value": None}),
    ]


def check_switch_bounces_and_settles():
    now = [1000]
    bench.clear()
    bench.set_clock(lambda: now[0])
    door = Switch(4, on=False)
    door.do_close()
    seen = []
    for _ in range(15):
        seen.append(bench.pins[4].level)
        now[0] += 1
    assert seen[-3:] == [0, 0, 0], "closed is low"
    changes = sum(1 for a, b in zip(seen, seen[1:]) if a != b)
    assert changes >= 4, seen
    bench.clear()
