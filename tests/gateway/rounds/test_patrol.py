"""Patrols at their times (G11). T0 is a Friday, 16:00 in Shanghai."""

from support.outcome import Outcome
from support.rounds import HOUR, PEOPLE, Hall
from support.sensing import T0, room

GUARD, LI, WANG = "04aa000003", "04aa000001", "04aa000004"
POINTS = [
    {"id": "door", "name": "Door", "node": "p1", "reader": "point"},
    {"id": "pump", "name": "Pump", "node": "p2", "reader": "point"},
]
PATROL = {"id": "evening", "name": "Evening round", "points": ["door", "pump"], "times": ["17:00"]}
FIVE = T0 + HOUR
MINUTE = 60_000


def hall(**changes):
    return Hall(patrol_point=POINTS, patrol=[PATROL | changes])


def visit(there, at, *points, badge=GUARD, **more):
    there.until(at)
    for point in points:
        there.tag({"door": "p1", "pump": "p2"}[point], "point", badge, **more)
    return there


def test_G11_a_round_in_time_is_on_record():
    there = visit(hall(), FIVE - 10 * MINUTE, "door")
    visit(there, FIVE + 5 * MINUTE, "pump").until(FIVE + 2 * HOUR)
    ((_, body),) = there.out.entries("patrol.done")
    assert [(v["checkpoint"], v["person"]) for v in body["visits"]] == [
        ("door", "guard"),
        ("pump", "guard"),
    ]
    assert there.standing() == {}


def test_G11_a_missed_point_is_an_alarm_until_the_next_round():
    there = visit(hall(), FIVE, "door").until(FIVE + 36 * MINUTE)
    assert "Pump" in there.standing()["patrol.missed:evening"]
    assert there.out.entries("patrol.missed")[0][1]["wanting"] == ["pump"]
    visit(there, FIVE + 24 * HOUR, "door", "pump")
    assert there.standing() == {}


def test_badges_too_early_too_late_or_of_others_do_not_count():
    there = visit(hall(), FIVE - 40 * MINUTE, "door", "pump")
    visit(there, FIVE, "door", "pump", badge=WANG)
    visit(there, FIVE + 31 * MINUTE, "door", "pump").until(FIVE + 36 * MINUTE)
    assert "patrol.missed:evening" in there.standing()


def test_what_a_node_held_back_counts_by_when_it_was():
    there = visit(hall(), FIVE, "door")
    visit(there, FIVE + 34 * MINUTE, "pump", ts=FIVE + 10 * MINUTE).until(FIVE + HOUR)
    assert there.standing() == {}


def test_in_order_where_the_order_counts():
    there = visit(hall(in_order=True), FIVE, "pump")
    visit(there, FIVE + MINUTE, "door").until(FIVE + 36 * MINUTE)
    assert there.out.entries("patrol.missed")[0][1]["wanting"] == ["pump"]


def test_a_gateway_that_was_away_at_the_time_says_that_it_does_not_know_of_a_round():
    there = visit(hall(), FIVE, "door")
    again = room(there.room.rows(), gate=[], person=PEOPLE, patrol_point=POINTS, patrol=[PATROL])
    out = Outcome(again).take(again.start(FIVE + 3 * HOUR))
    assert {a.code for a in out.alarms().values() if a.code != "node.silent"} == {"patrol.missed"}
    out.at(FIVE + 4 * HOUR)
    assert len(out.entries("patrol.missed")) == 1
