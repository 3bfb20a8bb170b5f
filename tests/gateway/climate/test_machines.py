"""The machines of a zone in the room: leases, refusals, a person's word, machines that do nothing."""

import json

import pytest
from gateway.climate.test_air import HOUR, MINUTE, S, Story
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.ingest.port import NOTHING
from support.climate_room import held
from support.outcome import Outcome
from support.sensing import T0, Nodes


def switched(story):
    return [(b["relay"], b["what"]) for _, b in story.out.entries("climate.relay")]


def answer(story, command, why=None):
    body = {"id": command.id, "ok": why is None, "why": why}
    story.now += S
    story.out.feed(story.nodes.say("c1", "event", "command", body, story.now))


def test_switchings_are_on_record_with_reads_limit_and_source_and_renewals_are_not():
    story = Story().go(10, t1=(19.0, 59.0))
    assert switched(story) == [("dehumidifier", "on")]
    body = story.out.entries("climate.relay")[0][1]
    assert body["zone"] == "store" and body["kind"] == "dehumidifier"
    assert body["why"]["reads"][0]["sensors"] == ["c1/t1"]
    assert "JGJ 25-2010" in body["why"]["limit"]["source"]
    leases = [b.lease for _, b in story.out.commands()]
    assert len(leases) >= 9 and set(leases) == {120_000}


def test_a_short_lease_is_renewed_before_it_ends():
    dryer = {"kind": "dehumidifier", "node": "c1", "relay": "dehumidifier", "lease_s": 4}
    story = Story(zone={"machine": [dryer]}).go(3, every=S, t1=(19.0, 59.0))
    assert switched(story) == [("dehumidifier", "on")], "no lapse"
    assert len(story.out.commands()) > 60


def test_the_median_decides_not_the_one_that_is_wrong():
    story = Story().go(20, t1=(19.0, 59.0), t2=(19.0, 52.0), t3=(19.0, 52.5))
    assert switched(story) == []


def test_outdoor_air_is_used_while_the_sensor_outside_is_heard():
    story = Story().go(5, t1=(19.0, 59.0), out=(18.0, 40.0))
    assert switched(story) == [("fan", "on")]
    story.go(20, t1=(19.0, 59.0))
    assert switched(story)[1:] == [("dehumidifier", "on"), ("fan", "off")]


def test_a_door_that_stays_open_holds_them():
    story = Story().go(10, t1=(19.0, 59.0))
    contact = {"input": "door", "open": True, "edges": 1}
    story.out.feed(story.nodes.say("c1", "event", "contact", contact, story.now))
    story.go(6, t1=(19.0, 59.0))
    assert switched(story) == [("dehumidifier", "on"), ("dehumidifier", "off")]
    assert story.out.entries("climate.relay")[-1][1]["why"]["because"] == "door_open"
    story.out.feed(story.nodes.say("c1", "event", "contact", contact | {"open": False}, story.now))
    assert switched(story.go(6, t1=(19.0, 59.0)))[-1] == ("dehumidifier", "on")


def test_a_node_that_refuses_is_asked_again_later_and_it_is_told():
    story = Story().go(2, t1=(19.0, 59.0))
    answer(story, story.out.commands()[0][1], "it rests for another 40 s")
    assert switched(story)[-1] == ("dehumidifier", "off_at_node")
    assert story.out.entries("climate.relay")[-1][1]["why"]["because"].startswith("it rests")
    count = len(story.out.commands())
    story.go(0.5, t1=(19.0, 59.0))
    assert len(story.out.commands()) == count
    story.go(6, t1=(19.0, 59.0))
    assert switched(story)[-1] == ("dehumidifier", "on")


def test_what_a_node_switches_off_by_itself_is_known():
    story = Story().go(2, t1=(19.0, 59.0))
    story.out.feed(
        story.nodes.node_event("c1", "relay.changed", story.now, relay="dehumidifier", why="sensor")
    )
    assert switched(story)[-1] == ("dehumidifier", "off_at_node")
    story.out.feed(
        story.nodes.node_event("c1", "relay.changed", story.now, relay="dehumidifier", why="on")
    )
    assert switched(story)[-1] == ("dehumidifier", "off_at_node")


