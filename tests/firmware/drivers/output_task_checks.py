"""Relay and signal tasks: leases, interlocks and patterns, from the command to the pin."""

import asyncio

from strongroom_esp32.hal import Board
from strongroom_node.buzzer import ALARM, Flag
from strongroom_node.drivers import relay, signal
from strongroom_node.errors import ConfigError
from strongroom_node.tasks import relay as relay_task
from strongroom_node.tasks import signal as signal_task
from strongroom_sim.bench import bench


class Time:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.now = 1000

    def mono(self):
        return self.now


class Node:
    """The part of the node these tasks lean on."""

    def __init__(self):
        self.clock = Time()
        self.events = []
        self.handlers = {}
        self.last = {}
        self.rules = []
        self.sound_ms = 60000
        self.values = {}
        self.word = 1000

    def emit(self, kind, fields):
        assert kind == "node"
        self.events.append((fields["what"], fields["relay"], fields.get("why")))

    def serve(self, role, device, handler):
        self.handlers[(role, device)] = handler

    def complaints(self, signal):
        return self.rules

    def sensed(self, device):
        return self.last.get(device)

    def reading(self, device, quantity):
        return self.values.get((device, quantity))

    def heard(self):
        return self.word


def board():
    bench.clear()
    made = Board()
    made._settings = {"board": "esp32-sim"}
    return made


def control(**cfg):
    """Return (control, node) of a relay on pin 26."""
    cfg["id"], cfg["pin"] = "dry", 26
    node = Node()
    return relay_task.Control(node, "dry", relay.create(board(), cfg), cfg), node


def on(lease=60000):
    return {"id": "c1", "exp": 0, "relay": "dry", "on": True, "lease": lease}


OFF = {"id": "c2", "exp": 0, "relay": "dry", "on": False, "lease": 0}


def pin():
    return bench.pins[26].level


def check_on_and_off_by_command():
    c, node = control()
    assert c.command(on()) is None and pin() == 1
    assert c.command(OFF) is None and pin() == 0
    assert node.events == [("relay.changed", "dry", "on"), ("relay.changed", "dry", "off")]


def check_a_lease_runs_out():
    c, node = control()
    c.command(on(5000))
    node.clock.now += 4999
    c.tick()
    assert pin() == 1
    node.clock.now += 1
    c.tick()
    assert pin() == 0
    c.tick()
    assert node.events[1:] == [("relay.expired", "dry", None)]


def check_a_renewed_lease_is_no_news():
    c, node = control()
    for _ in range(10):
        c.command(on(5000))
        node.clock.now += 4000
        c.tick()
    assert pin() == 1
    assert len(node.events) == 1


def check_rest_after_running():
    c, node = control(min_off_ms=180000)
    assert "180 s" in c.command(on()) and pin() == 0, "nobody knows when it last ran"
    node.clock.now += 180000
    assert c.command(on()) is None and pin() == 1
    c.command(OFF)
    node.clock.now += 60000
    why = c.command(on())
    assert "120 s" in why and pin() == 0
    node.clock.now += 120000
    assert c.command(on()) is None and pin() == 1


