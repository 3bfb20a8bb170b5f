"""The short form of the configuration, one dehumidifier on its lease; and the view of the climate."""

import json

from support.outcome import Outcome
from support.sensing import T0, Nodes, room

S = 1_000


def humid(nodes, rh, at, **more):
    return nodes.climate("c2/t1", 20.0, rh, at, **more)


def relays(out):
    return [(body.on, body.lease) for _, body in out.commands()]


def whats(out):
    return [body["what"] for _, body in out.entries("climate.relay")]


def test_on_above_and_off_below():
    nodes = Nodes()
    story = [57, 58, 59, 57, 54, 53, 52, 54, 57]
    out = Outcome(room()).feed(humid(nodes, rh, T0 + n * 5 * S) for n, rh in enumerate(story))
    assert relays(out) == [(True, 60_000), (False, 0)]
    assert whats(out) == ["on", "off"]
    why = out.entries("climate.relay")[0][1]["why"]
    assert why["reads"][0]["rh"] == 59
    assert (why["limit"]["begin"], why["limit"]["end"]) == (58.0, 53.0)
    assert why["limit"]["value"] == 60.0
    assert "JGJ 25-2010" in why["limit"]["source"]
    assert why["because"] == "dry"


def test_the_lease_is_renewed_before_it_ends_while_readings_are_fresh():
    nodes = Nodes()
    out = Outcome(room())
    until = 0
    for n in range(100):
        now = T0 + n * 10 * S
        out.feed(humid(nodes, 59.0, now))
        for command in out.decisions[-1].commands:
            assert command.body.on
            until = now + command.body.lease
        assert until - now >= 30_000 - 10_000, "never less than half a lease and one reading left"
    assert whats(out) == ["on"], "renewals are no decisions of their own"
    assert len(relays(out)) == 1 + 990 // 30


def test_without_fresh_readings_it_is_left_to_expire():
    nodes = Nodes()
    out = Outcome(room()).feed(humid(nodes, 59.0, T0)).at(T0 + 59_999)
    assert relays(out) == [(True, 60_000)]
    out.at(T0 + 60_000)
    assert relays(out) == [(True, 60_000)]
    assert whats(out) == ["on", "lapsed"]


def test_readings_of_an_hour_ago_switch_nothing():
    nodes = Nodes()
    late = [humid(nodes, 70.0, T0 + n, ts=T0 - 3_600 * S) for n in range(20)]
    assert Outcome(room()).feed(late).commands() == []


def test_after_a_restart_the_lease_goes_on_or_has_lapsed():
    before = room()
    Outcome(before).feed(humid(Nodes(), 59.0, T0))
    soon = room(before.rows())
    assert whats(Outcome(soon).take(soon.start(T0 + 30 * S))) == []
    late = room(before.rows())
    assert whats(Outcome(late).take(late.start(T0 + 90 * S))) == ["lapsed"]


def test_only_its_own_sensor_drives_it():
    nodes = Nodes()
    out = Outcome(room()).feed(nodes.climate("c1/t1", 20.0, 90.0, T0))
    assert out.commands() == []


def test_commands_have_ids_that_a_replay_repeats():
    def ids():
        nodes = Nodes()
        out = Outcome(room()).feed(
            humid(nodes, rh, T0 + n * S) for n, rh in enumerate([59, 52, 59])
        )
        return [body.id for _, body in out.commands()]

    assert ids() == ids()
    assert len(set(ids())) == 3


def views(out):
    return [json.loads(v) for d in out.decisions for name, v in d.views if name == "climate"]


def test_the_view_shows_a_sensor_every_ten_seconds_at_most():
    nodes = Nodes()
    out = Outcome(room()).feed(humid(nodes, 50.0 + n / 10, T0 + n * S) for n in range(31))
    shown = [v["zones"]["south"]["sensors"]["c2/t1"] for v in views(out)]
    assert [r["at"] for r in shown] == [T0, T0 + 10 * S, T0 + 20 * S, T0 + 30 * S]
    assert shown[-1]["rh"] == 53.0


def test_the_view_says_when_a_reading_has_become_stale():
    nodes = Nodes()
    out = Outcome(room()).feed(humid(nodes, 50.0, T0)).at(T0 + 300 * S)
    assert views(out)[-1]["zones"]["south"]["sensors"]["c2/t1"]["stale"] is True
    out.feed(humid(nodes, 50.0, T0 + 301 * S))
    assert "stale" not in views(out)[-1]["zones"]["south"]["sensors"]["c2/t1"]


def test_the_view_is_there_for_a_broker_that_forgot():
    there = room()
    Outcome(there).feed(humid(Nodes(), 50.0, T0))
    again = room(there.rows())
    again.start(T0 + 1)
    assert [name for name, _ in again.standing().views] == ["climate"]
