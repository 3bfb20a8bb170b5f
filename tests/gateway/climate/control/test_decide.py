"""The controller decides as somebody would who knows moist air, and leaves machines their rest."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.climate.control import (
    Air,
    Control,
    Inputs,
    Machine,
    Override,
    Plan,
    Tolerance,
    decide,
)
from strongroom_gateway.climate.control.state import Extremes
from strongroom_gateway.profiles import Band

S, MINUTE = 1_000, 60_000
T0 = 1_800_000_000_000
WARMTH = Band(14.0, 24.0, 0.5, 60_000, 2.0, "rule one")
DAMPNESS = Band(45.0, 60.0, 2.0, 60_000, 5.0, "rule two")


def machine(kind, relay=None, **more):
    return Machine(kind=kind, node="c1", relay=relay or kind, **more)


ALL = tuple(machine(k) for k in ("dehumidifier", "humidifier", "cooling", "heating", "fan"))


def plan(*machines, **more):
    more.setdefault("tolerance", Tolerance(recover_t=1.0, recover_rh=2.0))
    return Plan("z", WARMTH, DAMPNESS, machines or ALL, **more)


class Room:
    """Feeds the controller a reading every ten seconds and keeps what it orders."""

    def __init__(self, what=None):
        self.plan = what or plan()
        self.state = Control()
        self.now = T0
        self.orders = []

    def at(self, t, rh, minutes=1.0, **more):
        for _ in range(int(minutes * 6)):
            self.now += 10 * S
            self.step(Inputs(Air(t, rh, self.now), **more))
        return self

    def step(self, inputs):
        self.state, orders = decide(self.state, inputs, self.now, self.plan)
        self.orders += [(self.now, order) for order in orders]
        return orders

    @property
    def on(self):
        return {name.partition("/")[2] for name, run in self.state.runs.items() if run.on}

    def switched(self):
        return [(o.machine.relay, o.on) for _, o in self.orders if not o.renewal]


@pytest.mark.parametrize(
    ("t", "rh", "on"),
    [
        (19.0, 52.0, set()),
        (19.0, 58.5, {"dehumidifier"}),
        (19.0, 46.5, {"humidifier"}),
        (13.5, 52.0, {"heating"}),
        (23.8, 50.0, {"cooling"}),
        (13.5, 46.0, {"heating", "humidifier"}),
    ],
)
def test_each_need_has_its_machine(t, rh, on):
    assert Room().at(t, rh).on == on


def test_the_four_tolerances_are_separate():
    thrifty = Tolerance(hot=0.1, cold=2.0, wet=0.5, dry=4.0)
    room = Room(plan(tolerance=thrifty))
    assert room.at(23.8, 59.0, 5).on == set(), "warm and damp it may be"
    assert Room(plan(tolerance=thrifty)).at(15.5, 52.0).on == {"heating"}
    assert Room(plan(tolerance=thrifty)).at(19.0, 48.0).on == {"humidifier"}


def test_it_goes_on_until_the_way_back_is_done():
    room = Room().at(19.0, 58.5, 10)
    assert room.at(19.0, 56.0, 30).on == {"dehumidifier"}, "below the mark but not back yet"
    assert room.at(19.0, 54.0, 30).on == set()


def test_every_switching_says_what_was_read_and_which_limit_led_to_it():
    room = Room()
    room.at(19.0, 58.5, 10).at(19.0, 53.0, 30)
    on, off = (o for _, o in room.orders if not o.renewal)
    assert on.why["because"] == "dry"
    assert on.why["limit"] == {"begin": 57.5, "end": 55.5, "value": 60.0, "source": "rule two"}
    read = on.why["reads"][0]
    assert (read["t"], read["rh"], read["dew_point"]) == (19.0, 58.5, 10.7)
    assert off.why["because"] == "enough"
    assert off.why["limit"] == on.why["limit"]
    assert off.why["reads"][0]["rh"] == 53.0


# -- moist air -------------------------------------------------------------------------------------


def test_a_hot_room_is_dried_while_it_is_cooled_before_it_is_too_damp():
    """27 °C at 50 % holds the vapour of 61 % at 23.3 °C: cooling alone would break the limit."""
    assert Room().at(27.0, 50.0).on == {"cooling", "dehumidifier"}
    assert Room().at(27.0, 42.0).on == {"cooling", "humidifier"} or Room().at(27.0, 42.0).on == {
        "cooling"
    }


def test_a_cold_room_that_feels_damp_is_warmed_and_not_dried():
    """8 °C at 70 % has the vapour of 46 % at 14.7 °C."""
    assert Room().at(8.0, 70.0).on - {"humidifier"} == {"heating"}


def test_a_coil_above_the_dew_point_dries_nothing_so_warmth_does():
    """At 14.9 °C and 52 % the dew point is 5.1 °C; with a coil of 8 °C only warmth is left."""
    lab = Band(14.0, 24.0, 0.5, 0, 2.0, "r")
    low = Band(30.0, 45.0, 2.0, 0, 5.0, "r")
    weak = machine("dehumidifier", coil=8.0)
    room = Room(Plan("z", lab, low, (weak, machine("heating"))))
    assert room.at(15.5, 50.0).on == {"heating"}
    assert room.orders[0][1].why["because"] == "dry_by_warmth"
    strong = machine("dehumidifier", coil=3.0)
    assert Room(Plan("z", lab, low, (strong, machine("heating")))).at(15.5, 50.0).on == {
        "dehumidifier"
    }


def test_without_a_dehumidifier_the_cold_coil_dries():
    room = Room(plan(machine("cooling"))).at(21.0, 59.0)
    assert room.on == {"cooling"}
    assert room.orders[0][1].why["because"] == "dry_by_coil"


def test_a_heater_that_warms_the_air_is_not_followed_by_the_humidifier():
    """Two kelvins more in ten minutes take six per cent off the reading; no water has gone."""
    room = Room().at(15.0, 50.0, 120)
    for step in range(60):
        room.at(15.0 + step / 30.0, 50.0 - step / 10.0, 1 / 6)
    assert "humidifier" not in room.on


# -- outdoor air ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("air", "outdoor", "on"),
    [
        ((19.0, 59.0), (18.0, 40.0), {"fan"}),
        ((19.0, 59.0), (18.0, 65.0), {"dehumidifier"}),
        ((23.8, 50.0), (15.0, 60.0), {"fan"}),
        ((23.8, 50.0), (22.0, 50.0), {"cooling"}),
        ((23.8, 55.0), (19.5, 95.0), {"cooling"}),
        ((19.0, 46.0), (20.0, 70.0), {"fan"}),
        ((19.0, 46.0), (5.0, 60.0), {"humidifier"}),
        ((13.5, 52.0), (20.0, 38.0), {"fan"}),
        ((17.0, 59.0), (6.0, 70.0), {"dehumidifier"}),
        ((21.0, 59.0), (6.0, 70.0), {"fan"}),
        ((21.0, 46.0), (26.0, 55.0), {"humidifier"}),
        ((17.0, 46.0), (22.0, 50.0), {"fan"}),
    ],
)
def test_outdoor_air_is_used_where_it_helps_and_harms_nothing(air, outdoor, on):
    room = Room()
    assert room.at(*air, outdoor=Air(*outdoor, T0)).on == on
    if on == {"fan"}:
        assert [read.get("where") for read in room.orders[0][1].why["reads"]] == [None, "outdoor"]


def test_outdoor_air_that_would_drip_on_cold_shelves_stays_outside():
    assert "fan" not in Room().at(13.5, 52.0, outdoor=Air(22.0, 70.0, T0)).on


# -- machines have their times -----------------------------------------------------------------------


def test_opposites_are_never_on_together_and_rest_in_between():
    room = Room().at(19.0, 46.0, 10)
    assert room.on == {"humidifier"}
    room.at(19.0, 58.5, 6)
    assert room.on == set(), "the changeover is not over"
    assert room.at(19.0, 58.5, 20).on == {"dehumidifier"}


def test_a_machine_runs_its_shortest_time_and_rests_its_own():
    dryer = machine("dehumidifier", min_on=10 * MINUTE, min_off=8 * MINUTE)
    room = Room(plan(dryer)).at(19.0, 58.5, 2)
    assert room.at(19.0, 50.0, 7).on == {"dehumidifier"}
    assert room.at(19.0, 50.0, 2).on == set()
    assert room.at(19.0, 59.5, 6).on == set()
    assert room.at(19.0, 59.5, 3).on == {"dehumidifier"}


def test_a_machine_does_not_run_for_ever():
    dryer = machine("dehumidifier", max_on=60 * MINUTE, rest=30 * MINUTE)
    room = Room(plan(dryer)).at(19.0, 62.0, 61)
    assert room.on == set()
    assert room.orders[-1][1].why["because"] == "max_on"
    assert room.at(19.0, 62.0, 28).on == set()
    assert room.at(19.0, 62.0, 4).on == {"dehumidifier"}


def test_two_of_a_kind_come_one_after_the_other_and_take_turns():
    two = (machine("heating", "a"), machine("heating", "b"))
    room = Room(plan(*two, stage=20 * MINUTE)).at(14.5, 52.0, 15)
    assert room.on == {"a"}
    assert room.at(14.5, 52.0, 10).on == {"a", "b"}, "one was not enough"
    assert room.at(15.4, 52.0, 10).on == {"b"}, "half-way back the one that came first leaves"
    assert room.at(16.5, 52.0, 6).on == set()
    assert room.at(14.5, 52.0, 6).on == {"a"}


def test_outside_the_band_all_of_a_kind_come_at_once():
    two = (machine("heating", "a"), machine("heating", "b"))
    assert Room(plan(*two)).at(12.0, 52.0, 3).on == {"a", "b"}
    assert Room(plan(*two)).at(14.2, 52.0, 3).on == {"a", "b"}, "nearer to it than to the mark"


# -- safety ------------------------------------------------------------------------------------------


def test_with_nothing_fresh_everything_goes_off_at_once():
    dryer = machine("dehumidifier", min_on=60 * MINUTE)
    room = Room(plan(dryer)).at(19.0, 59.0)
    room.now += 10 * S
    (order,) = room.step(Inputs(None))
    assert (order.on, order.why["because"]) == (False, "stale")
    assert room.on == set()


def test_leases_are_renewed_in_time_and_lapse_when_nobody_decides():
    room = Room().at(19.0, 59.0, 30)
    ordered = [at for at, order in room.orders if order.machine.kind == "dehumidifier"]
    gaps = [b - a for a, b in pairwise(ordered)]
    assert gaps and max(gaps) <= 60 * S + 10 * S
    room.now += 10 * MINUTE
    room.step(Inputs(Air(19.0, 52.0, room.now)))
    assert room.on == set(), "the node had switched it off long ago"


def test_a_door_left_open_holds_the_machines_but_not_for_ever():
    room = Room().at(19.0, 59.0, 20)
    opened = room.now
    assert room.at(19.0, 59.0, 4, door=opened).on == {"dehumidifier"}, "a short opening"
    assert room.at(19.0, 59.0, 3, door=opened).on == set()
    assert room.orders[-1][1].why["because"] == "door_open"
    assert room.at(19.0, 59.0, 20, door=opened).on == {"dehumidifier"}


DAMP, DRY, FROST, MILD = Air(27.0, 85.0), Air(19.0, 20.0), Air(-15.0, 60.0), Air(19.0, 50.0)


@pytest.mark.parametrize(
    ("air", "outdoor", "on"),
    [
        ((19.0, 57.0), DAMP, {"dehumidifier"}),
        ((19.0, 57.0), MILD, set()),
        ((19.0, 52.0), DAMP, set()),
        ((19.0, 47.6), DRY, {"humidifier"}),
        ((15.2, 55.0), FROST, {"heating"}),
        ((15.2, 55.0), MILD, set()),
        ((22.8, 50.0), Air(33.0, 33.0), {"cooling"}),
    ],
)
def test_a_machine_starts_with_the_door_when_the_air_outside_will_need_it(air, outdoor, on):
    shut = Room().at(*air, 10, outdoor=outdoor)
    assert shut.on == set(), "nothing is past its mark"
    opened = shut.now
    shut.at(*air, 1, outdoor=outdoor, door=opened)
    assert shut.on == on
    if on:
        why = shut.orders[-1][1].why
        assert why["door"] == opened
        assert [read.get("where") for read in why["reads"]] == [None, "outdoor"]


def test_a_cold_room_is_heated_at_its_mark_however_dry_it_is():
    assert Room().at(14.6, 46.0, 5).on == {"heating", "humidifier"}


def test_a_hot_room_waits_for_cooling_while_it_is_wet():
    assert Room().at(22.0, 58.5, 5).at(23.5, 58.5, 5).on == {"dehumidifier"}
    assert Room().at(23.5, 50.0, 5).on == {"cooling"}


def test_a_persons_word_holds_until_its_time_and_is_told():
    until = T0 + 60 * MINUTE
    word = {"c1/dehumidifier": Override(False, until, "li", "too loud for the visit")}
    room = Room().at(19.0, 59.0, 30, overrides=word)
    assert room.on == set()
    assert room.at(19.0, 59.0, 32, overrides=word).on == {"dehumidifier"}
    said = {"c1/heating": Override(True, room.now + 5 * MINUTE, "li", "test")}
    assert "heating" in room.at(19.0, 52.0, 2, overrides=said).on
    why = next(o.why for _, o in room.orders if o.machine.kind == "heating")
    assert (why["because"], why["by"], why["comment"]) == ("override", "li", "test")
    assert "heating" not in room.at(19.0, 52.0, 6, overrides=said).on


def test_no_word_keeps_a_machine_on_blindly_or_against_its_opposite():
    word = {"c1/heating": Override(True, T0 + 600 * MINUTE, "li")}
    room = Room().at(23.8, 50.0, 10)
    assert room.on == {"cooling"}
    room.at(23.8, 50.0, 30, overrides=word)
    assert room.on == {"heating"}
    room.now += S
    room.step(Inputs(None, overrides=word))
    assert room.on == set()


def test_the_swing_of_a_day_narrows_the_band():
    """The day was down to 16 °C: with 4 K to swing, 20 °C is as far as it may go up."""
    day = Extremes(16.0, 19.4, 50.0, 54.0)
    calm = Room(plan(swing_t=4.0)).at(19.6, 52.0)
    assert calm.on == set()
    assert Room(plan(swing_t=4.0)).at(19.6, 52.0, extremes=day).on == {"cooling"}


# -- whatever happens ----------------------------------------------------------------------------------

samples = st.lists(
    st.tuples(
        st.sampled_from([10.0, 13.9, 14.5, 19.0, 23.5, 24.5, 30.0]),
        st.sampled_from([30.0, 44.0, 47.0, 52.0, 58.0, 61.0, 90.0]),
        st.sampled_from([10, 60, 290, 400, 3_600]),
        st.sampled_from(["", "stale", "door", "word", "outdoor"]),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(samples)
def test_whatever_happens_the_machines_are_treated_well(story):
    room = Room(plan(*(msgspec.structs.replace(m, max_on=MINUTE * 30) for m in ALL)))
    went = {}
    for t, rh, seconds, what in story:
        room.now += seconds * S
        before = room.on
        inputs = Inputs(
            None if what == "stale" else Air(t, rh, room.now),
            outdoor=Air(rh / 2, 50.0, room.now) if what == "outdoor" else None,
            door=room.now - 600 * S if what == "door" else None,
            overrides={"c1/cooling": Override(True, room.now + 1)} if what == "word" else {},
        )
        again = decide(room.state, inputs, room.now, room.plan)
        orders = room.step(inputs)
        assert (room.state, orders) == again
        assert not {"heating", "cooling"} <= room.on
        assert not {"dehumidifier", "humidifier"} <= room.on
        if what == "stale":
            assert room.on == set()
        for name in room.on - before:
            assert room.now - went.get(name, 0) >= 300 * S
        for name in before - room.on:
            run = room.state.runs[f"c1/{name}"]
            went[name] = run.since
        for order in orders:
            assert order.why["rule"] and order.why["because"]
            assert order.why["reads"] or order.why["because"] == "stale"
            assert order.lease == (order.machine.lease if order.on else 0)