def alone(**cfg):
    """Return a dryer that acts by itself after ten minutes, and lets days of `says` pass."""
    c, node = control(
        needs="t1", alone_by="rh", alone_on=62, alone_off=56, alone_after_ms=600000, **cfg
    )

    def says(humidity, ms=1000):
        for _ in range(max(1, ms // 1000)):
            node.clock.now += 1000
            node.last["t1"] = node.clock.now
            node.values[("t1", "rh")] = humidity
            c.tick()

    return c, node, says


def check_alone_it_runs_by_its_own_thresholds():
    _, node, says = alone()
    says(70, 599000)
    assert pin() == 0, "the gateway may only be slow"
    says(70, 2000)
    assert pin() == 1 and node.events[-1] == ("relay.changed", "dry", "alone")
    says(57, 60000)
    assert pin() == 1
    says(55)
    assert pin() == 0 and node.events[-1] == ("relay.changed", "dry", "alone")
    says(61, 60000)
    assert pin() == 0
    assert len(node.events) == 2


def check_alone_it_gives_way_when_the_gateway_is_heard():
    c, node, says = alone()
    says(70, 700000)
    node.word = node.clock.now
    says(70, 9000)
    assert pin() == 1, "its own lease lasts ten seconds"
    says(70, 2000)
    assert pin() == 0 and node.events[-1] == ("relay.expired", "dry", None)
    says(70, 60000)
    assert pin() == 0, "the gateway has not asked for it"
    assert c.command(on()) is None and pin() == 1


def check_alone_it_still_rests_and_never_runs_blindly():
    c, node, says = alone(min_off_ms=180000, max_on_ms=3600000, fresh_ms=300000)
    says(70, 700000)
    assert pin() == 1
    says(70, 3560000)
    assert node.events[-1] == ("relay.changed", "dry", "max_on") and pin() == 0
    says(70, 100000)
    assert pin() == 0
    says(70, 40000)
    assert pin() == 1
    for _ in range(310):
        node.clock.now += 1000
        c.tick()
    assert pin() == 0 and node.events[-1] == ("relay.changed", "dry", "sensor")


def check_alone_a_heater_goes_the_other_way():
    c, node = control(needs="t1", alone_by="t", alone_on=8, alone_off=10, alone_after_ms=1000)
    node.clock.now += 5000
    node.last["t1"] = node.clock.now
    for value, wanted in ((9, 0), (7.9, 1), (9.5, 1), (10.1, 0)):
        node.values[("t1", "t")] = value
        c.tick()
        assert pin() == wanted, value


def check_alone_needs_its_sensor_and_both_thresholds():
    for cfg in (
        {"alone_by": "rh", "alone_on": 60, "alone_off": 55},
        {"alone_by": "rh", "alone_on": 60, "needs": "t1"},
        {"alone_by": "rh", "alone_on": 60, "alone_off": 60, "needs": "t1"},
    ):
        try:
            control(**cfg)
        except ConfigError:
            continue
        raise AssertionError("it was taken: %s" % cfg)


def check_blind_means_off():
    c, node = control(needs="t1", fresh_ms=300000)
    assert "t1" in c.command(on()) and pin() == 0, "no reading ever"
    node.last["t1"] = node.clock.now
    assert c.command(on(10000000)) is None and pin() == 1
    node.clock.now += 300000
    c.tick()
    assert pin() == 1
    node.clock.now += 1
    c.tick()
    assert pin() == 0
    assert node.events[-1] == ("relay.changed", "dry", "sensor")


def check_the_pin_goes_off_even_when_nothing_can_be_written():
    c, node = control()
    c.command(on(1000))

    def full(kind, fields):
        raise OSError(28, "no space")

    node.emit = full
    node.clock.now += 1000
    try:
        c.tick()
    except OSError:
        pass
    assert pin() == 0


async def check_a_relay_task_that_ends_leaves_the_relay_off():
    node = Node()
    driver = relay.create(board(), {"id": "dry", "pin": 26})
    task = asyncio.create_task(relay_task.run(node, "dry", driver, {"id": "dry"}, lambda: None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert node.handlers[("relay", "dry")](on()) is None
    assert pin() == 1
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    assert pin() == 0


def heard(player, start, ms, step=10):
    """Return the changes [(ms since start, sound, light)] over a stretch of time."""
    changes, last = [], None
    for at in range(0, ms, step):
        now = player.at(start + at)
        if now != last:
            changes.append((at,) + now)
            last = now
    return changes


def check_ok_and_deny_sound_different():
    ok, deny = signal_task.Player(), signal_task.Player()
    ok.play("ok", 0, 0)
    deny.play("deny", 0, 0)
    ok_beeps = [c for c in heard(ok, 0, 3000) if c[1]]
    deny_beeps = [c for c in heard(deny, 0, 3000) if c[1]]
    assert len(ok_beeps) == 1 and ok_beeps[0][0] == 0, "at once, for the person at the desk"
    assert len(deny_beeps) == 3 and deny_beeps[0][0] == 0
    assert ok.at(3000) == deny.at(3000) == (0, 0)


def check_an_alarm_lasts_as_told():
    player = signal_task.Player()
    player.play("alarm", 5000, 100)
    changes = heard(player, 100, 10000)
    assert len([c for c in changes if c[1]]) >= 8
    assert 4400 <= changes[-1][0] <= 5000 and changes[-1][1:] == (0, 0), changes
    player.play("alarm", 0, 0)
    assert [c for c in heard(player, 10000000, 2000) if c[1]], "0 ms is until off"
    player.play("off", 0, 10000000)
    assert heard(player, 10000000, 2000) == [(0, 0, 0)]


def check_a_tap_is_answered_during_an_alarm():
    player = signal_task.Player()
    player.play("alarm", 0, 0)
    player.play("ok", 0, 6000)
    assert heard(player, 6000, 700) == [(0, 1, 1), (80, 0, 1)]
    assert len([c for c in heard(player, 6800, 3000) if c[1]]) >= 4, "and the alarm goes on"


def check_attention_is_mostly_light():
    player = signal_task.Player()
    player.play("attention", 60000, 0)
    loud = sum(player.at(t)[0] for t in range(0, 60000, 10))
    bright = sum(player.at(t)[1] for t in range(0, 60000, 10))
    assert 0 < loud < bright / 5


def check_what_stands_is_shown_when_nothing_else_is():
    player = signal_task.Player()
    player.stand("alarm", 0)
    player.stand("alarm", 500)  # the same again: the pattern goes on
    assert heard(player, 0, 700) == [(0, 1, 1), (400, 0, 0), (600, 1, 1)]
    player.play("attention", 3000, 1000)
    assert len([c for c in heard(player, 1000, 3000) if c[1]]) == 2, "the gateway's word goes first"
    assert len([c for c in heard(player, 4000, 3000) if c[1]]) >= 4
    player.stand("notice", 7000)
    dark = heard(player, 7000, 10000)
    assert len([c for c in dark if c[2]]) == 5 and not [c for c in dark if c[1]], "the lamp alone"
    player.stand(None, 20000)
    assert heard(player, 20000, 3000) == [(0, 0, 0)]


async def check_a_complaint_from_the_rule_to_the_pin_and_off():
    node = Node()
    rule = Flag(ALARM)
    node.rules = [("door", rule)]
    driver = signal.create(board(), {"id": "lamp", "pin": 27, "led": 25})
    task = asyncio.create_task(signal_task.run(node, "lamp", driver, {}, lambda: None))

    async def shows(sound, light):
        for _ in range(200):
            await asyncio.sleep(0.005)
            node.clock.now += 20
            if (bench.pins[27].level, bench.pins[25].level) == (sound, light):
                return
        raise AssertionError("never %d %d" % (sound, light))

    rule.on = True
    await shows(1, 1)
    await shows(0, 0)
    await shows(1, 1)
    node.handlers[("signal", "lamp")]({"pattern": "off", "ms": 0})
    await shows(0, 1)
    sounds = []
    for _ in range(50):
        await asyncio.sleep(0.005)
        node.clock.now += 50
        sounds.append(bench.pins[27].level)
    assert not any(sounds[5:]), sounds
    rule.on = False
    node.clock.now += 200
    await shows(0, 0)
    task.cancel()


async def check_signal_task_from_command_to_pin():
    node = Node()
    driver = signal.create(board(), {"id": "lamp", "pin": 27, "led": 25})
    task = asyncio.create_task(signal_task.run(node, "lamp", driver, {}, lambda: None))
    await asyncio.sleep(0.01)
    command = {"id": "c1", "exp": 0, "signal": "lamp", "pattern": "ok", "text": None, "ms": 0}
    assert node.handlers[("signal", "lamp")](command) is None
    await asyncio.sleep(0.1)
    assert (bench.pins[27].level, bench.pins[25].level) == (1, 1)
    node.clock.now += 100
    await asyncio.sleep(0.1)
    assert (bench.pins[27].level, bench.pins[25].level) == (0, 1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    assert (bench.pins[27].level, bench.pins[25].level) == (0, 0)
