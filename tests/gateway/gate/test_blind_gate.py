"""A gate that cannot hear is an alarm of its own: nobody else would say so."""

import pytest
from support.outcome import Outcome
from support.sensing import PLAIN, T0, Nodes, room

BLIND = "gate.blind:exit"
SECOND = 1_000


class Site:
    """A gate of two readers on one node, heard at the start."""

    def __init__(self, **gate):
        self.sections = {"gate": [PLAIN["gate"][0] | gate]}
        self.nodes = Nodes()
        self.room = room(**self.sections)
        self.out = Outcome(self.room).take(self.room.start(T0))
        self.now = T0
        info = self.nodes.info("g1", T0)
        info.body.capabilities[:] = [
            type(info.body.capabilities[0])(*one)
            for one in (("gate-in", "r200", "uhf"), ("gate-out", "r200", "uhf"),
                        ("t9", "sht4x", "climate"), ("desk", "mfrc522", "hf"))
        ]  # fmt: skip
        self.out.take(self.room.info(info, T0))
        self.say("boot", cause="power")

    def say(self, what, **fields):
        self.out.feed(self.nodes.node_event("g1", what, self.now, **fields))
        return self

    def wait(self, seconds, alive=True):
        for _ in range(seconds):
            self.now += SECOND
            if alive and self.now % (5 * SECOND) == 0:
                self.out.feed(self.nodes.climate("g1/t9", 20, 50, self.now))
            self.out.at(self.now)
        return self

    @property
    def states(self):
        return [state for _, state in self.out.states(BLIND)]


@pytest.mark.parametrize("device", ["gate-in", "gate-out"])
def test_a_reader_that_stops_is_told_and_ends_when_it_reads_again(device):
    site = Site().wait(90)
    assert site.states == []
    site.say("driver.fault", device=device, why="no answer").wait(3)
    alarm = site.out.alarms()[BLIND]
    assert alarm.priority == "high"
    assert device in alarm.text
    assert "no answer" in alarm.text
    assert alarm.why["devices"] == [device]
    site.wait(600)
    assert site.states == ["UNACK"]
    site.say("driver.ok", device=device)
    assert site.states == ["UNACK", "RTNUN"]


def test_it_hears_again_only_when_both_readers_do():
    site = Site().say("driver.fault", device="gate-in", why="dead").wait(5)
    site.say("driver.fault", device="gate-out", why="dead").wait(5)
    site.say("driver.ok", device="gate-in").wait(5)
    assert site.states == ["UNACK"]
    site.say("driver.ok", device="gate-out")
    assert site.states == ["UNACK", "RTNUN"]


def test_a_fresh_start_that_is_over_at_once_calls_nobody():
    site = Site().say("driver.fault", device="gate-in", why="it works again, fresh starts: 3")
    site.say("driver.ok", device="gate-in").wait(60)
    assert site.states == []


def test_a_climate_sensor_of_the_same_node_does_not_make_the_gate_blind():
    site = Site().say("sensor.lost", device="t9").wait(60)
    assert "sensor.lost:g1.t9" in site.out.alarms()
    assert site.states == []


def test_devices_may_be_named():
    site = Site(devices=["scanner"]).say("driver.fault", device="gate-in", why="dead").wait(60)
    assert site.states == []
    site.say("driver.fault", device="scanner", why="dead").wait(5)
    assert site.states == ["UNACK"]


def test_a_silent_node_makes_its_gate_blind_although_it_hides_the_alarms_of_its_devices():
    site = Site().wait(30).wait(300, alive=False)
    assert {"node.silent:g1", BLIND} <= set(site.out.alarms())
    assert site.out.alarms()[BLIND].why["silent"]
    site.wait(10)
    assert site.states == ["UNACK", "RTNUN"]


def test_a_node_that_was_never_heard_makes_its_gate_blind_after_the_grace():
    there = room()
    out = Outcome(there).take(there.start(T0)).at(T0 + 59_000)
    assert out.states(BLIND) == []
    out.at(T0 + 60_000)
    assert out.states(BLIND) == [(BLIND, "UNACK")]
    out.feed(Nodes().read("e2000001", "inner", T0 + 70_000))
    assert out.states(BLIND)[-1] == (BLIND, "RTNUN")


def test_a_node_that_starts_again_says_anew_what_is_wrong():
    site = Site().say("driver.fault", device="gate-in", why="dead").wait(5)
    site.nodes.boot = 2
    site.say("boot", cause="power")
    assert site.states == ["UNACK", "RTNUN"]
    site.say("driver.fault", device="gate-in", why="dead").wait(5)
    assert site.states[-1] == "UNACK"


def test_after_a_restart_it_is_still_blind_and_told_once():
    site = Site().say("driver.fault", device="gate-in", why="dead").wait(5)
    there = room(site.room.rows(), **site.sections)
    out = Outcome(there).take(there.start(site.now))
    for n in range(30):
        out.feed(site.nodes.climate("g1/t9", 20, 50, site.now + 5_000 * n))
    assert BLIND in out.alarms()
    assert out.states(BLIND) == []
    out.feed(site.nodes.node_event("g1", "driver.ok", site.now + 200_000, device="gate-in"))
    assert out.states(BLIND) == [(BLIND, "RTNUN")]