def test_a_machine_that_does_nothing_is_told_of_and_one_that_works_again_is_believed():
    story = Story().go(70, t1=(19.0, 59.0))
    assert story.standing("climate.equipment") == set(), "not outside, not worse"
    story.go(10, t1=(19.0, 61.0))
    alarm = story.out.alarms()["climate.equipment:c1.dehumidifier"]
    assert "dehumidifier (c1/dehumidifier) is on for" in alarm.text
    assert alarm.why["limit"]["source"] == "climate.zone.machine.respond_s"
    story.go(10, t1=(19.0, 58.2))
    assert story.out.states("climate.equipment")[-1][1] == "RTNUN"


def test_one_that_works_is_not_suspected():
    story = Story()
    for n in range(180):
        story.go(1, t1=(19.0, 59.0 - n * 0.02))
    assert story.standing("climate.equipment") == set()


def test_the_view_shows_what_is_believed_and_what_runs():
    story = Story().go(10, t1=(19.0, 59.0), t2=(19.4, 59.0))
    shown = [json.loads(v) for d in story.out.decisions for n, v in d.views if n == "climate"][-1]
    zone = shown["zones"]["store"]
    assert zone["air"] == {"t": 19.2, "rh": 59.0, "dew_point": 11.0, "sensors": ["c1/t1", "c1/t2"]}
    assert zone["machines"]["c1/dehumidifier"] == {"kind": "dehumidifier", "on": True, "for": "dry"}


# -- a person's word ---------------------------------------------------------------------------------


def word(story, state, by="local:root", **more):
    body = {"machine": "c1/dehumidifier", "state": state, "comment": "visit", "minutes": 30}
    story.out.take(story.out.room.act("climate.override", by, body | more, story.now))


def test_a_word_is_followed_at_once_recorded_and_ends():
    story = Story().go(10, t1=(19.0, 59.0))
    word(story, "off")
    assert switched(story)[-1] == ("dehumidifier", "off")
    (entry,) = story.out.entries("climate.override")
    assert (entry[1]["by"], entry[1]["until"]) == ("local:root", story.now + 30 * MINUTE)
    story.go(29, t1=(19.0, 59.0))
    assert switched(story)[-1] == ("dehumidifier", "off")
    story.go(2, t1=(19.0, 59.0))
    assert switched(story)[-1] == ("dehumidifier", "on")


def test_a_word_outlives_a_restart_and_can_be_taken_back():
    story = Story().go(10, t1=(19.0, 59.0))
    word(story, "off")
    story.out = Outcome(held(story.out.room.rows()))
    assert switched(story.go(10, t1=(19.0, 59.0))) == []
    word(story, "auto")
    assert switched(story.go(1, t1=(19.0, 59.0))) == [("dehumidifier", "on")]


def test_a_word_that_cannot_be_followed_is_refused():
    story = Story().go(1, t1=(19.0, 52.0))
    for more, key in (
        ({"machine": "c1/lamp"}, "climate.no_machine"),
        ({"minutes": 481}, "climate.override_too_long"),
        ({"state": "maybe"}, "act.bad_body"),
    ):
        with pytest.raises(RefusedActError) as bad:
            word(story, **({"state": "on"} | more))
        assert bad.value.key == key
    word(story, "on")
    with pytest.raises(RefusedActError) as bad:
        word(story, "on", machine="c1/humidifier")
    assert bad.value.key == "climate.override_fights"
    with pytest.raises(RefusedActError):
        word(story, "on", by="nobody")


# -- inputs and air ------------------------------------------------------------------------------------


def said(story, name, on, value=None):
    body = {"input": name, "on": on, "value": value}
    story.out.feed(story.nodes.say("c1", "event", "input", body, story.now))


INPUTS = [
    {"id": "drain", "name": "Drain pan", "kind": "leak", "node": "c1", "input": "leak"},
    {"id": "uv-north", "name": "North window", "kind": "uv", "node": "c1", "input": "uv"},
]


