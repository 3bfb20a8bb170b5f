"""Sensors of a zone in the room: what is believed, what is said about the rest."""

from support.climate_room import held
from support.outcome import Outcome
from support.sensing import T0, Nodes

S, MINUTE, HOUR = 1_000, 60_000, 3_600_000


class Story:
    """Lets three sensors report every ten seconds."""

    def __init__(self, there=None, **climate):
        self.nodes, self.now = Nodes(), T0
        self.out = Outcome(there or held(**climate))

    def go(self, minutes, every=10 * S, **says):
        """`t1=(20, 50)` and so on; a sensor that is not named says nothing."""
        for _ in range(round(minutes * MINUTE / every)):
            self.now += every
            for name, (t, rh) in says.items():
                self.out.feed(self.nodes.climate(f"c1/{name}", t, rh, self.now))
        return self

    def standing(self, prefix="climate"):
        return {i for i in self.out.alarms() if i.startswith(prefix)}


def test_a_spike_raises_nothing_and_is_accounted_for():
    story = Story(delay_s=0)
    story.go(1, t1=(20.0, 50.0)).go(1 / 6, t1=(35.0, 50.0)).go(12, t1=(20.0, 50.0))
    assert story.out.states() == []
    ((kind, body),) = story.out.entries("climate.refused")
    assert kind == "climate.refused"
    assert (body["sensor"], body["zone"], body["reasons"]) == ("c1/t1", "store", {"spike": 1})
    assert body["records"] == [[1, 7, 7]]
    assert body["examples"][0]["t"] == 35.0


def test_out_of_range_for_long_is_a_fault_of_the_sensor_and_is_taken_back():
    story = Story().go(1, t1=(20.0, 50.0), t2=(20.0, 50.0))
    story.go(3, t1=(-40.0, 0.0), t2=(20.0, 50.0))
    assert story.standing() == {"climate.sensor_fault:c1.t1"}
    assert (
        story.out.alarms()["climate.sensor_fault:c1.t1"].why["limit"]["source"] == "climate.trust"
    )
    story.go(1, t1=(20.0, 50.0), t2=(20.0, 50.0))
    assert story.out.states()[-1] == ("climate.sensor_fault:c1.t1", "RTNUN")


def test_one_of_three_that_drifts_away_is_outvoted_at_once_and_dismissed_later():
    story = Story(delay_s=60)
    well = {"t2": (20.0, 50.0), "t3": (20.4, 51.0)}
    story.go(5, t1=(20.2, 50.0), **well)
    for step in range(40):
        story.go(0.5, t1=(20.2 + step / 10, 50.0), **well)
    assert story.out.commands() == [], "the median is what it was"
    story.go(45, t1=(24.5, 50.0), **well)
    assert "climate.sensor_fault:c1.t1" in story.standing()
    assert story.out.alarms()["climate.sensor_fault:c1.t1"].text == (
        "Sensor c1/t1 is not believed: it is away from the others"
    )
    refused = story.go(70, t1=(24.5, 50.0), **well).out.entries("climate.refused")
    assert {r for _, body in refused for r in body["reasons"]} == {"out_of_family"}


def test_two_that_disagree_are_told_of():
    story = Story().go(35, t1=(19.0, 50.0), t2=(21.5, 50.0))
    assert story.standing() == {"climate.sensors_disagree:store"}
    assert "2.5 K" in story.out.alarms()["climate.sensors_disagree:store"].text
    story.go(1, t1=(19.0, 50.0), t2=(20.5, 50.0))
    assert story.standing() == {"climate.sensors_disagree:store"}, "not near enough"
    story.go(1, t1=(19.0, 50.0), t2=(19.5, 50.0))
    assert story.out.states()[-1] == ("climate.sensors_disagree:store", "RTNUN")


def test_when_nothing_is_heard_the_zone_is_blind_and_its_machines_are_ordered_off():
    story = Story().go(5, t1=(19.0, 59.0))
    assert next(b.relay for _, b in story.out.commands() if b.on) == "dehumidifier"
    story.out.at(story.now + 300 * S)
    alarm = story.out.alarms()["climate.blind:store"]
    assert alarm.why["limit"] == {"value": 300.0, "unit": "s", "source": "climate.stale_s"}
    whats = [body["what"] for _, body in story.out.entries("climate.relay")]
    assert whats == ["on", "lapsed"], "its lease had run out before"
    story.now += HOUR
    story.go(1, t1=(19.0, 52.0))
    assert story.out.states("climate")[-1] == ("climate.blind:store", "RTNUN")


def test_a_gateway_that_was_off_gives_its_sensors_time_to_be_heard():
    story = Story().go(1, t1=(19.0, 52.0))
    late = story.now + 5 * HOUR
    there = held(story.out.room.rows())
    out = Outcome(there).take(there.start(late)).at(late + 299 * S)
    assert out.states("climate.blind") == []
    assert out.at(late + 301 * S).states("climate.blind") == [("climate.blind:store", "UNACK")]


def test_readings_that_come_late_say_nothing_about_now():
    story = Story(delay_s=0).go(1, t1=(20.0, 50.0))
    for n in range(20):
        story.out.feed(
            story.nodes.climate("c1/t1", 30.0, 80.0, story.now + n, ts=story.now - HOUR + n)
        )
    assert story.out.states() == []
    assert story.out.commands() == []


def test_a_calibration_offset_counts_before_the_limit():
    sensor = {"id": "c1/t1", "offset_rh": -4.0, "certificate": "2026-117"}
    story = Story(sensor=[sensor]).go(10, t1=(20.0, 62.0))
    assert story.standing("climate.humidity") == set()
    assert Story().go(10, t1=(20.0, 62.0)).standing("climate.humidity") == {
        "climate.humidity_high:store"
    }


def test_a_calibration_is_asked_for_and_called_for_again_when_it_has_ended():
    # T0 is 15 January 2027, 16:00 in Shanghai.
    sensor = {"id": "c1/t1", "certificate": "2026-117", "due": "2027-02-20"}
    there = held(sensor=[sensor])
    out = Outcome(there).take(there.start(T0)).at(T0 + 5 * 24 * HOUR)
    assert out.states("climate.") == []
    out.at(T0 + 6 * 24 * HOUR)
    alarm = out.alarms()["climate.calibration_due:c1.t1"]
    assert (alarm.priority, alarm.text) == (
        "low",
        "Sensor c1/t1: calibration 2026-117 is due on 2027-02-20",
    )
    out.at(T0 + 36 * 24 * HOUR)
    assert out.alarms()["climate.calibration_due:c1.t1"].priority == "medium"
    anew = held(there.rows(), sensor=[sensor | {"due": "2028-02-20"}])
    out = Outcome(anew).take(anew.start(T0 + 36 * 24 * HOUR))
    assert out.states("climate.") == [("climate.calibration_due:c1.t1", "RTNUN")]