def test_water_is_critical_and_stays_until_somebody_resets_it():
    story = Story(input=INPUTS)
    said(story, "leak", True)
    alarm = story.out.alarms()["climate.leak:drain"]
    assert (alarm.priority, alarm.text) == ("critical", "Water at Drain pan")
    said(story, "leak", False)
    assert story.out.alarms()["climate.leak:drain"].state == "LATCH_UNACK"


def test_ultraviolet_light_is_judged_by_the_profile():
    story = Story(input=INPUTS)
    said(story, "uv", False, 60.0)
    assert story.standing() == set()
    said(story, "uv", True, 90.0)
    assert "90 µW/lm, allowed 75.0 µW/lm (ISO 11799:2003" in (
        story.out.alarms()["climate.light:uv-north"].text
    )
    said(story, "uv", True, 72.0)
    assert story.standing() == {"climate.light:uv-north"}, "within the deadband"
    said(story, "uv", True, 60.0)
    assert story.out.states()[-1][1] == "RTNUN"


def test_air_quality_is_judged_by_the_profile_after_its_delay():
    story = Story()
    for n in range(40):
        body = {"sensor": "air", "co2": 1_200.0, "hcho": 0.05}
        story.out.feed(story.nodes.say("c1", "telemetry", "air", body, story.now + n * MINUTE))
    assert story.standing() == {"climate.air_quality:c1.air.co2"}
    alarm = story.out.alarms()["climate.air_quality:c1.air.co2"]
    assert "CO2 1200 ppm, allowed 1000 ppm (site's choice" in alarm.text


# -- the core -------------------------------------------------------------------------------------------

step = st.tuples(
    st.sampled_from(["t1", "t2", "t3", "out", "wall"]),
    st.sampled_from([12.0, 14.4, 19.0, 19.1, 23.6, 27.0, -40.0]),
    st.sampled_from([0.0, 44.0, 46.0, 52.0, 58.0, 59.0, 66.0]),
    st.sampled_from([0, 1_000, 10_000, 61_000, 310_000, 4_000_000]),
)


@given(st.lists(step, max_size=60), st.data())
@settings(max_examples=60, deadline=None)
def test_restoring_the_committed_rows_anywhere_changes_nothing(story, data):
    cut = data.draw(st.integers(0, len(story)))
    lasting, restored, ledger = held(), None, {}
    nodes, now = Nodes(), T0
    for n, (sensor, t, rh, later) in enumerate(story):
        now += later
        if n == cut:
            restored = held(dict(ledger))
            assert restored.rows() == lasting.rows()
        event = nodes.climate(f"c1/{sensor}", t, rh, now)
        for answered in (lambda r, at=now: r.tick(at), lambda r, e=event, at=now: r.decide(e, at)):
            said = answered(lasting)
            for key, value in said.states:
                if value is None:
                    ledger.pop(key, None)
                else:
                    ledger[key] = value
            assert ledger == lasting.rows()
            assert lasting.ctx.counters.get("room.rule_failed") is None
            for entry in said.entries:
                assert entry.kind.startswith("alarm.") or entry.body["why"]["rule"]
            if restored is not None:
                assert answered(restored) == said


def test_readings_in_the_band_cost_no_decision_between_two_that_are_kept():
    there, nodes = held(), Nodes()
    there.decide(nodes.climate("c1/t1", 19.0, 52.0, T0), T0)
    for n in range(1, 50):
        at = T0 + n * 100
        assert there.decide(nodes.climate("c1/t1", 19.0 + n / 100, 52.0, at), at) is NOTHING


def test_a_sensor_that_is_gone_from_the_configuration_leaves_no_alarm_behind():
    story = Story().go(40, t1=(19.0, 50.0), t2=(22.0, 50.0))
    assert story.standing()
    there = held(story.out.room.rows(), zone={"sensors": ["c1/t9"], "machine": [], "control": {}})
    out = Outcome(there).take(there.start(story.now + HOUR))
    assert {s for _, s in out.states("climate.sensors")} == {"RTNUN"}
